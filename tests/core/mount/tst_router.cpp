#include "core/mount/backend_registry.h"
#include "core/mount/router.h"

#include <QtTest>

using namespace core;
using namespace core::mount;

class TestRouter : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void mountsLiveUntilAllHaveHeard();
};

namespace {

struct HeardKeys {
    std::function<void()> unmountAll;
    std::vector<std::weak_ptr<const MountRoute>> routes;
    int count = 0;
    int goneCount = 0;
};

class Listening final : public Backend {
public:
    explicit Listening(HeardKeys& told) : m_told{told} {}
    Result<Response> handle(const Request&, Context&) override { return Response{}; }
    void invalidate(std::string_view) override
    {
        HeardKeys& told = m_told; // this object can be destroyed below
        ++told.count;
        told.unmountAll();
        for (const auto& route : told.routes) told.goneCount += route.expired() ? 1 : 0;
    }

private:
    HeardKeys& m_told;
};

} // namespace

/// The class: a loop walks a table that only a temporary owned, and a change of the table frees it under the loop. It could occur at each table that
/// is replaced as a whole while others read it: mounts, audit devices, roles (tst_architecture checks every loop for that). What holds: the loop over
/// the mounts owns the table until it ends. The change comes from a backend here, and not from another thread, so that it always comes at the same
/// moment.
void TestRouter::mountsLiveUntilAllHaveHeard()
{
    HeardKeys told;
    BackendRegistry registry;
    registry.add(TableKind::Secrets, "listening", {.make = [&](const MountEntry&) { return std::make_shared<Listening>(told); }});
    Router router{registry, {}};
    std::vector<MountEntry> entries;
    for (const std::string name : {"a", "b", "c"}) {
        MountEntry entry;
        entry.path = name + '/';
        entry.type = "listening";
        entry.uuid = "uuid-" + name;
        entries.push_back(std::move(entry));
    }
    router.set(entries, {});
    for (const auto& entry : entries) told.routes.emplace_back(router.find(entry.path));
    told.unmountAll = [&] { router.set({}, {}); };
    router.invalidateAll();
    QCOMPARE(told.goneCount, 0);
    QCOMPARE(told.count, 3);
    QVERIFY(told.routes.front().expired());
}

QTEST_GUILESS_MAIN(TestRouter)
#include "tst_router.moc"
