#include "tests/core/backend_fixture.h"

#ifndef Q_MOC_RUN
#include "core/mount/mount_maintenance.h"
#endif

#include <QTest>

using namespace core;
using namespace core::mount;
using namespace testing_backend;

class TestMountMaintenance : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void asksEachMountOnceAMinute();
    void asksAgainSoonWhileThereIsMore();
    void oneThatFailsDoesNotStopTheOthers();
    void leavesSharedDataToThePrimary();
    void writesNothingBehindTheCleaner();
};

namespace {

constexpr std::chrono::seconds kInterval = MountMaintenance::kInterval;

/// Stores one row at each call, named by the number of the call.
class Counting final : public Backend {
public:
    Result<Response> handle(const Request&, Context&) override { return Response{}; }
    Result<bool> maintain(Context& context) override
    {
        ++callCount;
        if (failure) return *failure;
        if (auto put = context.storage.put("round/" + std::to_string(callCount), "done"); !put) return put.error();
        return callCount < roundsNeeded;
    }

    int callCount = 0;
    int roundsNeeded = 1;
    std::optional<Error> failure;
};

/// Two shared mounts, "a/" and "b/".
class Maintained : public Fixture {
public:
    Maintained()
    {
        registry.add(TableKind::Secrets, "counting", {.make = [this](const MountEntry& entry) { return entry.path == "a/" ? a : b; }});
        for (const std::string name : {"a", "b"}) {
            auto entry = mountOf(name + '/', "counting");
            entry.uuid = "uuid-" + name;
            store(entry);
            entries.push_back(std::move(entry));
        }
        router.set(entries, {});
    }

    void store(const MountEntry& entry)
    {
        const auto done = inTransaction([&](Context& context) -> Result<Response> {
            if (auto stored = storeMount(*context.system, TableKind::Secrets, entry); !stored) return stored.error();
            return Response{};
        });
        if (!done) qFatal("%s", toString(done.error()).c_str());
    }
    Result<> commit(const std::function<Result<>(const barrier::Scope&)>& work)
    {
        auto done = inTransaction([&](Context& context) -> Result<Response> {
            if (auto worked = work(*context.system); !worked) return worked.error();
            return Response{};
        });
        return done ? Result<>{} : Result<>{done.error()};
    }
    int roundsOf(const std::string& uuid) const
    {
        int count = 0;
        for (const auto& [key, value] : stored()) count += key.starts_with("s/logical/" + uuid + "/round/") ? 1 : 0;
        return count;
    }

    std::shared_ptr<Counting> a = std::make_shared<Counting>(), b = std::make_shared<Counting>();
    BackendRegistry registry;
    Router router{registry, {}};
    std::vector<MountEntry> entries;
    MountMaintenance maintenance{router, clock, random, [this](const auto& work) { return commit(work); }};
};

} // namespace

void TestMountMaintenance::asksEachMountOnceAMinute()
{
    Maintained fixture;
    fixture.maintenance.tick();
    QCOMPARE(fixture.a->callCount, 0);
    for (int round = 1; round <= 2; ++round) {
        fixture.clock.advance(kInterval);
        for (int tick = 0; tick < 3; ++tick) fixture.maintenance.tick();
        QCOMPARE(fixture.a->callCount, round);
        QCOMPARE(fixture.b->callCount, round);
    }
    QCOMPARE(fixture.roundsOf("uuid-a"), 2);
}

void TestMountMaintenance::asksAgainSoonWhileThereIsMore()
{
    Maintained fixture;
    fixture.a->roundsNeeded = 3;
    fixture.clock.advance(kInterval);
    for (int tick = 0; tick < 5; ++tick) fixture.maintenance.tick();
    QCOMPARE(fixture.a->callCount, 3);
    QCOMPARE(fixture.b->callCount, 1);
}

void TestMountMaintenance::oneThatFailsDoesNotStopTheOthers()
{
    Maintained fixture;
    fixture.a->failure = Error{ErrorCode::Corrupt, "a damaged row"};
    fixture.clock.advance(kInterval);
    for (int tick = 0; tick < 3; ++tick) fixture.maintenance.tick();
    QCOMPARE(fixture.a->callCount, 1);
    QCOMPARE(fixture.b->callCount, 1);
    fixture.a->failure.reset();
    fixture.clock.advance(kInterval);
    fixture.maintenance.tick();
    QCOMPARE(fixture.roundsOf("uuid-a"), 1);
}

void TestMountMaintenance::leavesSharedDataToThePrimary()
{
    Maintained fixture;
    fixture.access = {.shared = false, .local = true};
    fixture.clock.advance(kInterval);
    fixture.maintenance.tick();
    QCOMPARE(fixture.a->callCount, 1);
    QCOMPARE(fixture.roundsOf("uuid-a"), 0);
}

void TestMountMaintenance::writesNothingBehindTheCleaner()
{
    Maintained fixture;
    auto tainted = fixture.entries.front();
    tainted.isTainted = true;
    fixture.store(tainted); // the router does not know it yet
    fixture.clock.advance(kInterval);
    fixture.maintenance.tick();
    QCOMPARE(fixture.roundsOf("uuid-a"), 0);
    QCOMPARE(fixture.roundsOf("uuid-b"), 1);
}

QTEST_GUILESS_MAIN(TestMountMaintenance)
#include "tst_mount_maintenance.moc"
