#include "core/barrier/keyring.h"
#include "core/lease/lease_index.h"
#include "core/lease/lease_manager.h"
#include "tests/core/log/faulty_disk.h"

#include <QtTest>

using namespace core;
using namespace std::chrono_literals;

// The class: work that is done in rounds stops, loses its place, or continues behind a round that was not committed. It could occur with each kind of
// work of a tick (expiry, endings by path and by request, tidy, the index) and each reason to stop (the bound of a tick, a conflict, the disk). What
// holds: a tick is bounded, the next one continues, and what must be refused is refused in between.
class TestLeaseManager : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void tokensEndAtTheirTime();
    void aTickIsBounded();
    void renewalsWin();
    void aFailedDiskLosesNothing_data();
    void aFailedDiskLosesNothing();
    void conflictsSkipNothing_data();
    void conflictsSkipNothing();
    void tidyGoesThroughEverything();
    void oneTidyRunsAtATime();

private:
    void endOnAFailingDisk(int way, int& failures);
};

namespace {

template<class T>
T valueOf(Result<T> result)
{
    if (!result) qFatal("%s", toString(result.error()).c_str());
    return std::move(*result);
}
void check(const Result<>& result)
{
    if (!result) qFatal("%s", toString(result.error()).c_str());
}

/// A clock that can do something else first, once.
class HookClock final : public Clock {
public:
    WallTime now() const override
    {
        if (const auto hook = std::exchange(beforeNow, nullptr)) hook();
        return fake.now();
    }
    SteadyTime steadyNow() const override { return fake.steadyNow(); }
    FakeClock fake;
    mutable std::function<void()> beforeNow;
};

/// A token store with its leases, on a disk that can fail.
class LeaseStack {
public:
    LeaseStack()
    {
        barrier.unseal(barrier::Keyring::create(random, clock.now()));
        lease::indexTokenLeases(tokens);
        write([](const barrier::Scope& scope) { check(lease::markComplete(scope)); });
    }
    ~LeaseStack() { store->stop(); }

    void write(const std::function<void(const barrier::Scope&)>& step)
    {
        auto transaction = store->begin();
        step({transaction, barrier, {}});
        (void)valueOf(store->commitAndWait(std::move(transaction)));
    }
    template<class Step>
    auto inspect(Step step)
    {
        auto transaction = store->begin();
        return step(barrier::Scope{transaction, barrier, {}});
    }
    std::vector<token::TokenEntry> login(std::size_t count, std::chrono::seconds ttl, const std::string& path = "auth/up/login/ann")
    {
        std::vector<token::TokenEntry> made;
        while (made.size() < count) {
            write([&](const barrier::Scope& scope) {
                for (int at = 0; at < 200 && made.size() < count; ++at) {
                    token::TokenEntry draft;
                    draft.createdAt = draft.issuedAt = clock.now();
                    draft.expiresAt = clock.now() + ttl;
                    draft.path = path;
                    made.push_back(valueOf(tokens.create(scope, draft)));
                }
            });
        }
        return made;
    }
    std::string saltedId(const token::TokenEntry& entry)
    {
        return inspect([&](const auto& scope) { return valueOf(tokens.saltedId(scope, entry.id)); });
    }
    /// Changes the token's row, and moves its end if `ttl` is given.
    void renew(const token::TokenEntry& entry, std::chrono::seconds ttl)
    {
        write([&](const barrier::Scope& scope) {
            const auto salted = valueOf(tokens.saltedId(scope, entry.id));
            const auto before = valueOf(tokens.findBySaltedId(scope, salted, WallTime{}));
            auto after = *before;
            after.issuedAt += 1ns;
            after.expiresAt += ttl;
            check(tokens.replace(scope, salted, *before, after));
        });
    }
    bool isValid(const token::TokenEntry& entry)
    {
        return inspect([&](const auto& scope) { return valueOf(tokens.check(scope, entry.id, clock.now())) != nullptr; });
    }
    std::size_t keyCount(const std::string& folder) const
    {
        std::size_t count = 0;
        check(store->reader().scan(folder, storage::endOfPrefix(folder), [&](auto, auto) { return ++count, true; }));
        return count;
    }
    std::size_t tokenCount() const { return keyCount("l/sys/token/id/"); }
    /// Ticks until a tick succeeds and writes nothing. Returns how many wrote something.
    std::size_t tickUntilDone()
    {
        for (std::size_t count = 0;; ++count) {
            const auto keys = leases.tick();
            if (!keys && keys.error().code != ErrorCode::Conflict) qFatal("%s", toString(keys.error()).c_str());
            if (keys && *keys == 0) return count;
        }
    }

    testing_log::Power power;
    testing_log::FaultyFileSystem files{power};
    HookClock clock;
    SeededRandom random{1};
    std::unique_ptr<log::Store> store =
        valueOf(log::Store::open(std::make_unique<storage::MemoryEngine>(), files, clock, random, {.directory = "/log"}));
    barrier::Barrier barrier{random};
    token::TokenStore tokens{random};
    std::vector<std::size_t> commits; // the number of keys of each
    std::unique_ptr<log::Subscription> changedKeys = store->subscribeToKeys([this](const log::ChangedKeys& keys) {
        commits.push_back(0);
        keys.forEach([this](std::string_view) { ++commits.back(); });
        tokens.changed(keys);
    });
    lease::LeaseManager leases{*store, barrier, tokens, clock};
};

} // namespace

void TestLeaseManager::tokensEndAtTheirTime()
{
    LeaseStack stack;
    const auto first = stack.login(1, 10s).front();
    const auto second = stack.login(1, 20s).front();
    stack.clock.fake.advance(10s - 1ns);
    QVERIFY(stack.isValid(first));
    QCOMPARE(valueOf(stack.leases.tick()), std::size_t{0});
    stack.clock.fake.advance(1ns);
    QVERIFY(!stack.isValid(first)); // before the tick
    QCOMPARE(stack.tokenCount(), std::size_t{2});
    QVERIFY(valueOf(stack.leases.tick()) > 0);
    QCOMPARE(stack.tokenCount(), std::size_t{1});
    QVERIFY(stack.isValid(second));
    stack.clock.fake.advance(10s);
    QVERIFY(valueOf(stack.leases.tick()) > 0);
    for (const auto* folder : {"l/sys/token/id/", "l/sys/token/accessor/", "l/sys/expire/", "l/sys/lease/id/"}) {
        QCOMPARE(stack.keyCount(folder), std::size_t{0});
    }
}

void TestLeaseManager::aTickIsBounded()
{
    LeaseStack stack;
    constexpr std::size_t kPerTick = lease::kRoundsPerTick * 128;
    const auto all = stack.login(kPerTick + 100, 10s);
    stack.clock.fake.advance(10s);
    stack.commits.clear();
    QVERIFY(valueOf(stack.leases.tick()) > 0);
    QCOMPARE(stack.tokenCount(), std::size_t{100});
    QCOMPARE(stack.commits.size(), lease::kRoundsPerTick);
    QVERIFY(std::ranges::max(stack.commits) <= 128 * 10);
    QVERIFY(!stack.isValid(all.back())); // refused, no matter when it is removed
    QCOMPARE(stack.tickUntilDone(), std::size_t{1});
    QCOMPARE(stack.tokenCount(), std::size_t{0});
}

void TestLeaseManager::renewalsWin()
{
    LeaseStack stack;
    const auto token = stack.login(1, 10s).front();
    stack.clock.fake.advance(10s - 1ns);
    const auto renew = [&] { stack.renew(token, 10s); };
    stack.clock.fake.advance(1ns);
    stack.clock.beforeNow = renew; // the tick has begun its transaction, and the renewal commits first
    (void)valueOf(stack.leases.tick());
    QVERIFY(stack.isValid(token));
    QCOMPARE(stack.keyCount("l/sys/expire/"), std::size_t{1});
    stack.clock.fake.advance(10s);
    QCOMPARE(stack.tickUntilDone(), std::size_t{1});
    QCOMPARE(stack.tokenCount(), std::size_t{0});
}

void TestLeaseManager::aFailedDiskLosesNothing_data()
{
    QTest::addColumn<int>("way");
    QTest::newRow("expiry") << 0;
    QTest::newRow("a request") << 1;
    QTest::newRow("a path") << 2;
}

// Ends tokens in that way while each step of the disk fails once. Returns how many ticks failed.
void TestLeaseManager::endOnAFailingDisk(int way, int& failures)
{
    LeaseStack stack;
    const auto ending = stack.login(300, 10s);
    const auto other = stack.login(1, 1h, "auth/other/login").front();
    if (way == 0) stack.clock.fake.advance(10s);
    if (way == 1) stack.leases.requestEnd([](const token::TokenEntry& entry) { return entry.path.starts_with("auth/up/"); });
    if (way == 2) stack.write([&](const barrier::Scope& scope) { check(stack.leases.endBelow(scope, "auth/up", stack.clock.now())); });
    for (std::uint64_t step = 1; stack.tokenCount() > 1; ++step) {
        stack.power.failAfter(step);
        const auto ticked = stack.leases.tick();
        stack.power.restore();
        if (!ticked) {
            ++failures;
            QVERIFY(ticked.error().code == ErrorCode::Io || ticked.error().code == ErrorCode::Unavailable);
            check(stack.store->recover());
        }
        if (way != 1) QVERIFY(!stack.isValid(ending.back()));
        QVERIFY(stack.isValid(other));
        QVERIFY(step < 1'000);
    }
    QVERIFY(stack.tickUntilDone() <= 1);
    QCOMPARE(stack.tokenCount(), std::size_t{1});
    QCOMPARE(stack.keyCount("l/sys/token/path/"), std::size_t{0});
    QVERIFY(stack.isValid(other));
}

void TestLeaseManager::aFailedDiskLosesNothing()
{
    QFETCH(int, way);
    int failures = 0;
    // The store's maintainer, a thread with the system's clock, can meet the failing step in place of the tick. Then the test begins again.
    for (int attempt = 0; attempt < 5 && failures == 0 && !QTest::currentTestFailed(); ++attempt) endOnAFailingDisk(way, failures);
    QVERIFY(failures > 0);
}

void TestLeaseManager::conflictsSkipNothing_data()
{
    QTest::addColumn<int>("conflicts");
    QTest::newRow("one") << 1;
    QTest::newRow("more than a round tries") << 100;
}

// The class: after many conflicts in a row a round gives up without an error, and the work continues with the next one. Tokens of the first round then
// stayed valid. It occurred with the endings by request and by path, and with tidy. A round that was not committed is now an error.
void TestLeaseManager::conflictsSkipNothing()
{
    QFETCH(int, conflicts);
    LeaseStack stack;
    const auto ending = stack.login(200, 1h);
    int left = conflicts;
    int attempts = 0;
    stack.leases.requestEnd([&](const token::TokenEntry&) {
        if (attempts++ % 128 == 0 && left > 0) { // once per attempt: somebody else changes the first tokens
            --left;
            stack.renew(ending[0], 0s);
            for (const auto& each : ending) stack.renew(each, 0s);
        }
        return true;
    });
    QCOMPARE(stack.leases.tick().has_value(), conflicts == 1);
    (void)stack.tickUntilDone();
    QCOMPARE(left, 0);
    QCOMPARE(stack.tokenCount(), std::size_t{0});
    for (const auto& each : ending) QVERIFY(!stack.isValid(each));
}

// The class: a bound per call ends work for good, because the place where it stopped is not kept. Here a tidy looked at the first 8,192 tokens only, no
// matter how often it was started. It could occur with each use of kRoundsPerTick: the index stores its place, and the other kinds remove what they
// have seen, so that their next round begins behind it.
void TestLeaseManager::tidyGoesThroughEverything()
{
    LeaseStack stack;
    const auto all = stack.login(lease::kRoundsPerTick * 128 + 200, 1h);
    stack.write([&](const barrier::Scope& scope) { // what an old fault left: accessors without a token
        for (std::size_t at = 0; at < all.size(); at += 8)
            check(scope.local("sys/token/id/").erase(valueOf(stack.tokens.saltedId(scope, all[at].id))));
    });
    QVERIFY(stack.leases.requestTidy());
    (void)valueOf(stack.leases.tick());
    QVERIFY(stack.keyCount("l/sys/token/accessor/") > stack.tokenCount()); // it has not come to the end
    QVERIFY(!stack.leases.requestTidy());                                  // it still runs
    (void)valueOf(stack.leases.tick());
    QCOMPARE(stack.keyCount("l/sys/token/accessor/"), stack.tokenCount());
    QVERIFY(stack.leases.requestTidy()); // it is over
}

void TestLeaseManager::oneTidyRunsAtATime()
{
    LeaseStack stack;
    (void)stack.login(10, 1h);
    QVERIFY(stack.leases.requestTidy());
    QVERIFY(!stack.leases.requestTidy());
    QCOMPARE(valueOf(stack.leases.tick()), std::size_t{0}); // there is nothing to remove
    QVERIFY(stack.leases.requestTidy());
}

QTEST_GUILESS_MAIN(TestLeaseManager)
#include "tst_lease_manager.moc"
