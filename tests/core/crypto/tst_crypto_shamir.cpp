#include "core/base/encoding.h"
#include "core/crypto/otp.h"
#include "core/crypto/shamir.h"

#include <QtTest>

#include <set>

using namespace core;
using namespace core::crypto;

namespace {

std::vector<SecretBytes> sharesOf(const QList<QByteArray>& hex)
{
    std::vector<SecretBytes> out;
    for (const auto& share : hex) out.push_back(SecretBytes::copyOf(*fromHex(share.toStdString())));
    return out;
}

} // namespace

class TestCryptoShamir : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void anyThresholdOfSharesGivesTheSecret_data();
    void anyThresholdOfSharesGivesTheSecret();
    void fewerSharesGiveAnotherSecret();
    void knownSharesGiveTheirSecret_data();
    void knownSharesGiveTheirSecret();
    void wrongNumbersAreRefused_data();
    void wrongNumbersAreRefused();
    void wrongSharesAreRefused_data();
    void wrongSharesAreRefused();
    void otpCoversAToken();
    void otpRefusesOtherLengths();
};

void TestCryptoShamir::anyThresholdOfSharesGivesTheSecret_data()
{
    QTest::addColumn<int>("count");
    QTest::addColumn<int>("threshold");
    QTest::addColumn<unsigned>("subset"); // bit set of the shares that are used
    for (unsigned subset = 0; subset < 32; ++subset) {
        if (std::popcount(subset) >= 3) QTest::addRow("3 of 5, subset %u", subset) << 5 << 3 << subset;
    }
    for (unsigned subset = 0; subset < 8; ++subset) {
        if (std::popcount(subset) >= 2) QTest::addRow("2 of 3, subset %u", subset) << 3 << 2 << subset;
    }
    QTest::newRow("2 of 2") << 2 << 2 << 3u;
    QTest::newRow("5 of 5") << 5 << 5 << 31u;
    QTest::newRow("20 of 255") << 255 << 20 << 0xfffffu;
}

void TestCryptoShamir::anyThresholdOfSharesGivesTheSecret()
{
    QFETCH(int, count);
    QFETCH(int, threshold);
    QFETCH(unsigned, subset);
    SeededRandom random{subset};
    const SecretBytes secret = random.secret(32);
    const auto shares = *splitSecret(secret, static_cast<std::size_t>(count), static_cast<std::size_t>(threshold), random);
    QCOMPARE(shares.size(), static_cast<std::size_t>(count));
    std::set<unsigned char> points;
    for (const auto& share : shares) {
        QCOMPARE(share.size(), std::size_t{33});
        points.insert(share.data()[32]);
    }
    QCOMPARE(points.size(), shares.size());
    QVERIFY(!points.contains(0)); // the point at 0 is the secret itself
    std::vector<SecretBytes> used;
    for (std::size_t at = shares.size(); at-- > 0;) {
        if (at < 32 && (subset >> at & 1) != 0) used.push_back(shares[at].clone());
    }
    QVERIFY(*combineShares(used) == secret);
}

void TestCryptoShamir::fewerSharesGiveAnotherSecret()
{
    SeededRandom random{1};
    const SecretBytes secret = random.secret(32);
    const auto shares = *splitSecret(secret, 5, 3, random);
    std::vector<SecretBytes> used;
    used.push_back(shares[0].clone());
    used.push_back(shares[4].clone());
    QVERIFY(!(*combineShares(used) == secret));
}

void TestCryptoShamir::knownSharesGiveTheirSecret_data()
{
    QTest::addColumn<QList<QByteArray>>("shares");
    QTest::addColumn<QByteArray>("secret");
    // y = 0x53 + 0xca x: with 0x53 * 0xca = 1, the inverse pair of FIPS 197; x = 0x53 gives 0x52, x = 1 gives 0x99.
    QTest::newRow("inverse pair") << QList<QByteArray>{"5253", "9901"} << QByteArray{"53"};
    // y = 0x42 + 0x57 x, with 0x57 * 0x83 = 0xc1 and 0x57 * 0x13 = 0xfe (FIPS 197 §4.2)
    QTest::newRow("FIPS products") << QList<QByteArray>{"8383", "bc13"} << QByteArray{"42"};
}

void TestCryptoShamir::knownSharesGiveTheirSecret()
{
    QFETCH(QList<QByteArray>, shares);
    QFETCH(QByteArray, secret);
    QCOMPARE(toHex(combineShares(sharesOf(shares))->view()), secret.toStdString());
}

void TestCryptoShamir::wrongNumbersAreRefused_data()
{
    QTest::addColumn<int>("secretBytes");
    QTest::addColumn<int>("count");
    QTest::addColumn<int>("threshold");
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("more needed than made") << 32 << 2 << 3 << QByteArray{"parts cannot be less than threshold"};
    QTest::newRow("too many") << 32 << 256 << 3 << QByteArray{"parts cannot exceed 255"};
    QTest::newRow("single") << 32 << 3 << 1 << QByteArray{"threshold must be at least 2"};
    QTest::newRow("nothing") << 0 << 3 << 2 << QByteArray{"cannot split an empty secret"};
}

void TestCryptoShamir::wrongNumbersAreRefused()
{
    QFETCH(int, secretBytes);
    QFETCH(int, count);
    QFETCH(int, threshold);
    QFETCH(QByteArray, text);
    SeededRandom random{1};
    const auto shares = splitSecret(random.secret(static_cast<std::size_t>(secretBytes)), static_cast<std::size_t>(count),
                                    static_cast<std::size_t>(threshold), random);
    QVERIFY(!shares);
    QCOMPARE(shares.error().detail, text.toStdString());
}

void TestCryptoShamir::wrongSharesAreRefused_data()
{
    QTest::addColumn<QList<QByteArray>>("shares");
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("none") << QList<QByteArray>{} << QByteArray{"less than two parts cannot be used to reconstruct the secret"};
    QTest::newRow("one") << QList<QByteArray>{"0102"} << QByteArray{"less than two parts cannot be used to reconstruct the secret"};
    QTest::newRow("short") << QList<QByteArray>{"01", "02"} << QByteArray{"parts must be at least two bytes"};
    QTest::newRow("lengths") << QList<QByteArray>{"0102", "010203"} << QByteArray{"all parts must be the same length"};
    QTest::newRow("same point") << QList<QByteArray>{"0102", "0302"} << QByteArray{"duplicate part detected"};
}

void TestCryptoShamir::wrongSharesAreRefused()
{
    QFETCH(QList<QByteArray>, shares);
    QFETCH(QByteArray, text);
    const auto secret = combineShares(sharesOf(shares));
    QVERIFY(!secret);
    QCOMPARE(secret.error().detail, text.toStdString());
}

void TestCryptoShamir::otpCoversAToken()
{
    const std::string token = "hvs.0123456789abcdefghijklmn";
    const std::string otp = "ABCDEFGHIJKLMNOPQRSTUVWXYZab";
    const std::string encoded = *encodeWithOtp(token, otp);
    QVERIFY(!encoded.ends_with('='));
    QCOMPARE(*decodeWithOtp(encoded, otp), token);
    QCOMPARE(*decodeWithOtp(encoded + "==", otp), token);
    QVERIFY(*decodeWithOtp(encoded, "0BCDEFGHIJKLMNOPQRSTUVWXYZab") != token);
}

void TestCryptoShamir::otpRefusesOtherLengths()
{
    QVERIFY(!encodeWithOtp("token", "otp"));
    QVERIFY(!encodeWithOtp("", ""));
    QVERIFY(!decodeWithOtp("AAAA", "12345"));
    QVERIFY(!decodeWithOtp("?", "12345"));
}

QTEST_APPLESS_MAIN(TestCryptoShamir)
#include "tst_crypto_shamir.moc"
