#ifndef Q_MOC_RUN // moc of Qt 6.4 cannot read all of gcc 12's standard library
#include "core/barrier/scope.h"
#include "core/barrier/seal.h"
#include "core/engine/kv/key_metadata.h"
#include "core/log/memory_file_system.h"
#include "core/snapshot/diff.h"
#include "core/snapshot/content_survey.h"
#include "core/storage/memory_engine.h"

#include <boost/json/serialize.hpp>
#endif

#include <QtTest>

using namespace core;
using snapshot::Change;

namespace {

struct Fixture {
    Fixture() : barrier{random}
    {
        auto opened = log::Store::open(std::make_unique<storage::MemoryEngine>(), files, clock, random, {});
        if (!opened) qFatal("store");
        store = std::move(*opened);
        seal = std::make_unique<barrier::Seal>(barrier, store->reader(), random);
        auto transaction = store->begin();
        if (!seal->initialize(transaction, {1, 1}, clock.now())) qFatal("no seal");
        if (!store->commitAndWait(std::move(transaction))) qFatal("no first commit");
        mount("kv", "secret/", "one", "2");
        mount("kv", "old/", "two", "1");
    }
    ~Fixture() { store->stop(); }

    void write(const std::function<Result<>(const barrier::Scope&)>& body)
    {
        auto transaction = store->begin();
        if (auto done = body({transaction, barrier, {}}); !done) qFatal("write: %s", toString(done.error()).c_str());
        if (auto done = store->commitAndWait(std::move(transaction)); !done) qFatal("commit: %s", toString(done.error()).c_str());
    }
    void mount(const char* type, const char* path, const char* uuid, const char* version)
    {
        mount::MountEntry entry;
        entry.type = type;
        entry.path = path;
        entry.uuid = uuid;
        entry.options["version"] = version;
        write([&](const barrier::Scope& scope) { return mount::storeMount(scope, mount::TableKind::Secrets, entry); });
    }
    void putSecret(const std::string& path, std::uint32_t version)
    {
        write([&](const barrier::Scope& scope) -> Result<> {
            engine::KvKeyMetadata metadata;
            for (std::uint32_t number = 1; number <= version; ++number) metadata.versions.push_back({number, clock.now(), {}, false});
            metadata.currentVersion = version;
            metadata.createdAt = metadata.updatedAt = clock.now();
            auto view = scope.shared("logical/one/");
            if (auto put = view.put("metadata/" + path, metadata.encode()); !put) return put;
            return view.put("versions/" + path + "/" + std::to_string(version), "{\"value\":\"canary\"}");
        });
    }
    void put(const std::string& folder, const std::string& path, const std::string& value, bool isLocal = false)
    {
        write([&](const barrier::Scope& scope) { return (isLocal ? scope.local(folder) : scope.shared(folder)).put(path, value); });
    }
    snapshot::Diff since(const storage::Reader& before, std::size_t limit = 100)
    {
        auto found = snapshot::diff(before, store->reader(), barrier, limit);
        if (!found) qFatal("diff: %s", toString(found.error()).c_str());
        return std::move(*found);
    }

    SeededRandom random{42};
    FakeClock clock;
    log::MemoryFileSystem files;
    barrier::Barrier barrier;
    std::unique_ptr<log::Store> store;
    std::unique_ptr<barrier::Seal> seal;
};

} // namespace

class TestDiff : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void findsNothingWhereNothingChanged();
    void namesSecretsWithTheirVersions();
    void countsWhatHasNoNames();
    void namesMountsAndPolicies();
    void holdsToItsLimit();
    void takesStock();
};

void TestDiff::findsNothingWhereNothingChanged()
{
    Fixture fixture;
    fixture.putSecret("a/b", 1);
    fixture.put("logical/two/", "values/x", "{}");
    const auto before = fixture.store->snapshot();
    fixture.put("logical/two/", "values/x", "{}"); // the same value, sealed again
    const auto found = fixture.since(*before);
    QVERIFY(found.isEmpty());
    QVERIFY(found.entries.empty() && !found.isTruncated);
}

void TestDiff::namesSecretsWithTheirVersions()
{
    Fixture fixture;
    fixture.putSecret("a/changed", 1);
    fixture.putSecret("a/removed", 2);
    fixture.put("logical/two/", "values/plain", "{\"value\":\"canary\"}");
    const auto before = fixture.store->snapshot();
    fixture.putSecret("a/changed", 3);
    fixture.putSecret("b/added", 1);
    fixture.write([](const barrier::Scope& scope) -> Result<> {
        auto view = scope.shared("logical/one/");
        if (auto erased = view.erase("metadata/a/removed"); !erased) return erased;
        return view.erase("versions/a/removed/2");
    });
    fixture.put("logical/two/", "values/plain", "{\"value\":\"other canary\"}");
    const auto found = fixture.since(*before);
    QCOMPARE(found.entries.size(), std::size_t{4});
    const auto& changed = found.entries[0];
    QCOMPARE(changed.mount + changed.path, std::string{"secret/a/changed"});
    QVERIFY(changed.change == Change::Changed);
    QVERIFY((changed.versionsBefore == std::vector<std::uint32_t>{1}) && (changed.versionsAfter == std::vector<std::uint32_t>{1, 2, 3}));
    QCOMPARE(found.entries[1].path, std::string{"a/removed"});
    QVERIFY(found.entries[1].change == Change::Removed && found.entries[1].versionsAfter.empty());
    QCOMPARE(found.entries[2].path, std::string{"b/added"});
    QVERIFY(found.entries[2].change == Change::Added);
    QCOMPARE(found.entries[3].mount + found.entries[3].path, std::string{"old/plain"});
    QCOMPARE(found.counts.at("secrets").changed, std::uint64_t{2});
    QVERIFY(boost::json::serialize(found.toJson()).find("canary") == std::string::npos);
}

void TestDiff::countsWhatHasNoNames()
{
    Fixture fixture;
    const auto before = fixture.store->snapshot();
    fixture.put("sys/token/", "id/abc", "x", true);
    fixture.put("sys/expire/", "0000-t-abc", "1", true);
    const auto found = fixture.since(*before);
    QVERIFY(found.entries.empty());
    QCOMPARE(found.counts.at("tokens").added, std::uint64_t{1});
    QCOMPARE(found.counts.at("leases").added, std::uint64_t{1});
}

void TestDiff::namesMountsAndPolicies()
{
    Fixture fixture;
    const auto before = fixture.store->snapshot();
    fixture.mount("kv", "new/", "three", "2");
    fixture.put("sys/policy/", "readers", "path \"*\" {}");
    const auto found = fixture.since(*before);
    QCOMPARE(found.entries.size(), std::size_t{2});
    QCOMPARE(found.entries[0].area + " " + found.entries[0].path, std::string{"mounts new/"});
    QCOMPARE(found.entries[1].area + " " + found.entries[1].path, std::string{"policies readers"});
}

void TestDiff::holdsToItsLimit()
{
    Fixture fixture;
    const auto before = fixture.store->snapshot();
    for (int n = 0; n < 600; ++n) fixture.put("logical/two/", "values/" + std::to_string(n), "{}");
    const auto found = fixture.since(*before, 10);
    QCOMPARE(found.entries.size(), std::size_t{10});
    QVERIFY(found.isTruncated);
    QCOMPARE(found.counts.at("secrets").added, std::uint64_t{600});
}

void TestDiff::takesStock()
{
    Fixture fixture;
    fixture.putSecret("a/b", 3);
    fixture.putSecret("c", 1);
    for (int n = 0; n < 100; ++n) fixture.put("logical/two/", "values/" + std::to_string(n), "{}");
    const auto found = snapshot::survey(*fixture.store, fixture.barrier, 5);
    QVERIFY(found);
    QCOMPARE(found->mounts.size(), std::size_t{2});
    const auto& old = found->mounts[0].entry.path == "old/" ? found->mounts[0] : found->mounts[1];
    const auto& secret = found->mounts[0].entry.path == "old/" ? found->mounts[1] : found->mounts[0];
    QCOMPARE(secret.secretCount, std::uint64_t{2});
    QCOMPARE(secret.versionCount, std::uint64_t{4});
    QVERIFY(secret.newestWrite == fixture.clock.now());
    QCOMPARE(old.secretCount, std::uint64_t{100});
    QCOMPARE(old.sample.size(), std::size_t{5});
    QVERIFY(found->isWorthKeeping());
}

QTEST_APPLESS_MAIN(TestDiff)
#include "tst_diff.moc"
