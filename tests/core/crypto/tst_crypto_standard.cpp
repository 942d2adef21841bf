// Algorithms in their standard forms, as clients of the API know them.
#include "core/base/encoding.h"
#include "core/crypto/hash_algorithm.h"
#include "core/crypto/key_derivation.h"
#include "core/crypto/key_wrap.h"
#include "core/crypto/standard_aead.h"

#include <QtTest>

using namespace core;
using namespace core::crypto;

class TestCryptoStandard : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aeadMatchesPublishedVectors_data();
    void aeadMatchesPublishedVectors();
    void aeadRefusesWhatWasChanged();
    void derivationMatchesPublishedVectors();
    void macsMatchPublishedVectors_data();
    void macsMatchPublishedVectors();
    void wrappedKeysOpenAgain();
    void namesAreThoseOfTheApi();
};

namespace {

std::string fromHexText(const QByteArray& text)
{
    return *fromHex(text.toStdString());
}

} // namespace

void TestCryptoStandard::aeadMatchesPublishedVectors_data()
{
    QTest::addColumn<int>("cipher");
    QTest::addColumn<QByteArray>("key");
    QTest::addColumn<QByteArray>("nonce");
    QTest::addColumn<QByteArray>("additional");
    QTest::addColumn<QByteArray>("plaintext");
    QTest::addColumn<QByteArray>("sealed");
    // The GCM submission to NIST (McGrew, Viega), test cases 1, 4, 13 and 16
    QTest::newRow("GCM 1") << 0 << QByteArray(32, '0') << QByteArray(24, '0') << QByteArray{} << QByteArray{}
                           << QByteArray{"58e2fccefa7e3061367f1d57a4e7455a"};
    const QByteArray message =
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
    const QByteArray additional = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
    QTest::newRow("GCM 4")
        << 0 << QByteArray{"feffe9928665731c6d6a8f9467308308"} << QByteArray{"cafebabefacedbaddecaf888"} << additional << message
        << QByteArray{"42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e0"
                      "915bc94fbc3221a5db94fae95ae7121a47"};
    QTest::newRow("GCM 13") << 1 << QByteArray(64, '0') << QByteArray(24, '0') << QByteArray{} << QByteArray{}
                            << QByteArray{"530f8afbc74536b9a963b4f1c4cb738b"};
    QTest::newRow("GCM 16")
        << 1 << QByteArray{"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"} << QByteArray{"cafebabefacedbaddecaf888"} << additional
        << message
        << QByteArray{"522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f6"
                      "6276fc6ece0f4e1768cddf8853bb2d551b"};
    // RFC 8439 §2.8.2
    QTest::newRow("ChaCha20")
        << 2 << QByteArray{"808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"} << QByteArray{"070000004041424344454647"}
        << QByteArray{"50515253c0c1c2c3c4c5c6c7"}
        << QByteArray{"4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a204966204920636f756c64206f66"
                      "66657220796f75206f6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73637265656e20776f756c642062652069742e"}
        << QByteArray{"d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5"
                      "b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b61161ae10b"
                      "594f09e26a7e902ecbd0600691"};
}

void TestCryptoStandard::aeadMatchesPublishedVectors()
{
    QFETCH(int, cipher);
    QFETCH(QByteArray, key);
    QFETCH(QByteArray, nonce);
    QFETCH(QByteArray, additional);
    QFETCH(QByteArray, plaintext);
    QFETCH(QByteArray, sealed);
    const auto keyBytes = fromHexText(key);
    const auto nonceBytes = fromHexText(nonce);
    const auto additionalBytes = fromHexText(additional);
    const AeadInput input{.cipher = static_cast<StandardAead>(cipher), .key = keyBytes, .nonce = nonceBytes, .additional = additionalBytes};
    std::string out = "before";
    sealTo(out, input, fromHexText(plaintext));
    QCOMPARE(toHex(out.substr(6)), sealed.toStdString());
    const auto opened = openSealed(input, fromHexText(sealed));
    QVERIFY(opened);
    QCOMPARE(toHex(opened->view()), plaintext.toStdString());
}

void TestCryptoStandard::aeadRefusesWhatWasChanged()
{
    const std::string key(32, 'k');
    const std::string nonce(12, 'n');
    const AeadInput input{.cipher = StandardAead::Aes256Gcm, .key = key, .nonce = nonce, .additional = "a"};
    std::string sealed;
    sealTo(sealed, input, "plaintext");
    for (std::size_t at = 0; at < sealed.size(); ++at) {
        auto changed = sealed;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        QVERIFY(!openSealed(input, changed));
    }
    for (std::size_t size = 0; size < sealed.size(); ++size) QVERIFY(!openSealed(input, sealed.substr(0, size)));
    QVERIFY(!openSealed({.cipher = input.cipher, .key = key, .nonce = nonce, .additional = "b"}, sealed));
}

void TestCryptoStandard::derivationMatchesPublishedVectors()
{
    // RFC 5869 §A.3: no salt
    const auto key = SecretBytes::copyOf(std::string(22, '\x0b'));
    QCOMPARE(toHex(hkdfSha256(key, {}, 42).view()),
             std::string{"8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"});
    QVERIFY(!(hkdfSha256(key, "one", 32) == hkdfSha256(key, "two", 32)));
}

void TestCryptoStandard::macsMatchPublishedVectors_data()
{
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QByteArray>("mac");
    // RFC 4231 §4.3 (test case 2) and RFC 2202 §3 for SHA-1
    QTest::newRow("sha1") << QByteArray{"sha1"} << QByteArray{"effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"};
    QTest::newRow("sha2-224") << QByteArray{"sha2-224"} << QByteArray{"a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44"};
    QTest::newRow("sha2-256") << QByteArray{"sha2-256"} << QByteArray{"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"};
    QTest::newRow("sha2-384") << QByteArray{"sha2-384"}
                              << QByteArray{"af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649"};
    QTest::newRow("sha2-512")
        << QByteArray{"sha2-512"}
        << QByteArray{"164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e07"
                      "0a38bce737"};
}

void TestCryptoStandard::macsMatchPublishedVectors()
{
    QFETCH(QByteArray, name);
    QFETCH(QByteArray, mac);
    const auto hash = hashAlgorithmOf(name.toStdString());
    QVERIFY(hash.has_value());
    QCOMPARE(toHex(hmacBy(*hash, SecretBytes::copyOf("Jefe"), "what do ya want for nothing?")), mac.toStdString());
}

void TestCryptoStandard::wrappedKeysOpenAgain()
{
    const auto wrapping = SecretBytes::copyOf(std::string(32, 'w'));
    for (const std::size_t size : {1u, 8u, 16u, 31u, 32u, 1218u}) {
        const auto key = SecretBytes::copyOf(std::string(size, 'k'));
        const auto wrapped = wrapKey(wrapping, key);
        QCOMPARE(wrapped.size(), (size + 7) / 8 * 8 + 8); // RFC 5649 §4.1
        const auto opened = unwrapKey(wrapping, wrapped);
        QVERIFY(opened);
        QVERIFY(*opened == key);
        auto changed = wrapped;
        changed.back() = static_cast<char>(changed.back() ^ 1);
        QVERIFY(!unwrapKey(wrapping, changed));
    }
    for (const std::size_t size : {0u, 7u, 8u, 15u, 17u}) QVERIFY(!unwrapKey(wrapping, std::string(size, 'x')));
}

void TestCryptoStandard::namesAreThoseOfTheApi()
{
    QVERIFY(!hashAlgorithmOf("md5"));
    QVERIFY(!hashAlgorithmOf(""));
    for (const auto* name : {"sha3-224", "sha3-256", "sha3-384", "sha3-512"}) {
        const auto hash = hashAlgorithmOf(name);
        QVERIFY(hash.has_value());
        QCOMPARE(digestBy(*hash, "x").size(), digestBytesOf(*hash));
    }
    QCOMPARE(digestBy(HashAlgorithm::None, "as it is"), std::string{"as it is"});
}

QTEST_GUILESS_MAIN(TestCryptoStandard)
#include "tst_crypto_standard.moc"
