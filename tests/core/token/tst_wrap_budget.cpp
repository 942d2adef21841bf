#include "core/token/wrap_budget.h"

#include <QtTest>

using namespace core;
using namespace core::token;
using namespace std::chrono_literals;

/// The class: data that every token can store has no bound. It could occur at every path that the policy `default` opens: wrapping (here), cubbyhole
/// (bounded per token by a stored count), child tokens (need another policy). What holds: one token leaves a bounded number of bytes behind. Answers
/// that were read or have expired do not count.
class TestWrapBudget : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void isUsedUpAndGivenBack();
    void endsWithTheTimeToLive();
    void tokensAreCountedApart();
    void forgetsTokens();
    void manyTimesToLiveTakeLittleMemory();
};

namespace {

constexpr std::size_t kQuarter = WrapBudget::kBytesMax / 4 - WrapBudget::kBytesEach;
constexpr WallTime kNow{1'700'000'000s};

} // namespace

void TestWrapBudget::isUsedUpAndGivenBack()
{
    WrapBudget budget;
    for (int at = 0; at < 4; ++at) {
        QVERIFY(budget.hasRoom("a", kQuarter, kNow));
        budget.take("a", kQuarter, kNow, 1h);
    }
    QVERIFY(!budget.hasRoom("a", 0, kNow));
    budget.giveBack("a", kQuarter, kNow, 1h);
    QVERIFY(budget.hasRoom("a", kQuarter, kNow));
    QVERIFY(!budget.hasRoom("a", kQuarter + 1, kNow));
    for (int at = 0; at < 10; ++at) budget.giveBack("a", kQuarter, kNow, 1h); // more than was taken, after a retried transaction
    QVERIFY(budget.hasRoom("a", 4 * kQuarter, kNow));
    QCOMPARE(budget.creatorCount(), std::size_t{0});
}

void TestWrapBudget::endsWithTheTimeToLive()
{
    WrapBudget budget;
    budget.take("a", WrapBudget::kBytesMax, kNow, 1h);
    QVERIFY(!budget.hasRoom("a", 1, kNow + 1h - 1s));
    QVERIFY(budget.hasRoom("a", 1, kNow + 1h + 15min));
    budget.take("b", WrapBudget::kBytesMax, kNow, 1s);
    QVERIFY(budget.hasRoom("b", 1, kNow + 3min));
}

void TestWrapBudget::tokensAreCountedApart()
{
    WrapBudget budget;
    budget.take("a", WrapBudget::kBytesMax, kNow, 1h);
    QVERIFY(!budget.hasRoom("a", 1, kNow));
    QVERIFY(budget.hasRoom("b", 1, kNow));
    budget.giveBack("b", 100, kNow, 1h); // never took anything
    QVERIFY(!budget.hasRoom("a", 1, kNow));
}

void TestWrapBudget::forgetsTokens()
{
    WrapBudget budget;
    for (int at = 0; at < 1000; ++at) budget.take(std::to_string(at), 1, kNow, 1min);
    QCOMPARE(budget.creatorCount(), std::size_t{1000});
    QVERIFY(budget.hasRoom("other", 1, kNow + 1h));
    QCOMPARE(budget.creatorCount(), std::size_t{0});
}

void TestWrapBudget::manyTimesToLiveTakeLittleMemory()
{
    // Every second of 32 days as a time to live. Without rounding, each would be counted separately, 2,764,800 of them.
    WrapBudget budget;
    for (std::int64_t ttl = 1; ttl < 32 * 24 * 3600; ttl += 37) budget.take("a", 1, kNow, std::chrono::seconds{ttl});
    QElapsedTimer timer;
    timer.start();
    for (int at = 0; at < 10'000; ++at) QVERIFY(budget.hasRoom("a", 1, kNow));
    QVERIFY(timer.elapsed() < 2'000); // adds up about 150 numbers each time
}

QTEST_GUILESS_MAIN(TestWrapBudget)
#include "tst_wrap_budget.moc"
