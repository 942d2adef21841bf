#include "core/base/encoding.h"
#include "core/crypto/asymmetric_key.h"
#include "core/crypto/key_numbers.h"

#include <QtTest>

using namespace core;
using namespace core::crypto;

class TestCryptoAsymmetric : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void ed25519MatchesPublishedVectors_data();
    void ed25519MatchesPublishedVectors();
    void verifiesPublishedEcdsaSignatures_data();
    void verifiesPublishedEcdsaSignatures();
    void everyTypeSignsAndSurvivesItsForms_data();
    void everyTypeSignsAndSurvivesItsForms();
    void rsaFollowsTheScheme();
    void rsaEncryptsForItself();
    void refusesWhatIsNoKey_data();
    void refusesWhatIsNoKey();
    void refusesHalvesThatDoNotFit();
    void ecdsaFormsAreStrict();
};

namespace {

std::string fromHexText(const char* text)
{
    return *fromHex(text);
}

void addTypes()
{
    QTest::addColumn<int>("algorithm");
    const std::pair<const char*, AsymmetricAlgorithm> rows[] = {
        {"P-256", AsymmetricAlgorithm::EcdsaP256}, {"P-384", AsymmetricAlgorithm::EcdsaP384},  {"P-521", AsymmetricAlgorithm::EcdsaP521},
        {"Ed25519", AsymmetricAlgorithm::Ed25519}, {"RSA-2048", AsymmetricAlgorithm::Rsa2048}, {"RSA-3072", AsymmetricAlgorithm::Rsa3072},
    };
    for (const auto& [name, algorithm] : rows) QTest::newRow(name) << static_cast<int>(algorithm);
}

} // namespace

void TestCryptoAsymmetric::ed25519MatchesPublishedVectors_data()
{
    QTest::addColumn<QByteArray>("seed");
    QTest::addColumn<QByteArray>("publicKey");
    QTest::addColumn<QByteArray>("message");
    QTest::addColumn<QByteArray>("signature");
    // RFC 8032 §7.1
    QTest::newRow("test 1")
        << QByteArray{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"}
        << QByteArray{"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"} << QByteArray{}
        << QByteArray{"e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141"
                      "438e7a100b"};
    QTest::newRow("test 2")
        << QByteArray{"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"}
        << QByteArray{"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"} << QByteArray{"72"}
        << QByteArray{"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d29"
                      "1612bb0c00"};
}

void TestCryptoAsymmetric::ed25519MatchesPublishedVectors()
{
    QFETCH(QByteArray, seed);
    QFETCH(QByteArray, publicKey);
    QFETCH(QByteArray, message);
    QFETCH(QByteArray, signature);
    const auto key = AsymmetricKey::ed25519FromSeed(fromHexText(seed.constData()));
    const auto text = fromHexText(message.constData());
    QCOMPARE(toHex(key.ed25519Public()), publicKey.toStdString());
    const auto made = key.sign({}, text);
    QVERIFY(made);
    QCOMPARE(toHex(*made), signature.toStdString());
    const auto publicHalf = AsymmetricKey::ed25519FromPublic(key.ed25519Public());
    QVERIFY(publicHalf.isSignedBy({}, text, *made));
    QVERIFY(!publicHalf.isSignedBy({}, text + "x", *made));
    QVERIFY(!publicHalf.hasPrivateHalf());
}

void TestCryptoAsymmetric::verifiesPublishedEcdsaSignatures_data()
{
    QTest::addColumn<QByteArray>("message");
    QTest::addColumn<QByteArray>("fixed");
    // RFC 6979 §A.2.5, P-256 with SHA-256. OpenSSL signs with random nonces, so only the verification can be compared.
    QTest::newRow("sample")
        << QByteArray{"sample"}
        << QByteArray{"efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab"
                      "2f843acda8"};
    QTest::newRow("test")
        << QByteArray{"test"}
        << QByteArray{"f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250"
                      "e46f0083"};
}

void TestCryptoAsymmetric::verifiesPublishedEcdsaSignatures()
{
    QFETCH(QByteArray, message);
    QFETCH(QByteArray, fixed);
    const auto key = AsymmetricKey::fromPublicDer(fromHexText(
        "3059301306072a8648ce3d020106082a8648ce3d03010703420004"
        "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"));
    QVERIFY(key);
    const auto der = ecdsaFromFixed(fromHexText(fixed.constData()));
    const auto digest = digestBy(HashAlgorithm::Sha2_256, message.toStdString());
    QVERIFY(key->isSignedBy({}, digest, der));
    QVERIFY(!key->isSignedBy({}, digestBy(HashAlgorithm::Sha2_256, "other"), der));
    QCOMPARE(toHex(ecdsaToFixed(AsymmetricAlgorithm::EcdsaP256, der)), fixed.toStdString());
}

void TestCryptoAsymmetric::everyTypeSignsAndSurvivesItsForms_data()
{
    addTypes();
}

void TestCryptoAsymmetric::everyTypeSignsAndSurvivesItsForms()
{
    QFETCH(int, algorithm);
    const auto type = static_cast<AsymmetricAlgorithm>(algorithm);
    const auto key = AsymmetricKey::generate(type);
    const auto digest = digestBy(HashAlgorithm::Sha2_256, "message");
    const auto signature = key.sign({}, digest);
    QVERIFY(signature);
    for (const auto& copy : {AsymmetricKey::fromPkcs8(key.pkcs8().view()), AsymmetricKey::fromPublicDer(key.publicDer()),
                             AsymmetricKey::fromPublicPem(key.publicPem())}) {
        QVERIFY(copy);
        QVERIFY(copy->algorithm() == type);
        QVERIFY(copy->hasSamePublicHalf(key));
        QVERIFY(copy->isSignedBy({}, digest, *signature));
        QVERIFY(!copy->isSignedBy({}, digestBy(HashAlgorithm::Sha2_256, "other"), *signature));
    }
    if (type == AsymmetricAlgorithm::Ed25519) return;
    auto again = isRsa(type) ? keyOf(type, rsaNumbersOf(key)) : keyOf(type, ecNumbersOf(key));
    QVERIFY(again);
    QVERIFY(again->hasPrivateHalf());
    QVERIFY(again->hasSamePublicHalf(key));
}

void TestCryptoAsymmetric::rsaFollowsTheScheme()
{
    const auto key = AsymmetricKey::generate(AsymmetricAlgorithm::Rsa2048);
    const auto digest = digestBy(HashAlgorithm::Sha2_384, "message");
    const SignatureScheme pss{.hash = HashAlgorithm::Sha2_384, .saltBytes = 11};
    const auto signature = key.sign(pss, digest);
    QVERIFY(signature);
    QVERIFY(key.isSignedBy(pss, digest, *signature));
    QVERIFY(key.isSignedBy({.hash = HashAlgorithm::Sha2_384}, digest, *signature)); // any salt
    QVERIFY(!key.isSignedBy({.hash = HashAlgorithm::Sha2_384, .saltBytes = 12}, digest, *signature));
    QVERIFY(!key.isSignedBy({.hash = HashAlgorithm::Sha2_384, .padding = SignatureScheme::Padding::Pkcs1v15}, digest, *signature));
    QVERIFY(!key.sign({.hash = HashAlgorithm::Sha2_256}, digest)); // not a digest of this algorithm
    const SignatureScheme raw{.hash = HashAlgorithm::None, .padding = SignatureScheme::Padding::Pkcs1v15};
    QVERIFY(key.sign(raw, "short"));
    QVERIFY(!key.sign(raw, std::string(256, 'x'))); // does not fit
}

void TestCryptoAsymmetric::rsaEncryptsForItself()
{
    const auto key = AsymmetricKey::generate(AsymmetricAlgorithm::Rsa2048);
    const std::string longest(190, 'x'); // 256 - 2 * 32 - 2
    for (const auto& plaintext : {std::string{}, longest}) {
        const auto sealed = key.encryptOaep(HashAlgorithm::Sha2_256, plaintext);
        QVERIFY(sealed);
        const auto opened = key.decryptOaep(HashAlgorithm::Sha2_256, *sealed);
        QVERIFY(opened);
        QCOMPARE(std::string{opened->view()}, plaintext);
        QVERIFY(!key.decryptOaep(HashAlgorithm::Sha1, *sealed));
    }
    QVERIFY(!key.encryptOaep(HashAlgorithm::Sha2_256, longest + "x"));
    QVERIFY(!key.decryptOaep(HashAlgorithm::Sha2_256, "short"));
}

void TestCryptoAsymmetric::refusesWhatIsNoKey_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("empty") << QByteArray{};
    QTest::newRow("text") << QByteArray{"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"};
    QTest::newRow("a sequence") << QByteArray::fromHex("3000");
    QTest::newRow("too large") << QByteArray(100'000, '\x30');
    // P-192, which is none of ours
    QTest::newRow("another curve") << QByteArray::fromHex(
        "3049301306072a8648ce3d020106082a8648ce3d03010103320004188da80eb03090f67cbf20eb43a18800f4ff0afd82ff1012"
        "07192b95ffc8da78631011ed6b24cdd573f977a11e794811");
}

void TestCryptoAsymmetric::refusesWhatIsNoKey()
{
    QFETCH(QByteArray, bytes);
    QVERIFY(!AsymmetricKey::fromPkcs8(bytes.toStdString()));
    QVERIFY(!AsymmetricKey::fromPublicDer(bytes.toStdString()));
    QVERIFY(!AsymmetricKey::fromPublicPem(bytes.toStdString()));
}

void TestCryptoAsymmetric::refusesHalvesThatDoNotFit()
{
    const auto one = AsymmetricKey::generate(AsymmetricAlgorithm::Rsa2048);
    const auto other = AsymmetricKey::generate(AsymmetricAlgorithm::Rsa2048);
    auto mixed = rsaNumbersOf(one);
    mixed.d = rsaNumbersOf(other).d;
    QVERIFY(!keyOf(AsymmetricAlgorithm::Rsa2048, mixed));
    mixed = rsaNumbersOf(one);
    mixed.p = rsaNumbersOf(other).p;
    QVERIFY(!keyOf(AsymmetricAlgorithm::Rsa2048, mixed));
    QVERIFY(!keyOf(AsymmetricAlgorithm::Rsa4096, rsaNumbersOf(one)));                        // another size
    QVERIFY(!keyOf(AsymmetricAlgorithm::EcdsaP256, EcNumbers{.x = "1", .y = "1", .d = {}})); // not on the curve
    QVERIFY(!keyOf(AsymmetricAlgorithm::EcdsaP256, EcNumbers{.x = "-5", .y = "x", .d = {}}));
    QVERIFY(!keyOf(AsymmetricAlgorithm::EcdsaP256, EcNumbers{.x = {}, .y = {}, .d = SecretBytes::copyOf("0")}));
}

void TestCryptoAsymmetric::ecdsaFormsAreStrict()
{
    QVERIFY(ecdsaFormOf(fromHexText("3006020101020102")) == EcdsaForm::Right);
    QVERIFY(ecdsaFormOf(fromHexText("300602010102010200")) == EcdsaForm::ExtraBytes);
    QVERIFY(ecdsaFormOf(fromHexText("300702020001020102")) == EcdsaForm::NotDer); // a zero too many
    QVERIFY(ecdsaFormOf("nothing") == EcdsaForm::NotDer);
    QVERIFY(ecdsaFromFixed("abc").empty());
    QVERIFY(ecdsaFromFixed(std::string(200, 'x')).empty());
}

QTEST_GUILESS_MAIN(TestCryptoAsymmetric)
#include "tst_crypto_asymmetric.moc"
