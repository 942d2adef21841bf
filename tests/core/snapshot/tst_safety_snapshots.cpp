#ifndef Q_MOC_RUN // moc of Qt 6.4 cannot read all of gcc 12's standard library
#include "core/barrier/scope.h"
#include "core/barrier/seal.h"
#include "core/log/memory_file_system.h"
#include "core/snapshot/safety_snapshots.h"
#include "core/storage/memory_engine.h"
#endif

#include <QTemporaryDir>
#include <QtTest>

#include <fstream>

using namespace core;

namespace {

struct Fixture {
    explicit Fixture(std::filesystem::path folder) : directory{std::move(folder)}, barrier{random}
    {
        auto opened = log::Store::open(std::make_unique<storage::MemoryEngine>(), files, clock, random, {});
        if (!opened) qFatal("store");
        store = std::move(*opened);
        seal = std::make_unique<barrier::Seal>(barrier, store->reader(), random);
        auto transaction = store->begin();
        if (!seal->initialize(transaction, {1, 1}, clock.now())) qFatal("no seal");
        if (!store->commitAndWait(std::move(transaction))) qFatal("no first commit");
        snapshots = std::make_unique<snapshot::Snapshots>(*store, barrier, clock, random);
        safety = std::make_unique<snapshot::SafetySnapshots>(*snapshots, *store, barrier, clock, random, directory, [] {
            return snapshot::Snapshots::Identity{"id", "name"};
        });
    }
    ~Fixture() { store->stop(); }
    void put(const std::string& name, const std::string& value)
    {
        auto transaction = store->begin();
        const barrier::Scope scope{transaction, barrier, {}};
        if (!scope.shared("sys/policy/").put(name, value)) qFatal("put");
        if (!store->commitAndWait(std::move(transaction))) qFatal("commit");
    }

    std::filesystem::path directory;
    SeededRandom random{7};
    FakeClock clock;
    log::MemoryFileSystem files;
    barrier::Barrier barrier;
    std::unique_ptr<log::Store> store;
    std::unique_ptr<barrier::Seal> seal;
    std::unique_ptr<snapshot::Snapshots> snapshots;
    std::unique_ptr<snapshot::SafetySnapshots> safety;
};

} // namespace

class TestSafetySnapshots : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void keepsNothingOfAnEmptyCluster();
    void keepsWhatIsThereAndSaysHowItIsPutBack();
    void takesInWhatCameLater();
    void keepsTheNewestFive();
    void leavesNothingBehindWhenItFails();
    void takesNoPathForAName();

private:
    std::filesystem::path folder(const char* name) { return (m_directory.path() + "/" + name).toStdString(); }
    static std::size_t filesIn(const std::filesystem::path& path)
    {
        std::error_code none;
        return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator{path, none}, {}));
    }
    QTemporaryDir m_directory;
};

void TestSafetySnapshots::keepsNothingOfAnEmptyCluster()
{
    Fixture fixture{folder("empty")};
    const auto kept = fixture.safety->keep("test");
    QVERIFY(kept && kept->name.empty());
    QVERIFY(kept->text.starts_with("No safety snapshot was taken"));
    QVERIFY(!std::filesystem::exists(fixture.directory));
    QVERIFY(fixture.safety->list()->empty());

    Fixture inMemory{{}};
    inMemory.put("mine", "x");
    const auto none = inMemory.safety->keep("test");
    QVERIFY(none && none->name.empty() && none->text.find("in memory") != std::string::npos);
}

void TestSafetySnapshots::keepsWhatIsThereAndSaysHowItIsPutBack()
{
    Fixture fixture{folder("kept")};
    fixture.put("mine", "x");
    const auto root = fixture.store->forest().root(merkle::isReplicated);
    const auto kept = fixture.safety->keep("test");
    QVERIFY2(kept, kept ? "" : kept.error().detail.c_str());
    QVERIFY(kept->text.find("safety-snapshot restore " + kept->name) != std::string::npos);
    const auto all = fixture.safety->list();
    QVERIFY(all && all->size() == 1);
    QCOMPARE(std::string{all->front().at("root").as_string()}, root);
    QCOMPARE(std::string{all->front().at("reason").as_string()}, std::string{"test"});
    const auto file = fixture.safety->fileOf(kept->name);
    QVERIFY(file);
    fixture.put("mine", "y");
    QVERIFY(fixture.snapshots->restoreWithoutRoles(*file, {"id", "name"}));
    QCOMPARE(fixture.store->forest().root(merkle::isReplicated), root);
    QVERIFY(fixture.safety->remove(kept->name));
    QCOMPARE(filesIn(fixture.directory), std::size_t{0});
}

void TestSafetySnapshots::takesInWhatCameLater()
{
    Fixture fixture{folder("renewed")};
    fixture.put("mine", "x");
    const auto kept = fixture.safety->keep("test");
    QVERIFY(kept);
    const auto unchanged = std::filesystem::last_write_time(*fixture.safety->fileOf(kept->name));
    QVERIFY(fixture.safety->renew(kept->name));
    QVERIFY(std::filesystem::last_write_time(*fixture.safety->fileOf(kept->name)) == unchanged); // nothing came
    fixture.put("late", "y");
    QVERIFY(fixture.safety->renew(kept->name));
    const auto all = fixture.safety->list();
    QCOMPARE(all->size(), std::size_t{1});
    QCOMPARE(std::string{all->front().at("root").as_string()}, fixture.store->forest().root(merkle::isReplicated));
    QVERIFY(fixture.snapshots->prove(*fixture.safety->fileOf(kept->name)));
    QCOMPARE(std::string{all->front().at("reason").as_string()}, std::string{"test"});
}

void TestSafetySnapshots::keepsTheNewestFive()
{
    Fixture fixture{folder("five")};
    fixture.put("mine", "x");
    std::vector<std::string> names;
    for (int n = 0; n < 7; ++n) {
        fixture.clock.advance(std::chrono::seconds{1});
        names.push_back(fixture.safety->keep("test")->name);
    }
    const auto all = fixture.safety->list();
    QCOMPARE(all->size(), snapshot::kSafetySnapshotsMax);
    QCOMPARE(std::string{all->front().at("name").as_string()}, names.back());
    QVERIFY(!fixture.safety->fileOf(names[1]));
    QVERIFY(fixture.safety->fileOf(names[2]));
}

void TestSafetySnapshots::leavesNothingBehindWhenItFails()
{
    Fixture fixture{folder("failing")};
    fixture.put("mine", "x");
    std::ofstream{fixture.directory} << "a file where the folder should be";
    QVERIFY(!fixture.safety->keep("test"));
    std::filesystem::remove(fixture.directory);

    const auto kept = fixture.safety->keep("test");
    QVERIFY(kept);
    fixture.safety->discard(kept->name);
    QCOMPARE(filesIn(fixture.directory), std::size_t{0});
    fixture.barrier.seal();
    QVERIFY(!fixture.safety->keep("test"));
    QCOMPARE(filesIn(fixture.directory), std::size_t{0});
}

void TestSafetySnapshots::takesNoPathForAName()
{
    Fixture fixture{folder("names")};
    for (const auto* name : {"", "../kept", "a/b", "a.b", "..", "safety-1\n"}) {
        const auto file = fixture.safety->fileOf(name);
        QVERIFY2(!file && file.error().code == ErrorCode::InvalidArgument, name);
        QVERIFY(!fixture.safety->remove(name));
    }
    QVERIFY(fixture.safety->fileOf("not-there").error().code == ErrorCode::NotFound);
}

QTEST_APPLESS_MAIN(TestSafetySnapshots)
#include "tst_safety_snapshots.moc"
