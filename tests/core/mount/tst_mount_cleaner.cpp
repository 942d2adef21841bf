#include "tests/core/backend_fixture.h"

#ifndef Q_MOC_RUN
#include "core/mount/mount_cleaner.h"
#endif

#include <QTest>

using namespace core;
using namespace core::mount;
using namespace testing_backend;

class TestMountCleaner : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void takesTaintedMountsAway_data();
    void takesTaintedMountsAway();
    void leavesSharedMountsToThePrimary();
};

namespace {

/// Stores a mount with this many keys of data.
void add(Fixture& fixture, const std::string& uuid, std::size_t keyCount, bool isTainted, bool isLocal = false)
{
    auto entry = mountOf(uuid + "/", "kv");
    entry.uuid = uuid;
    entry.isTainted = isTainted;
    entry.isLocal = isLocal;
    const auto done = fixture.inTransaction([&](Context& context) -> Result<Response> {
        if (auto stored = storeMount(*context.system, TableKind::Secrets, entry); !stored) return stored.error();
        const auto folder = dataFolder(TableKind::Secrets, entry);
        auto view = isLocal ? context.system->local(folder) : context.system->shared(folder);
        for (std::size_t i = 0; i < keyCount; ++i) {
            if (auto put = view.put("k/" + std::to_string(i), "v"); !put) return put.error();
        }
        return Response{};
    });
    if (!done) qFatal("%s", toString(done.error()).c_str());
}

} // namespace

void TestMountCleaner::takesTaintedMountsAway_data()
{
    QTest::addColumn<int>("keyCount");
    QTest::addColumn<bool>("isLocal");
    QTest::newRow("empty") << 0 << false;
    QTest::newRow("few") << 3 << false;
    QTest::newRow("local") << 3 << true;
    QTest::newRow("just a round") << int(MountCleaner::kKeysPerRound) << false;
    QTest::newRow("several rounds") << int(2 * MountCleaner::kKeysPerRound + 1) << false;
}

void TestMountCleaner::takesTaintedMountsAway()
{
    QFETCH(int, keyCount);
    QFETCH(bool, isLocal);
    Fixture fixture;
    add(fixture, "kept", 2, false);
    const auto before = fixture.stored();
    add(fixture, "gone", std::size_t(keyCount), true, isLocal);
    std::size_t told = 0;
    const auto changedKeys = fixture.store().subscribeToKeys([&](const log::ChangedKeys& keys) { keys.forEach([&](std::string_view) { ++told; }); });
    MountCleaner cleaner{fixture.store(), fixture.barrier()};
    const auto erased = cleaner.tick({});
    QVERIFY(erased.has_value());
    QCOMPARE(*erased, std::size_t(keyCount) + 1);
    QCOMPARE(told, *erased);
    QVERIFY(fixture.stored() == before);
    QCOMPARE(*cleaner.tick({}), std::size_t{0});
}

void TestMountCleaner::leavesSharedMountsToThePrimary()
{
    Fixture fixture;
    add(fixture, "shared", 2, true);
    add(fixture, "local", 2, true, true);
    MountCleaner cleaner{fixture.store(), fixture.barrier()};
    QCOMPARE(*cleaner.tick({.shared = false, .local = true}), std::size_t{3});
    QCOMPARE(fixture.stored().size(), 3u);
    for (const auto& [key, value] : fixture.stored()) QVERIFY(key.starts_with("s/"));
    QCOMPARE(*cleaner.tick({.shared = false, .local = false}), std::size_t{0});
}

QTEST_GUILESS_MAIN(TestMountCleaner)
#include "tst_mount_cleaner.moc"
