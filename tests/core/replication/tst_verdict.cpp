#include <QtTest>

#include "core/replication/wire/program_version.h"
#include "core/replication/peers/rate.h"
#include "core/replication/peers/readiness.h"
#include "core/replication/peers/link_verdict.h"

using namespace core;
using namespace core::replication;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// Verdicts on a link and on a DR pair follow from facts alone.
class TestVerdict : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void eachStateHasItsFacts_data();
    void eachStateHasItsFacts();
    void aRefusalBringsItsNextStep();
    void worseFactsWin();
    void theHorizonIsTheRestOfTheLog();
    void theHorizonEndsWithAge();
    void ratesForgetOldDataAndDetectStandstill();
    void readinessNamesWhatIsMissing();
    void versionsCompareByNumber();
};

namespace {

LinkFacts healthyFacts()
{
    LinkFacts facts;
    facts.isConnected = facts.wasEverConnected = facts.isInSync = facts.isOtherEndKnown = true;
    facts.heardAge = milliseconds{800};
    facts.lag = milliseconds{1200};
    return facts;
}

LinkFacts factsOf(const QString& name)
{
    LinkFacts facts = healthyFacts();
    if (name == "no connection") facts.isConnected = false;
    if (name == "no connection to the primary") facts.isConnected = false, facts.isToPrimary = true;
    if (name == "refused")
        facts.isConnected = false, facts.isToPrimary = true, facts.lastError = "a:1: revoked", facts.lastErrorAdvice = "Get a token.";
    if (name == "never connected") facts.isConnected = facts.wasEverConnected = false;
    if (name == "awaited") facts.isConnected = facts.wasEverConnected = false, facts.isAwaited = true;
    if (name == "activation failed") facts = LinkFacts{}, facts.activationError = "no room";
    if (name == "replaced") facts.replacedByEpoch = 4;
    if (name == "comparing") facts.isReconciling = true;
    if (name == "behind its reconciliation") facts.isInSync = false;
    if (name == "refuses requests here") facts.blockedHere = "file/: No space left on device";
    if (name == "refuses requests there") facts.blockedThere = "file/: No space left on device";
    if (name == "a mount conflict") facts.mountConflict = "secrets engine \"kv/\"";
    if (name == "a contest") facts.contest = "\"b\" says that it has been promoted.", facts.contestNext = "Choose.";
    if (name == "a second primary") facts.otherPrimary = "There are two primaries.", facts.otherPrimaryNext = "Demote one.";
    if (name == "a storage that was put back") facts.olderStorage = "this storage is older than what members hold";
    if (name == "rejects") facts.entriesRejected = 1;
    if (name == "roots differ again and again") facts.rootsDifferent = 2;
    if (name == "silent") facts.heardAge = milliseconds{6000};
    if (name == "no progress") facts.behind = 3, facts.unchangedFor = seconds{16};
    if (name == "a little behind") facts.behind = 3;
    if (name == "far behind") facts.behind = facts.behindBefore = 20'000;
    if (name == "far behind, but nearing") facts.behind = 20'000, facts.behindBefore = 90'000;
    if (name == "old proof") facts.behind = 1, facts.lag = seconds{11};
    if (name == "old proof of an idle set") facts.lag = seconds{11};
    if (name == "ends disagree") facts.otherEnd = "The other end sees no connection.";
    return facts;
}

} // namespace

void TestVerdict::eachStateHasItsFacts_data()
{
    QTest::addColumn<QString>("state");
    QTest::newRow("all is well") << "healthy";
    QTest::newRow("no connection") << "broken";
    QTest::newRow("no connection to the primary") << "broken";
    QTest::newRow("refused") << "broken";
    QTest::newRow("never connected") << "broken";
    QTest::newRow("awaited") << "awaiting";
    QTest::newRow("activation failed") << "broken";
    QTest::newRow("replaced") << "fenced";
    QTest::newRow("comparing") << "catching up";
    QTest::newRow("behind its reconciliation") << "catching up";
    QTest::newRow("refuses requests here") << "blocked";
    QTest::newRow("refuses requests there") << "blocked";
    QTest::newRow("a mount conflict") << "conflict";
    QTest::newRow("a contest") << "contested";
    QTest::newRow("a second primary") << "two primaries";
    QTest::newRow("a storage that was put back") << "older storage";
    QTest::newRow("rejects") << "diverged";
    QTest::newRow("roots differ again and again") << "diverged";
    QTest::newRow("silent") << "stalled";
    QTest::newRow("no progress") << "stalled";
    QTest::newRow("a little behind") << "healthy";
    QTest::newRow("far behind") << "lagging";
    QTest::newRow("far behind, but nearing") << "catching up";
    QTest::newRow("old proof") << "lagging";
    QTest::newRow("old proof of an idle set") << "healthy";
    QTest::newRow("ends disagree") << "lagging";
}

void TestVerdict::eachStateHasItsFacts()
{
    QFETCH(QString, state);
    const LinkVerdict verdict = verdictOf(factsOf(QString::fromUtf8(QTest::currentDataTag())));
    QCOMPARE(QString::fromStdString(verdict.state), state);
    QVERIFY(!verdict.cause.empty() && !verdict.nextStep.empty());
    QCOMPARE(verdict.level == 0, state == "healthy");
}

void TestVerdict::aRefusalBringsItsNextStep()
{
    const auto refused = verdictOf(factsOf("refused"));
    QVERIFY(refused.cause.find("a:1: revoked") != std::string::npos);
    QCOMPARE(refused.nextStep, std::string{"Get a token."});
    // An end is not sent to look at itself.
    const auto away = verdictOf(factsOf("no connection to the primary"));
    QVERIFY(away.nextStep.find("that the primary runs") != std::string::npos && away.nextStep.find("that the secondary runs") == std::string::npos);
    QVERIFY(verdictOf(factsOf("no connection")).nextStep.find("that the secondary runs") != std::string::npos);
}

void TestVerdict::worseFactsWin()
{
    LinkFacts facts = factsOf("far behind");
    facts.rootsDifferent = 5;
    QCOMPARE(verdictOf(facts).state, std::string{"diverged"});
    facts.isConnected = false;
    QCOMPARE(verdictOf(facts).state, std::string{"broken"});
    facts.otherPrimary = "the secondary may follow that one";
    QCOMPARE(verdictOf(facts).state, std::string{"two primaries"});
    facts.contest = "two cannot both lead"; // it may be the reason why there is no connection
    QCOMPARE(verdictOf(facts).state, std::string{"contested"});
    facts.olderStorage = "nobody is served";
    QCOMPARE(verdictOf(facts).state, std::string{"older storage"});
    facts.replacedByEpoch = 0;
    QCOMPARE(verdictOf(facts).state, std::string{"fenced"});
}

void TestVerdict::theHorizonIsTheRestOfTheLog()
{
    HorizonFacts facts{.applied = LogIndex{1000},
                       .secondary = LogIndex{900},
                       .oldest = LogIndex{1},
                       .logBytes = 100'000,
                       .retentionBytes = 200'000,
                       .entriesPerSecond = 10};
    // At 100 bytes an entry, 2,000 entries fit. 100 are used, and ten a second arrive.
    QVERIFY(horizonOf(facts) == milliseconds{190'000});
    facts.entriesPerSecond = 0;
    QVERIFY(!horizonOf(facts));
    facts.entriesPerSecond = 10;
    facts.isConnected = true;
    QVERIFY(!horizonOf(facts));
    facts.oldest = LogIndex{902};
    QVERIFY(horizonOf(facts) == milliseconds{0});
    facts.oldest = LogIndex{901}; // the log still has the next record that it needs
    QVERIFY(horizonOf(facts) != milliseconds{0});
    facts.secondary = facts.applied;
    facts.oldest = LogIndex{1001};
    QVERIFY(horizonOf(facts) != milliseconds{0});
}

void TestVerdict::theHorizonEndsWithAge()
{
    HorizonFacts facts{.applied = LogIndex{10}, .secondary = LogIndex{10}, .oldest = LogIndex{1}, .retentionAge = hours{24}};
    facts.silentFor = hours{23};
    QVERIFY(horizonOf(facts) == milliseconds{hours{1}});
    facts.silentFor = hours{25};
    QVERIFY(horizonOf(facts) == milliseconds{0});
    facts.isConnected = true;
    QVERIFY(!horizonOf(facts));
}

void TestVerdict::ratesForgetOldDataAndDetectStandstill()
{
    Rate rate{seconds{100}};
    const SteadyTime start{seconds{1000}};
    QCOMPARE(rate.perSecond(), 0.0);
    for (unsigned at = 0; at <= 50; ++at) rate.add(start + seconds{at}, at * 10);
    QCOMPARE(rate.perSecond(), 10.0);
    QCOMPARE(rate.growth(), std::uint64_t{500});
    for (unsigned at = 51; at <= 151; ++at) rate.add(start + seconds{at}, 500);
    QCOMPARE(rate.perSecond(), 0.0);
    QVERIFY(rate.unchangedFor() >= seconds{100});
    rate.add(start + seconds{152}, 3); // the counter begins again: another log
    QCOMPARE(rate.growth(), std::uint64_t{0});
    QVERIFY(rate.unchangedFor() == seconds{0});
}

void TestVerdict::readinessNamesWhatIsMissing()
{
    PairFacts facts;
    facts.now = WallTime{hours{24 * 20'000}};
    const auto level = [&facts](const char* name) {
        for (const auto& fact : readinessOf(facts)) {
            if (fact.fact == name) return std::string{toString(fact.level)};
        }
        return std::string{"missing"};
    };
    QCOMPARE(level("lag"), std::string{"fail"});
    QCOMPARE(level("roots"), std::string{"unknown"});
    QCOMPARE(level("operation_token"), std::string{"unknown"});
    QCOMPARE(level("versions"), std::string{"unknown"});
    QCOMPARE(level("snapshot"), std::string{"warn"});
    QCOMPARE(level("drill"), std::string{"unknown"});
    facts.isConnected = facts.isSecondaryKnown = true;
    facts.lag = milliseconds{500};
    facts.equalIndex = LogIndex{7};
    facts.operationTokenCount = 1;
    facts.primaryVersion = "1.2.0";
    facts.secondaryVersion = "1.2";
    facts.snapshotProvenAt = facts.now - hours{5};
    facts.drillTime = "2026-01-01T00:00:00Z";
    facts.drillState = "succeeded";
    for (const auto& fact : readinessOf(facts)) {
        QVERIFY2(fact.level == ReadinessFact::Level::Ok && fact.nextStep.empty(), fact.fact.c_str());
    }
    QCOMPARE(level("members"), std::string{"ok"});
    facts.olderMembers = {"the member \"north\" runs Holdfast 1.1.0"}; // of neither end of the pair, but the whole set waits for it
    QCOMPARE(level("members"), std::string{"warn"});
    QVERIFY(readinessOf(facts)[4].detail.starts_with("The member \"north\" runs Holdfast 1.1.0."));
    facts.operationTokenCount = 0;
    QCOMPARE(level("operation_token"), std::string{"warn"});
    facts.isTokenGenerationClosed = true; // then nobody could promote it
    QCOMPARE(level("operation_token"), std::string{"fail"});
    facts.secondaryVersion = "1.1.9";
    facts.snapshotProvenAt = facts.now - hours{24 * 8};
    facts.drillState = "failed";
    facts.lag = seconds{20};
    QCOMPARE(level("versions"), std::string{"fail"});
    QCOMPARE(level("snapshot"), std::string{"warn"});
    QCOMPARE(level("drill"), std::string{"warn"});
    QCOMPARE(level("roots"), std::string{"warn"});
    QCOMPARE(level("lag"), std::string{"ok"}); // nothing is missing
}

void TestVerdict::versionsCompareByNumber()
{
    QCOMPARE(compareVersions("0.10.0", "0.9.1"), 1);
    QCOMPARE(compareVersions("1.2", "1.2.0"), 0);
    QCOMPARE(compareVersions("1.2.3-rc1", "1.2.3"), 0);
    QCOMPARE(compareVersions("", "0.1"), -1);
}

QTEST_APPLESS_MAIN(TestVerdict)
#include "tst_verdict.moc"
