#include "core/base/encoding.h"
#include "core/crypto/x509.h"

#include <QtTest>

#include <set>

using namespace core;
using namespace core::crypto;
using namespace std::chrono_literals;

namespace {

const WallTime kNow = *fromRfc3339("2026-03-01T12:00:00Z");
constexpr std::string_view kEnd = "-----END CERTIFICATE-----\n";

std::string pemOf(std::string_view der)
{
    const std::string base64 = toBase64(der);
    std::string pem = "-----BEGIN CERTIFICATE-----\n";
    for (std::size_t at = 0; at < base64.size(); at += 64) pem.append(base64, at, 64).append("\n");
    return pem.append(kEnd);
}

} // namespace

class TestCryptoX509 : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void authorityIssuesLeaves();
    void serialsAndFingerprintsDiffer();
    void selfSignedNamesTheMachine();
    void onlyTheIssuerVerifies_data();
    void onlyTheIssuerVerifies();
    void leafIssuesNothing();
    void strangeNamesAreRefused_data();
    void strangeNamesAreRefused();
    void derReverses();
    void otherTextIsNoCertificate();
    void firstCertificateOfATextCounts();
    void brokenFramesHaveNoFingerprint_data();
    void brokenFramesHaveNoFingerprint();
};

void TestCryptoX509::authorityIssuesLeaves()
{
    const auto authority = makeAuthority("rep-authority", kNow);
    QVERIFY(authority);
    const auto about = readCertificate(authority->certificate);
    QVERIFY(about->isAuthority);
    QCOMPARE(about->commonName, std::string{"rep-authority"});
    QCOMPARE(about->issuerCommonName, std::string{"rep-authority"});

    const auto leaf = issueCertificate(*authority, {.commonName = "secondary-1", .dnsNames = {"secondary-1"}, .lifetime = 720h}, kNow);
    QVERIFY(leaf);
    const auto info = readCertificate(leaf->certificate);
    QVERIFY(!info->isAuthority);
    QCOMPARE(info->commonName, std::string{"secondary-1"});
    QCOMPARE(info->issuerCommonName, std::string{"rep-authority"});
    QVERIFY(info->dnsNames == std::vector<std::string>{"secondary-1"});
    QCOMPARE(toRfc3339(info->notBefore), toRfc3339(kNow - kClockLeeway));
    QCOMPARE(toRfc3339(info->notAfter), toRfc3339(kNow + 720h));
    QCOMPARE(info->serial.size(), std::size_t{32});
    QCOMPARE(info->fingerprint, *certificateFingerprint(leaf->certificate));
    QCOMPARE(info->fingerprint.size(), std::size_t{64});
    QVERIFY(leaf->key.view().starts_with("-----BEGIN PRIVATE KEY-----"));
}

void TestCryptoX509::serialsAndFingerprintsDiffer()
{
    const auto authority = makeAuthority("authority", kNow);
    std::set<std::string> serials;
    std::set<std::string> fingerprints;
    for (int round = 0; round < 20; ++round) {
        const auto leaf = issueCertificate(*authority, {.commonName = "same"}, kNow);
        const auto info = readCertificate(leaf->certificate);
        serials.insert(info->serial);
        fingerprints.insert(info->fingerprint);
    }
    QCOMPARE(serials.size(), std::size_t{20});
    QCOMPARE(fingerprints.size(), std::size_t{20});
}

void TestCryptoX509::selfSignedNamesTheMachine()
{
    const auto identity = makeSelfSigned({.commonName = "holdfast", .dnsNames = {"localhost"}, .ipAddresses = {"127.0.0.1", "::1"}}, kNow);
    QVERIFY(identity);
    const auto info = readCertificate(identity->certificate);
    QVERIFY(info->dnsNames == std::vector<std::string>{"localhost"});
    QVERIFY((info->ipAddresses == std::vector<std::string>{"127.0.0.1", "::1"}));
    QVERIFY(!info->isAuthority);
}

void TestCryptoX509::onlyTheIssuerVerifies_data()
{
    QTest::addColumn<int>("issuer");  // 0 or 1
    QTest::addColumn<int>("trusted"); // 0, 1, or 2: both
    QTest::addColumn<int>("daysLater");
    QTest::addColumn<bool>("isValid");
    QTest::newRow("own") << 0 << 0 << 0 << true;
    QTest::newRow("among others") << 1 << 2 << 0 << true;
    QTest::newRow("other authority of the same name") << 0 << 1 << 0 << false;
    QTest::newRow("last day") << 0 << 0 << 29 << true;
    QTest::newRow("expired") << 0 << 0 << 31 << false;
    QTest::newRow("not yet") << 0 << 0 << -1 << false;
}

void TestCryptoX509::onlyTheIssuerVerifies()
{
    QFETCH(int, issuer);
    QFETCH(int, trusted);
    QFETCH(int, daysLater);
    QFETCH(bool, isValid);
    const Identity authorities[] = {*makeAuthority("authority", kNow), *makeAuthority("authority", kNow)};
    const auto leaf = issueCertificate(authorities[issuer], {.commonName = "leaf", .lifetime = 720h}, kNow);
    const std::string trust = trusted < 2 ? authorities[trusted].certificate : authorities[0].certificate + authorities[1].certificate;
    const auto verified = verifyCertificate(leaf->certificate, trust, kNow + daysLater * 24h);
    QCOMPARE(verified.has_value(), isValid);
    if (!isValid) QVERIFY(verified.error().code == ErrorCode::PermissionDenied);
}

void TestCryptoX509::leafIssuesNothing()
{
    const auto authority = makeAuthority("authority", kNow);
    const auto leaf = issueCertificate(*authority, {.commonName = "leaf"}, kNow);
    QVERIFY(!issueCertificate(*leaf, {.commonName = "below"}, kNow));
    const Identity mixed{authority->certificate, leaf->key.clone()};
    QVERIFY(!issueCertificate(mixed, {.commonName = "below"}, kNow));
}

void TestCryptoX509::strangeNamesAreRefused_data()
{
    QTest::addColumn<QByteArray>("commonName");
    QTest::addColumn<QByteArray>("dnsName");
    QTest::addColumn<QByteArray>("address");
    QTest::newRow("no name") << QByteArray{} << QByteArray{"a"} << QByteArray{"::1"};
    QTest::newRow("long name") << QByteArray(65, 'a') << QByteArray{"a"} << QByteArray{"::1"};
    QTest::newRow("name with more entries") << QByteArray{"a"} << QByteArray{"a,IP:10.0.0.1"} << QByteArray{"::1"};
    QTest::newRow("empty DNS name") << QByteArray{"a"} << QByteArray{} << QByteArray{"::1"};
    QTest::newRow("no address") << QByteArray{"a"} << QByteArray{"a"} << QByteArray{"300.1.1.1"};
}

void TestCryptoX509::strangeNamesAreRefused()
{
    QFETCH(QByteArray, commonName);
    QFETCH(QByteArray, dnsName);
    QFETCH(QByteArray, address);
    const auto identity =
        makeSelfSigned({.commonName = commonName.toStdString(), .dnsNames = {dnsName.toStdString()}, .ipAddresses = {address.toStdString()}}, kNow);
    QVERIFY(!identity);
    QVERIFY(identity.error().code == ErrorCode::InvalidArgument);
}

void TestCryptoX509::derReverses()
{
    const auto authority = makeAuthority("authority", kNow);
    const std::string der = *certificateToBase64Der(authority->certificate);
    QCOMPARE(*certificateFromBase64Der(der), authority->certificate);
    QVERIFY(!certificateFromBase64Der(toBase64(*fromBase64(der) + "more")));
    QVERIFY(!certificateFromBase64Der("AAAA"));
    QVERIFY(!certificateFromBase64Der("?"));
}

void TestCryptoX509::otherTextIsNoCertificate()
{
    for (const std::string text : {"", "text", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}) {
        QVERIFY(!readCertificate(text));
        QVERIFY(!certificateFingerprint(text));
        QVERIFY(!certificateToBase64Der(text));
        QVERIFY(!verifyCertificate(text, text, kNow));
    }
}

void TestCryptoX509::firstCertificateOfATextCounts()
{
    const std::string first = makeAuthority("first", kNow)->certificate;
    const std::string second = makeAuthority("second", kNow)->certificate;
    const std::string text = "what is to be read\n" + first + "between\n" + second + "behind";
    const auto info = readCertificate(text);
    QVERIFY(info);
    QCOMPARE(info->commonName, std::string{"first"});
    QCOMPARE(*certificateFingerprint(text), info->fingerprint);
    QCOMPARE(*certificateFingerprint(first), info->fingerprint);
    QVERIFY(*certificateFingerprint(second) != info->fingerprint);
    QCOMPARE(*certificateFromBase64Der(*certificateToBase64Der(text)), first);
}

void TestCryptoX509::brokenFramesHaveNoFingerprint_data()
{
    QTest::addColumn<QByteArray>("text");
    const std::string pem = makeAuthority("authority", kNow)->certificate;
    const std::string der = *fromBase64(*certificateToBase64Der(pem));
    QCOMPARE(pemOf(der), pem); // so that the rows below are broken where they say
    const auto row = [](const char* name, const std::string& text) { QTest::newRow(name) << QByteArray::fromStdString(text); };
    row("no end", pem.substr(0, pem.size() - kEnd.size()));
    row("not base64", std::string{pem}.replace(pem.size() / 2, 1, "*"));
    row("nothing inside", pemOf(""));
    row("cut", pemOf(der.substr(0, der.size() - 1)));
    row("bytes behind it", pemOf(der + "more"));
    row("two in one frame", pemOf(der + der));
    row("no sequence", pemOf(std::string{"\x04\x02hi", 4}));
    row("length without end", pemOf(std::string{"\x30\x80\x00\x00", 4}));
    row("a key", std::string{makeAuthority("authority", kNow)->key.view()});
}

void TestCryptoX509::brokenFramesHaveNoFingerprint()
{
    QFETCH(QByteArray, text);
    const auto fingerprint = certificateFingerprint(text.toStdString());
    QVERIFY(!fingerprint);
    QVERIFY(fingerprint.error().code == ErrorCode::InvalidArgument);
    QVERIFY(fingerprint.error().detail.starts_with("reading a certificate"));
    const auto der = certificateToBase64Der(text.toStdString());
    QVERIFY(!der);
    QVERIFY(der.error().code == ErrorCode::InvalidArgument);
}

QTEST_APPLESS_MAIN(TestCryptoX509)
#include "tst_crypto_x509.moc"
