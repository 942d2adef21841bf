#include "core/base/encoding.h"
#include "core/crypto/aead.h"
#include "core/crypto/digest.h"
#include "core/crypto/hmac.h"
#include "core/crypto/pooled_random.h"

#include <QtTest>

#include <set>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace core;
using namespace core::crypto;

namespace {

SecretBytes keyOf(unsigned char byte)
{
    return SecretBytes::copyOf(std::string(kAeadKeyBytes, static_cast<char>(byte)));
}

constexpr std::string_view kNonce = "ABCDEFGHIJKLMNOPQRSTUVWX";

} // namespace

class TestCryptoSymmetric : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void digestsMatchPublishedOnes_data();
    void digestsMatchPublishedOnes();
    void macsMatchPublishedOnes_data();
    void macsMatchPublishedOnes();
    void macTakesItsMessageInParts();
    void sealMatchesPublishedVectors_data();
    void sealMatchesPublishedVectors();
    void everySizeOpensAgain();
    void openRefusesWhatWasChanged_data();
    void openRefusesWhatWasChanged();
    void keysAreUsedByManyThreads();
    void pooledRandomNeverRepeats();
};

void TestCryptoSymmetric::digestsMatchPublishedOnes_data()
{
    QTest::addColumn<QByteArray>("message");
    QTest::addColumn<QByteArray>("hex");
    // FIPS 180-2, appendix B
    QTest::newRow("empty") << QByteArray{} << QByteArray{"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"};
    QTest::newRow("abc") << QByteArray{"abc"} << QByteArray{"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"};
    QTest::newRow("million") << QByteArray(1'000'000, 'a') << QByteArray{"cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"};
}

void TestCryptoSymmetric::digestsMatchPublishedOnes()
{
    QFETCH(QByteArray, message);
    QFETCH(QByteArray, hex);
    const std::string text = message.toStdString();
    QCOMPARE(sha256Hex(text), hex.toStdString());
    QCOMPARE(toHex(sha256Bytes(text)), hex.toStdString());
    Sha256 inSteps;
    for (std::size_t at = 0; at < text.size(); at += 777) inSteps.update(std::string_view{text}.substr(at, 777));
    QCOMPARE(toHex(viewOf(inSteps.finish())), hex.toStdString());
}

void TestCryptoSymmetric::macsMatchPublishedOnes_data()
{
    QTest::addColumn<QByteArray>("key");
    QTest::addColumn<QByteArray>("message");
    QTest::addColumn<QByteArray>("hex");
    // RFC 4231 §4
    QTest::newRow("1") << QByteArray(20, '\x0b') << QByteArray{"Hi There"}
                       << QByteArray{"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"};
    QTest::newRow("2") << QByteArray{"Jefe"} << QByteArray{"what do ya want for nothing?"}
                       << QByteArray{"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"};
    QTest::newRow("3") << QByteArray(20, '\xaa') << QByteArray(50, '\xdd')
                       << QByteArray{"773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"};
    QTest::newRow("6") << QByteArray(131, '\xaa') << QByteArray{"Test Using Larger Than Block-Size Key - Hash Key First"}
                       << QByteArray{"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"};
}

void TestCryptoSymmetric::macsMatchPublishedOnes()
{
    QFETCH(QByteArray, key);
    QFETCH(QByteArray, message);
    QFETCH(QByteArray, hex);
    const HmacKey mac{key.toStdString()};
    QCOMPARE(toHex(viewOf(mac.mac(message.toStdString()))), hex.toStdString());
    QCOMPARE(toHex(viewOf(mac.shortMac(message.toStdString()))), hex.toStdString().substr(0, 32));
}

void TestCryptoSymmetric::macTakesItsMessageInParts()
{
    const HmacKey key{"key"};
    QCOMPARE(key.mac({"left", "", "right"}), key.mac("leftright"));
    QVERIFY(key.mac("leftright") != HmacKey{"other"}.mac("leftright"));
}

void TestCryptoSymmetric::sealMatchesPublishedVectors_data()
{
    QTest::addColumn<int>("keyByte");
    QTest::addColumn<QByteArray>("additional");
    QTest::addColumn<QByteArray>("sealed");
    // https://c2sp.org/XAES-256-GCM, test vectors: the derived key's top bit is clear in one and set in the other
    QTest::newRow("msb0") << 1 << QByteArray{} << QByteArray{"ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"};
    QTest::newRow("msb1") << 3 << QByteArray{"c2sp.org/XAES-256-GCM"} << QByteArray{"986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"};
}

void TestCryptoSymmetric::sealMatchesPublishedVectors()
{
    QFETCH(int, keyByte);
    QFETCH(QByteArray, additional);
    QFETCH(QByteArray, sealed);
    const AeadKey key{keyOf(static_cast<unsigned char>(keyByte))};
    const std::string aad = additional.toStdString();
    const std::string value = key.seal(kNonce, aad, "XAES-256-GCM");
    QCOMPARE(toHex(value), sealed.toStdString());
    QCOMPARE(*key.open(kNonce, aad, value), std::string{"XAES-256-GCM"});
    QCOMPARE(key.openSecret(kNonce, aad, value)->view(), std::string_view{"XAES-256-GCM"});
    std::string out = "header";
    key.sealTo(out, kNonce, aad, "XAES-256-GCM");
    QCOMPARE(out, "header" + value);
}

void TestCryptoSymmetric::everySizeOpensAgain()
{
    SeededRandom random{7};
    for (std::size_t size = 0; size < 300; ++size) {
        const SecretBytes raw = random.secret(kAeadKeyBytes);
        const AeadKey key{raw};
        const std::string nonce = random.bytes(kAeadNonceBytes);
        const std::string additional = random.bytes(size % 70);
        const std::string plaintext = random.bytes(size);
        const std::string sealed = key.seal(nonce, additional, plaintext);
        QCOMPARE(sealed.size(), size + kAeadTagBytes);
        QCOMPARE(*AeadKey{raw}.open(nonce, additional, sealed), plaintext);
    }
}

void TestCryptoSymmetric::openRefusesWhatWasChanged_data()
{
    QTest::addColumn<int>("keyByte");
    QTest::addColumn<QByteArray>("nonce");
    QTest::addColumn<QByteArray>("additional");
    QTest::addColumn<QByteArray>("sealed");
    const AeadKey key{keyOf(9)};
    const QByteArray nonce = QByteArray::fromStdString(std::string{kNonce});
    const QByteArray sealed = QByteArray::fromStdString(key.seal(kNonce, "s/path", "a secret value"));
    QTest::newRow("other key") << 8 << nonce << QByteArray{"s/path"} << sealed;
    QTest::newRow("other path") << 9 << nonce << QByteArray{"s/paths"} << sealed;
    QTest::newRow("no path") << 9 << nonce << QByteArray{} << sealed;
    QTest::newRow("cut") << 9 << nonce << QByteArray{"s/path"} << sealed.chopped(1);
    QTest::newRow("shorter than a tag") << 9 << nonce << QByteArray{"s/path"} << sealed.left(15);
    QTest::newRow("empty") << 9 << nonce << QByteArray{"s/path"} << QByteArray{};
    QTest::newRow("longer") << 9 << nonce << QByteArray{"s/path"} << sealed + '\0';
    QTest::newRow("short nonce") << 9 << nonce.left(12) << QByteArray{"s/path"} << sealed;
    for (int bit = 0; bit < sealed.size() * 8; bit += 5) {
        QByteArray flipped = sealed;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
        QTest::addRow("bit %d of the value", bit) << 9 << nonce << QByteArray{"s/path"} << flipped;
    }
    for (int bit = 0; bit < nonce.size() * 8; bit += 7) {
        QByteArray flipped = nonce;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
        QTest::addRow("bit %d of the nonce", bit) << 9 << flipped << QByteArray{"s/path"} << sealed;
    }
}

void TestCryptoSymmetric::openRefusesWhatWasChanged()
{
    QFETCH(int, keyByte);
    QFETCH(QByteArray, nonce);
    QFETCH(QByteArray, additional);
    QFETCH(QByteArray, sealed);
    const AeadKey key{keyOf(static_cast<unsigned char>(keyByte))};
    const auto opened = key.open(nonce.toStdString(), additional.toStdString(), sealed.toStdString());
    QVERIFY(!opened);
    QVERIFY(opened.error().code == ErrorCode::Corrupt);
    QVERIFY(!key.openSecret(nonce.toStdString(), additional.toStdString(), sealed.toStdString()));
}

void TestCryptoSymmetric::keysAreUsedByManyThreads()
{
    const AeadKey key{keyOf(5)};
    const HmacKey mac{"key"};
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int number = 0; number < 24; ++number) { // more threads than the pool has slots
        threads.emplace_back([&, number] {
            PooledRandom random;
            const std::string plaintext = "value " + std::to_string(number);
            const Digest expected = sha256(viewOf(mac.mac(plaintext)));
            for (int round = 0; round < 200; ++round) {
                const std::string nonce = random.bytes(kAeadNonceBytes);
                const auto opened = key.open(nonce, "path", key.seal(nonce, "path", plaintext));
                if (!opened || *opened != plaintext) ++wrong;
                if (sha256(viewOf(mac.mac(plaintext))) != expected) ++wrong;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    QCOMPARE(wrong.load(), 0);
}

void TestCryptoSymmetric::pooledRandomNeverRepeats()
{
    PooledRandom random;
    std::set<std::string> seen;
    for (int round = 0; round < 5000; ++round) QVERIFY(seen.insert(random.bytes(kAeadNonceBytes)).second);
    QVERIFY(random.bytes(10'000) != random.bytes(10'000));

    int channel[2];
    QCOMPARE(::pipe(channel), 0);
    const pid_t child = ::fork();
    QVERIFY(child >= 0);
    if (child == 0) {
        const std::string drawn = random.bytes(kAeadNonceBytes);
        ::_exit(::write(channel[1], drawn.data(), drawn.size()) == static_cast<ssize_t>(drawn.size()) ? 0 : 1);
    }
    int status = -1;
    QCOMPARE(::waitpid(child, &status, 0), child);
    QCOMPARE(status, 0);
    std::string ofChild(kAeadNonceBytes, '\0');
    QCOMPARE(::read(channel[0], ofChild.data(), ofChild.size()), static_cast<ssize_t>(ofChild.size()));
    QVERIFY(ofChild != random.bytes(kAeadNonceBytes));
    ::close(channel[0]);
    ::close(channel[1]);
}

QTEST_APPLESS_MAIN(TestCryptoSymmetric)
#include "tst_crypto_symmetric.moc"
