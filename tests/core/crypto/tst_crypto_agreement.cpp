#include "core/base/encoding.h"
#include "core/crypto/agreement.h"

#include <QtTest>

using namespace core;
using namespace core::crypto;

class TestCryptoAgreement : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void publicKeysMatchThoseOfOthers();
    void bothEndsAgree();
    void keysDependOnEverything();
    void badKeysAreRefused_data();
    void badKeysAreRefused();
};

void TestCryptoAgreement::publicKeysMatchThoseOfOthers()
{
    // Computed by a Montgomery ladder after RFC 7748, section 5, and by another library.
    SecretBytes privateKey{kAgreementKeyBytes};
    for (std::size_t at = 0; at < privateKey.size(); ++at) privateKey.data()[at] = static_cast<unsigned char>(at);
    const auto key = AgreementKey::fromPrivate(privateKey);
    QVERIFY(key);
    QCOMPARE(toHex(key->publicKey), std::string{"8f40c5adb68f25624ae5b214ea767a6ec94d829d3d7b5e1ad1ba6f3e2138285f"});
    QVERIFY(!AgreementKey::fromPrivate(SecretBytes{31}));
}

void TestCryptoAgreement::bothEndsAgree()
{
    const auto one = AgreementKey::generate();
    const auto other = AgreementKey::generate();
    QVERIFY(one.publicKey != other.publicKey);
    const auto left = agreeOnKey(one, other.publicKey, "test");
    const auto right = agreeOnKey(other, one.publicKey, "test");
    QVERIFY(left && right);
    QVERIFY(*left == *right);
    const auto again = AgreementKey::fromPrivate(one.privateKey);
    QVERIFY(again);
    QCOMPARE(again->publicKey, one.publicKey);
}

void TestCryptoAgreement::keysDependOnEverything()
{
    const auto one = AgreementKey::generate();
    const auto other = AgreementKey::generate();
    const auto third = AgreementKey::generate();
    const auto agreed = agreeOnKey(one, other.publicKey, "test");
    QVERIFY(agreed);
    QVERIFY(!(*agreed == *agreeOnKey(one, other.publicKey, "another purpose")));
    QVERIFY(!(*agreed == *agreeOnKey(one, third.publicKey, "test")));
    QVERIFY(!(*agreed == *agreeOnKey(third, other.publicKey, "test")));
}

void TestCryptoAgreement::badKeysAreRefused_data()
{
    QTest::addColumn<QByteArray>("publicKey");
    QTest::newRow("empty") << QByteArray{};
    QTest::newRow("short") << QByteArray(31, 'a');
    QTest::newRow("long") << QByteArray(33, 'a');
    QTest::newRow("zero: every secret would be the same") << QByteArray(32, '\0');
    QTest::newRow("one, of small order") << (QByteArray(1, '\1') + QByteArray(31, '\0'));
}

void TestCryptoAgreement::badKeysAreRefused()
{
    QFETCH(QByteArray, publicKey);
    const auto agreed = agreeOnKey(AgreementKey::generate(), publicKey.toStdString(), "test");
    QVERIFY(!agreed);
    QVERIFY(agreed.error().code == ErrorCode::InvalidArgument);
}

QTEST_APPLESS_MAIN(TestCryptoAgreement)
#include "tst_crypto_agreement.moc"
