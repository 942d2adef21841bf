#include "core/base/encoding.h"
#include "core/crypto/jwt.h"

#include <QtTest>

using namespace core;
using namespace core::crypto;

namespace {

// RFC 7515, appendix A.4: an ES512 key and its signature over the payload "Payload".
constexpr std::string_view kRfcToken =
    "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw"
    "_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn";
// The key of the same appendix, rewritten from JWK to PKCS#8 with Python's cryptography module.
constexpr std::string_view kRfcKey = R"(-----BEGIN PRIVATE KEY-----
MIHuAgEAMBAGByqGSM49AgEGBSuBBAAjBIHWMIHTAgEBBEIBjmlvsDRQWIHdEQtI
Prh9Ms5JX+NrN0Xt8tjK5PDyU59GFaDpjqtSs8DF6sTOB1GFqOe7R96sHR3ne8z2
YTXmPYKhgYkDgYYABAHpKQUPEk/GvFXH1TkzZd+d70qwwiyyV5j5NOsE48a643Aa
V6eRDp2BvzYxWejryxVdY0n0vbbM+KlMXFnHqsEBpAA0pkQON2dQ0jcf0b3CyPO3
HS9O5eo0MsgVzKMVYP5dk4fsd0tVg4Yw5cu/Woy+CpHdAGTGmZofbm5n+t3t5MjI
9g==
-----END PRIVATE KEY-----)";

constexpr std::string_view kClaims = R"({"accessor":"","addr":"https://127.0.0.1:8200","type":"wrapping"})";

} // namespace

class TestCryptoJwt : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void publishedTokenVerifies();
    void ownTokenVerifies();
    void keySurvivesPem();
    void forgedTokensAreRefused_data();
    void forgedTokensAreRefused();
    void otherTextIsNoToken_data();
    void otherTextIsNoToken();
    void otherKeysAreRefused();
};

void TestCryptoJwt::publishedTokenVerifies()
{
    const auto key = Es512Key::fromPem(kRfcKey);
    QVERIFY(key);
    QCOMPARE(*key->verify(kRfcToken), std::string{"Payload"});
    QCOMPARE(
        key->publicPoint().x,
        std::string{
            "6558566456959953544109522959384633002634366184193672267866407124696200040032063394775499664830638630438428532794662648623689740875293641365317574204038644132"});
    QCOMPARE(
        key->publicPoint().y,
        std::string{
            "705914061082973601048865942513844186912223650952616397119610620188911564288314145208762412315826061109317770515164005156360031161563418113875601542699600118"});
}

void TestCryptoJwt::ownTokenVerifies()
{
    const auto key = Es512Key::generate();
    for (int round = 0; round < 20; ++round) { // in every second round, R or S begins with a zero byte
        const std::string jwt = key.sign(kClaims);
        QVERIFY(looksLikeJwt(jwt));
        QVERIFY(jwt.starts_with(toBase64Url(R"({"alg":"ES512","typ":"JWT"})") + "."));
        QCOMPARE(fromBase64Url(jwt.substr(jwt.rfind('.') + 1))->size(), std::size_t{132});
        QCOMPARE(*key.verify(jwt), std::string{kClaims});
        QCOMPARE(*unverifiedClaims(jwt), std::string{kClaims});
    }
}

void TestCryptoJwt::keySurvivesPem()
{
    const auto key = Es512Key::generate();
    const auto again = Es512Key::fromPem(key.toPem().view());
    QVERIFY(again);
    QCOMPARE(*again->verify(key.sign(kClaims)), std::string{kClaims});
    QCOMPARE(again->publicPoint().x, key.publicPoint().x);
}

void TestCryptoJwt::forgedTokensAreRefused_data()
{
    QTest::addColumn<QByteArray>("jwt");
    const auto key = Es512Key::fromPem(kRfcKey);
    QVERIFY(key);
    const std::string jwt = key->sign(kClaims);
    const std::string header = jwt.substr(0, jwt.find('.'));
    const std::string claims = jwt.substr(header.size() + 1, jwt.rfind('.') - header.size() - 1);
    const std::string signature = jwt.substr(jwt.rfind('.') + 1);
    const auto add = [](const char* name, const std::string& token) { QTest::newRow(name) << QByteArray::fromStdString(token); };
    add("another key's", Es512Key::generate().sign(kClaims));
    add("other claims", header + "." + toBase64Url(R"({"type":"root"})") + "." + signature);
    add("other header", toBase64Url(R"({"alg":"none"})") + "." + claims + "." + signature);
    add("no signature", header + "." + claims + ".");
    add("zero signature", header + "." + claims + "." + toBase64Url(std::string(132, '\0')));
    add("short signature", header + "." + claims + "." + signature.substr(0, 100));
    std::string flipped = *fromBase64Url(signature);
    flipped[100] = static_cast<char>(flipped[100] ^ 1);
    add("one bit", header + "." + claims + "." + toBase64Url(flipped));
}

void TestCryptoJwt::forgedTokensAreRefused()
{
    QFETCH(QByteArray, jwt);
    const auto claims = Es512Key::fromPem(kRfcKey)->verify(jwt.toStdString());
    QVERIFY(!claims);
    QVERIFY(claims.error().code == ErrorCode::PermissionDenied);
}

void TestCryptoJwt::otherTextIsNoToken_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("empty") << QByteArray{};
    QTest::newRow("service token") << QByteArray{"hvs.CAESIJ0123456789abcdefgh"};
    QTest::newRow("two parts") << QByteArray{"eyJ.eyJ"};
    QTest::newRow("four parts") << QByteArray{"eyJ.a.b.c"};
    QTest::newRow("no header") << QByteArray{".a.b"};
    QTest::newRow("a header's end in the signature") << QByteArray{"eyJ.e30.abc\r\nX-Vault-Namespace: other"};
    QTest::newRow("a NUL in the signature") << QByteArray{"eyJ.e30.a\0b", 11};
    QTest::newRow("a header's end in the header") << QByteArray{"eyJ\r\nX: y.e30.abc"};
    QTest::newRow("padding") << QByteArray{"eyJ.e30.abc="};
    QTest::newRow("huge") << QByteArray{"eyJ."} + QByteArray(20'000, 'a') + QByteArray{".b"};
}

void TestCryptoJwt::otherTextIsNoToken()
{
    QFETCH(QByteArray, text);
    QVERIFY(!looksLikeJwt(text.toStdString()));
    const auto claims = Es512Key::fromPem(kRfcKey)->verify(text.toStdString());
    QVERIFY(!claims);
    QVERIFY(claims.error().code == ErrorCode::InvalidArgument);
    QVERIFY(!unverifiedClaims(text.toStdString()));
}

void TestCryptoJwt::otherKeysAreRefused()
{
    QVERIFY(!Es512Key::fromPem("no key"));
    QVERIFY(!Es512Key::fromPem(R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgW91ed94Ow3iZsCMf
6ZdQmhCzjZH8czNESe9fPdwCUtuhRANCAARALxQADyiuXcrV6qAJMjrwaCrexI+5
HaAeEvjSWGvJTrHvqfYn8F/wJZuUsBYorCeVWVA6NGqTLeU0G65fwbz9
-----END PRIVATE KEY-----)"));
}

QTEST_APPLESS_MAIN(TestCryptoJwt)
#include "tst_crypto_jwt.moc"
