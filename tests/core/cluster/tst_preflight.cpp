#include <QtTest>

#include "core/cluster/preflight/preflight_checks.h"
#include "core/replication/links/transport.h"

#include <boost/json/parse.hpp>

using namespace core;
using namespace core::cluster;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// A preflight's findings follow from facts, and nothing from the other end is quoted as it is.
class TestPreflight : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void healthIsChecked_data();
    void healthIsChecked();
    void anOlderFollowerFails();
    void certificatesAreChecked();
    void clusterPortsAreChecked();
    void tokensAreChecked_data();
    void tokensAreChecked();
    void freeSpaceIsChecked();
    void foreignTextIsMadePrintable();
    void levelsHaveOneConversion();
    void theWorstLevelIsTheResult();
};

namespace {

const WallTime kNow{seconds{1'800'000'000}};

std::string levelOf(const Findings& findings, const std::string& check)
{
    for (const auto& finding : findings) {
        if (finding.check == check) return toString(finding.level);
    }
    return "missing";
}

boost::json::object parsed(const std::string& text)
{
    return boost::json::parse(text).as_object();
}

ApiFacts answered(const std::string& body, int status = 200)
{
    ApiFacts facts;
    facts.isReached = true;
    facts.status = status;
    facts.body = parsed(body);
    facts.askedAt = kNow;
    facts.answeredAt = kNow + milliseconds{20};
    return facts;
}

crypto::TlsProbe connectedProbe()
{
    crypto::TlsProbe probe;
    probe.isConnected = true;
    return probe;
}

crypto::TlsProbe probeOf(const char* protocol, const char* name)
{
    crypto::TlsProbe probe;
    probe.isConnected = probe.hasShownCertificate = true;
    probe.protocol = protocol;
    crypto::CertificateInfo leaf;
    leaf.dnsNames = {name};
    leaf.notBefore = kNow - hours{1};
    leaf.notAfter = kNow + hours{1000};
    probe.chain = {leaf};
    return probe;
}

} // namespace

void TestPreflight::healthIsChecked_data()
{
    QTest::addColumn<QString>("body");
    QTest::addColumn<QString>("check");
    QTest::addColumn<QString>("level");
    const QString good = R"({"initialized":true,"sealed":false,"standby":false,"server_time_utc":1800000000,"version":"1.15.0+holdfast.0.1.0"})";
    for (const char* check : {"api", "who_answered", "clock", "versions"}) QTest::newRow(check) << good << check << "ok";
    const auto with = [&](const char* from, const char* to) { return QString{good}.replace(QString::fromUtf8(from), QString::fromUtf8(to)); };
    QTest::newRow("sealed") << with("\"sealed\":false", "\"sealed\":true") << "who_answered"
                            << "fail";
    QTest::newRow("standby") << with("\"standby\":false", "\"standby\":true") << "who_answered"
                             << "warn";
    QTest::newRow("not initialised") << with("\"initialized\":true", "\"initialized\":false") << "who_answered"
                                     << "fail";
    QTest::newRow("a little off") << with("1800000000", "1800000010") << "clock"
                                  << "warn";
    QTest::newRow("far off") << with("1800000000", "1799999000") << "clock"
                             << "fail";
    QTest::newRow("no time") << with("\"server_time_utc\":1800000000,", "") << "clock"
                             << "unknown";
    QTest::newRow("newer") << with("0.1.0", "0.2.0") << "versions"
                           << "warn";
    QTest::newRow("older") << with("0.1.0", "0.0.9") << "versions"
                           << "ok";
    QTest::newRow("a newer primary") << with("0.1.0\"", "0.2.0\",\"replication_dr_mode\":\"primary\"") << "versions"
                                     << "fail";
    QTest::newRow("an older primary") << with("0.1.0\"", "0.0.9\",\"replication_dr_mode\":\"primary\"") << "versions"
                                      << "ok";
    QTest::newRow("another program") << with("+holdfast.0.1.0", "") << "versions"
                                     << "fail";
    QTest::newRow("something else") << QStringLiteral("{\"hello\":1}") << "api"
                                    << "fail";
    QTest::newRow("odd types") << QStringLiteral("{\"initialized\":3,\"sealed\":[],\"version\":{}}") << "who_answered"
                               << "fail";
}

void TestPreflight::healthIsChecked()
{
    QFETCH(QString, body);
    QFETCH(QString, check);
    QFETCH(QString, level);
    Findings findings;
    checkHealth(answered(body.toStdString()), "0.1.0", Follows::Unknown, findings);
    QCOMPARE(QString::fromStdString(levelOf(findings, check.toStdString())), level);
    for (const auto& finding : findings)
        QVERIFY(finding.level == Finding::Level::Ok || finding.level == Finding::Level::Unknown || !finding.nextStep.empty());
}

void TestPreflight::anOlderFollowerFails()
{
    const auto level = [](Follows follows, const char* here) {
        Findings findings;
        checkHealth(answered(R"({"initialized":true,"sealed":false,"version":"1.15.0+holdfast.0.2.0"})"), here, follows, findings);
        const auto found = std::ranges::find(findings, "versions", &Finding::check);
        if (found->level != Finding::Level::Ok && (found->detail.find(here) == std::string::npos || found->detail.find("0.2.0") == std::string::npos))
            return std::string{"does not name both"};
        return std::string{toString(found->level)};
    };
    QCOMPARE(level(Follows::Here, "0.1.0"), std::string{"fail"});
    QCOMPARE(level(Follows::Here, "0.2.0"), std::string{"ok"});
    QCOMPARE(level(Follows::Here, "0.3.0"), std::string{"ok"});
    QCOMPARE(level(Follows::There, "0.1.0"), std::string{"ok"});
    QCOMPARE(level(Follows::There, "0.3.0"), std::string{"fail"});
    QCOMPARE(level(Follows::Unknown, "0.1.0"), std::string{"warn"});
}

void TestPreflight::certificatesAreChecked()
{
    const auto level = [](const crypto::TlsProbe& probe) {
        Findings findings;
        checkCertificate("c", probe, kNow, findings);
        return levelOf(findings, "c");
    };
    auto probe = probeOf("http/1.1", "a.example");
    QCOMPARE(level(probe), std::string{"ok"});
    probe.chain.front().notAfter = kNow + hours{24};
    QCOMPARE(level(probe), std::string{"warn"});
    probe.chain.front().notAfter = kNow - hours{1};
    QCOMPARE(level(probe), std::string{"fail"});
    probe = probeOf("http/1.1", "a.example");
    probe.verifyError = "self-signed certificate";
    QCOMPARE(level(probe), std::string{"fail"});
    QCOMPARE(level(connectedProbe()), std::string{"fail"});
    QCOMPARE(level(crypto::TlsProbe{}), std::string{"missing"}); // already reported as not reached
}

void TestPreflight::clusterPortsAreChecked()
{
    const auto judge = [](const crypto::TlsProbe& performance, const crypto::TlsProbe& dr, const char* check) {
        Findings findings;
        const crypto::TlsProbe probes[2] = {performance, dr};
        checkClusterPort("https://a:1", probes, kNow, findings);
        return levelOf(findings, check);
    };
    const crypto::TlsProbe refused = connectedProbe();
    const auto good = probeOf(replication::kDrProtocol, replication::kPrimaryServerName);
    QCOMPARE(judge({}, {}, "cluster_port"), std::string{"fail"});
    QCOMPARE(judge(refused, refused, "cluster_port"), std::string{"warn"});
    QCOMPARE(judge(refused, good, "cluster_port"), std::string{"ok"});
    QCOMPARE(judge(refused, good, "cluster_certificate"), std::string{"ok"});
    QCOMPARE(judge(probeOf("", "proxy.example"), refused, "cluster_port"), std::string{"warn"}); // something in between ends TLS
    QCOMPARE(judge(probeOf(replication::kPerformanceProtocol, "proxy.example"), refused, "cluster_certificate"), std::string{"fail"});
    auto skewed = good;
    skewed.chain.front().notBefore = kNow + hours{1};
    QCOMPARE(judge(refused, skewed, "cluster_certificate"), std::string{"fail"});
}

void TestPreflight::tokensAreChecked_data()
{
    QTest::addColumn<QString>("claims");
    QTest::addColumn<int>("status");
    QTest::addColumn<QString>("check");
    QTest::addColumn<QString>("level");
    const QString good = R"({"type":"wrapping","exp":1800001000,"nbf":1799999000,"addr":"https://a:1"})";
    const auto with = [&](const char* from, const char* to) { return QString{good}.replace(QString::fromUtf8(from), QString::fromUtf8(to)); };
    QTest::newRow("good") << good << 200 << "token"
                          << "ok";
    QTest::newRow("unused") << good << 200 << "token_use"
                            << "ok";
    QTest::newRow("used") << good << 400 << "token_use"
                          << "fail";
    QTest::newRow("not asked") << good << 0 << "token_use"
                               << "unknown";
    QTest::newRow("ends soon") << with("1800001000", "1800000060") << 200 << "token"
                               << "warn";
    QTest::newRow("expired") << with("1800001000", "1799999999") << 200 << "token"
                             << "fail";
    QTest::newRow("not yet") << with("1799999000", "1800000100") << 200 << "token_time"
                             << "fail";
    QTest::newRow("another address") << with("https://a:1", "https://b:1") << 200 << "token_address"
                                     << "warn";
    QTest::newRow("no address") << with("https://a:1", "") << 200 << "token_address"
                                << "warn";
    QTest::newRow("another kind") << with("wrapping", "other") << 200 << "token"
                                  << "fail";
    QTest::newRow("no token") << QString{} << 200 << "token"
                              << "fail";
}

void TestPreflight::tokensAreChecked()
{
    QFETCH(QString, claims);
    QFETCH(int, status);
    QFETCH(QString, check);
    QFETCH(QString, level);
    const auto lookup = status == 0 ? ApiFacts{} : answered(R"({"data":{"creation_path":"sys/replication/dr/primary/secondary-token"}})", status);
    Findings findings;
    checkToken(claims.toStdString(), "https://a:1", lookup, kNow, findings);
    QCOMPARE(QString::fromStdString(levelOf(findings, check.toStdString())), level);
}

void TestPreflight::freeSpaceIsChecked()
{
    const auto level = [](std::uint64_t freeBytes, std::optional<std::uint64_t> needed) {
        Findings findings;
        checkRoom(freeBytes, needed, findings);
        return levelOf(findings, "storage_room");
    };
    constexpr std::uint64_t gib = 1ull << 30;
    QCOMPARE(level(10 * gib, std::nullopt), std::string{"ok"});
    QCOMPARE(level(10 * gib, 4 * gib), std::string{"ok"});
    QCOMPARE(level(10 * gib, 6 * gib), std::string{"warn"});
    QCOMPARE(level(10 * gib, 11 * gib), std::string{"fail"});
    QCOMPARE(level(gib / 2, std::nullopt), std::string{"warn"});
    QCOMPARE(level(1000, std::nullopt), std::string{"fail"});
}

void TestPreflight::foreignTextIsMadePrintable()
{
    QCOMPARE(shownText("a\nb\"c\x1b[0m"), std::string{"\"a?b?c?[0m\""});
    QCOMPARE(shownText(std::string(1000, 'x')).size(), std::size_t{122});
}

/// The class: a state travels as text, so a misspelt word, or one that another cluster made up, becomes a state. It could occur in each field that
/// another cluster sends. What holds: the text is converted in one place, and every word that is not known means Unknown.
void TestPreflight::levelsHaveOneConversion()
{
    using Level = Finding::Level;
    for (const auto level : {Level::Ok, Level::Warn, Level::Fail, Level::Unknown}) QVERIFY(levelFromWire(toString(level)) == level);
    for (const char* word : {"", "OK", "warning", "ok ", "failed"}) QVERIFY2(levelFromWire(word) == Level::Unknown, word);
}

void TestPreflight::theWorstLevelIsTheResult()
{
    using Level = Finding::Level;
    const auto worst = [](std::initializer_list<Level> levels) {
        Findings findings;
        for (const auto level : levels) findings.push_back({"a check", level, "", ""});
        return worstOf(findings);
    };
    QVERIFY(worst({}) == Level::Ok);
    QVERIFY(worst({Level::Ok, Level::Unknown}) == Level::Ok);
    QVERIFY(worst({Level::Ok, Level::Warn, Level::Unknown}) == Level::Warn);
    QVERIFY(worst({Level::Warn, Level::Fail, Level::Ok}) == Level::Fail);
}

QTEST_APPLESS_MAIN(TestPreflight)
#include "tst_preflight.moc"
