#include <QtTest>

#include "core/replication/wire/batch.h"
#include "core/replication/promotion/log_tail.h"
#include "core/replication/promotion/preview.h"
#include "tests/core/replication/test_store.h"

using namespace core::replication;
using namespace testing;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// What a promotion would lose: the arithmetic, and what a secondary's log says about its primary's.
class TestPreview : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void theBoundUsesTheReportsOfAllMembers();
    void thereIsNoBoundForInconsistentData();
    void timeIsBoundByTheLastProofOfEquality();
    void entriesOfASilentPrimaryAreEstimatedByItsRate();
    void adviceFollowsFromWhatIsKnown();
    void namesTheEntriesAfterThePlace();
    void givesAReasonWhenTheLogCannotTell_data();
    void givesAReasonWhenTheLogCannotTell();
    void findsAPlaceFarBack();
    void recordsComeInChunksInOrder();
    void aSalvagedPositionKeepsItsPlace();
};

namespace {

constexpr const char* kLog = "log-of-the-primary";
const WallTime kNow{seconds{1'800'000'000}};

/// A secondary's store. Batches of the primary's log are applied to it as the link applies them.
struct Follower {
    TestStore store{"own"};
    Position position;

    void apply(std::uint64_t through, std::vector<log::Operation> operations, const char* logId = kLog)
    {
        position.logId = logId;
        position.index = LogIndex{through};
        position.appliedAt = kNow + seconds{through};
        operations.push_back({log::OperationKind::Put, Position::key(Type::Performance), position.encode(), {}, {}});
        store.write(std::move(operations));
    }
    Result<LogTail> beyond(std::uint64_t index, std::size_t recordBytes = 0) const
    {
        return readLogTail(store, Type::Performance, position, {.logId = kLog, .index = LogIndex{index}, .recordBytes = recordBytes});
    }
};

LossFacts quietFacts()
{
    LossFacts facts;
    facts.now = kNow;
    facts.isConsistent = true;
    facts.held = LogIndex{100};
    facts.seen = LogIndex{100};
    facts.heardAt = kNow - seconds{20};
    facts.heldUntil = kNow - seconds{21};
    return facts;
}

} // namespace

void TestPreview::theBoundUsesTheReportsOfAllMembers()
{
    auto facts = quietFacts();
    QCOMPARE(boundOf(facts).entriesKnown, std::uint64_t{0});
    facts.seen = LogIndex{107};
    QCOMPARE(boundOf(facts).entriesKnown, std::uint64_t{7});
    facts.held = LogIndex{110}; // salvaged from a member that was further than any other knows
    QCOMPARE(boundOf(facts).entriesKnown, std::uint64_t{0});
}

void TestPreview::thereIsNoBoundForInconsistentData()
{
    auto facts = quietFacts();
    facts.isConsistent = false;
    const auto bound = boundOf(facts);
    QVERIFY(!bound.isKnown && !bound.time && !bound.timeAtMost);
}

void TestPreview::timeIsBoundByTheLastProofOfEquality()
{
    auto facts = quietFacts();
    auto bound = boundOf(facts);
    QVERIFY(bound.timeAtMost == milliseconds{21'000});
    QVERIFY(bound.time == milliseconds{2'000}); // a second between proof and last heartbeat, and one more until the next would have arrived
    facts.heldUntil.reset();
    bound = boundOf(facts);
    QVERIFY(bound.isKnown && !bound.time && !bound.timeAtMost);
    facts = quietFacts();
    facts.isPrimaryAlive = true;
    bound = boundOf(facts);
    QVERIFY(!bound.time && bound.timeAtMost == milliseconds{21'000});
    facts = quietFacts();
    facts.heardAt = facts.now; // heard by a member just now, so the limit is now
    QVERIFY(boundOf(facts).time == milliseconds{21'000});
}

void TestPreview::entriesOfASilentPrimaryAreEstimatedByItsRate()
{
    auto facts = quietFacts();
    facts.entriesPerSecond = 2.5;
    QCOMPARE(boundOf(facts).entriesUnheard, std::uint64_t{3});
    facts.isPrimaryAlive = true;
    QCOMPARE(boundOf(facts).entriesUnheard, std::uint64_t{50});
    facts.heardAt = {};
    QCOMPARE(boundOf(facts).entriesUnheard, std::uint64_t{0});
}

void TestPreview::adviceFollowsFromWhatIsKnown()
{
    const auto has = [](const std::vector<std::string>& steps, const char* text) {
        return std::ranges::any_of(steps, [&](const auto& step) { return step.find(text) != std::string::npos; });
    };
    PreviewAdvice advice;
    advice.isConsistent = true;
    advice.salvageable = 3;
    advice.salvageFrom = "near";
    advice.followers = {"near", "edge"};
    advice.others = {"far"};
    auto steps = nextSteps(advice);
    QVERIFY(has(steps, "dr/secondary/salvage") && !has(steps, "still seen alive") && !has(steps, "copies of the old primary"));
    // Each member is in one sentence: it follows by itself, or it needs a token.
    QVERIFY(has(steps, "follow this cluster by themselves, within a minute: near, edge.") && has(steps, "no right to succeed in their set: far."));
    advice.copies = {"standby"};
    QVERIFY(has(nextSteps(advice), "do not follow this cluster: standby."));
    advice.isPrimaryAlive = advice.isLinkUp = true;
    steps = nextSteps(advice);
    QVERIFY(has(steps, "still seen alive") && !has(steps, "dr/secondary/salvage"));
    advice.type = Type::Performance;
    advice.betterCandidate = "near";
    advice.isConsistent = false;
    advice.silent = 2;
    steps = nextSteps(advice);
    QVERIFY(!has(steps, "Upgrade first"));
    advice.older = {"the member \"north\" runs Holdfast 0.1.0", "the primary runs a Holdfast older than 0.2.0"};
    advice.program = "0.3.0";
    QVERIFY(has(
        nextSteps(advice),
        "The member \"north\" runs Holdfast 0.1.0; the primary runs a Holdfast older than 0.2.0; this cluster runs Holdfast 0.3.0. Upgrade first"));
    QVERIFY(has(steps, "promote that one") && has(steps, "holds more") && has(steps, "Wait until") && has(steps, "2 members do not answer"));
}

void TestPreview::namesTheEntriesAfterThePlace()
{
    Follower follower;
    const TestStore& maker = follower.store;
    follower.apply(10, {maker.put("s/logical/u/a", "1")});
    follower.store.write({maker.put("l/own", "a local write between")});
    follower.apply(14, {maker.put("s/logical/u/b", "2"), maker.put("s/logical/u/c", "3")}); // 11 to 14 in one batch
    follower.apply(15, {maker.put("s/logical/u/a", "4"), maker.erase("s/logical/u/b")});
    const auto at10 = follower.beyond(10);
    QVERIFY(at10 && at10->reaches);
    QCOMPARE(at10->count, std::uint64_t{3});
    QCOMPARE(at10->entries.size(), std::size_t{3});
    QVERIFY(at10->through == LogIndex{15});
    QVERIFY(at10->entries.front().index == LogIndex{15} && at10->entries.back().index == LogIndex{14});
    QVERIFY(at10->entries.back().at == kNow + seconds{14} && at10->oldest == kNow + seconds{14} && at10->newest == kNow + seconds{15});
    for (const auto& entry : at10->entries) {
        QCOMPARE(entry.isErased, entry.key == "s/logical/u/b");
        QVERIFY(!entry.key.starts_with("l/"));
    }
    QCOMPARE(follower.beyond(12)->count, std::uint64_t{3}); // a batch over the place is named whole
    QCOMPARE(follower.beyond(14)->count, std::uint64_t{2});
    QVERIFY(follower.beyond(15)->reaches && follower.beyond(15)->count == 0);
    QVERIFY(follower.beyond(99)->reaches && follower.beyond(99)->count == 0);
}

void TestPreview::givesAReasonWhenTheLogCannotTell_data()
{
    QTest::addColumn<QString>("what");
    QTest::newRow("the log begins later") << "short";
    QTest::newRow("another log") << "other";
    QTest::newRow("a reconciliation in between") << "reset";
    QTest::newRow("one that is not over") << "unfinished";
    QTest::newRow("another log in between") << "between";
}

void TestPreview::givesAReasonWhenTheLogCannotTell()
{
    QFETCH(QString, what);
    Follower follower;
    const TestStore& maker = follower.store;
    if (what != "short") follower.apply(5, {maker.put("s/x", "0")});
    if (what == "reset") follower.apply(0, {maker.put("s/y", "0")}, "");
    if (what == "between") follower.apply(3, {maker.put("s/y", "0")}, "another");
    follower.apply(8, {maker.put("s/z", "0")});
    if (what == "other") follower.position.logId = "another";
    if (what == "unfinished") follower.position.consistentFrom = LogIndex{9};
    const auto beyond = follower.beyond(6);
    QVERIFY(beyond);
    QVERIFY(!beyond->reaches);
    QVERIFY(!beyond->reason.empty() && beyond->entries.empty() && beyond->count == 0);
}

void TestPreview::findsAPlaceFarBack()
{
    Follower follower;
    const TestStore& maker = follower.store;
    for (std::uint64_t at = 1; at <= 3000; ++at) {
        follower.apply(at, {maker.put("s/logical/u/" + std::to_string(at), "v")});
        if (at % 3 == 0) follower.store.write({maker.put("l/own", std::to_string(at))});
    }
    for (const std::uint64_t place : {1u, 2u, 1500u, 2935u, 2936u, 2999u}) {
        const auto beyond = follower.beyond(place);
        QVERIFY(beyond && beyond->reaches);
        QCOMPARE(beyond->count, 3000 - place);
    }
}

void TestPreview::recordsComeInChunksInOrder()
{
    Follower follower;
    const TestStore& maker = follower.store;
    for (std::uint64_t at = 1; at <= 100; ++at) {
        follower.apply(at, {maker.put("s/logical/u/" + std::to_string(at), std::string(1000, 'v')), maker.put("l/own", "x")});
    }
    std::uint64_t place = 40;
    std::vector<std::string> keys;
    for (int chunks = 1;; ++chunks) {
        const auto beyond = follower.beyond(place, 10'000);
        QVERIFY(beyond && beyond->reaches);
        const auto frame = readRecords(beyond->records);
        QVERIFY(frame);
        QVERIFY(frame->through == beyond->through && frame->through.value() > place);
        frame->operations.forEach([&](const log::OperationView& operation) { keys.emplace_back(operation.key); });
        place = frame->through.value();
        if (!beyond->isLast) continue;
        QVERIFY(chunks > 3);
        break;
    }
    QCOMPARE(place, std::uint64_t{100});
    QCOMPARE(keys.size(), std::size_t{60});
    for (std::size_t at = 0; at < keys.size(); ++at) QCOMPARE(keys[at], "s/logical/u/" + std::to_string(41 + at));
}

void TestPreview::aSalvagedPositionKeepsItsPlace()
{
    const Position position{kLog, LogIndex{40}, LogIndex{30}, LogIndex{39}, Epoch{2}};
    const Position first = position.salvaged(LogIndex{60}, true);
    const Position second = Position::decode(first.salvaged(LogIndex{70}, true).encode()).value();
    QVERIFY(first.isSalvaged() && second.isSalvaged() && !position.isSalvaged());
    QCOMPARE(second.primaryLogId(), std::string{kLog});
    QVERIFY(second.logId != kLog && second.isConsistent());
    const Position part = first.salvaged(LogIndex{70}, false);
    QVERIFY(part.isSalvaged() && part.isSalvagedInPart() && !second.isSalvagedInPart());
    QVERIFY(part.sharedThrough() == LogIndex{40} && second.sharedThrough() == LogIndex{70} && position.sharedThrough() == LogIndex{40});
    QCOMPARE(part.primaryLogId(), std::string{kLog});
    QVERIFY(second.index == LogIndex{70} && second.consistentFrom == LogIndex{40} && second.epoch == Epoch{2});
}

QTEST_APPLESS_MAIN(TestPreview)
#include "tst_preview.moc"
