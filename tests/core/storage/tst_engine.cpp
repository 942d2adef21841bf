#include "core/storage/leveldb_engine.h"
#include "core/storage/memory_engine.h"
#include "tests/core/compare_plain.h"

#include <QTemporaryDir>
#include <QtTest>

#include <fstream>
#include <malloc.h>
#include <memory>
#include <optional>
#include <string>

using namespace core;
using namespace core::storage;

/// The contract of Engine, for every implementation, and what is special about LevelDB.
class TestEngine : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }
    void batchesApplyInOrder_data() { engines(); }
    void batchesApplyInOrder();
    void scansVisitARangeInByteOrder_data() { engines(); }
    void scansVisitARangeInByteOrder();
    void scansSeeTheMomentTheyBegan_data() { engines(); }
    void scansSeeTheMomentTheyBegan();
    void snapshotsStandStill_data() { engines(); }
    void snapshotsStandStill();
    void largeAndBinaryValuesReturn_data() { engines(); }
    void largeAndBinaryValuesReturn();
    void prefixesEnd();
    void levelDbKeepsWhatWasFlushed();
    void levelDbRecoversInPlace();
    void levelDbIsOpenOnce();
    void levelDbNamesWhatIsDamaged();
    void levelDbKeepsNoLargeBuffers();
    void levelDbGivesBackWhatItRead();

private:
    void engines();
    std::unique_ptr<Engine> make();
    std::filesystem::path path() const { return m_folder->path().toStdString() + "/db"; }
    std::unique_ptr<QTemporaryDir> m_folder;
};

namespace {

std::vector<std::string> keysOf(const Reader& reader, std::string_view from, std::string_view to)
{
    std::vector<std::string> keys;
    const auto scanned = reader.scan(from, to, [&](std::string_view key, std::string_view) {
        keys.emplace_back(key);
        return true;
    });
    if (!scanned) return {toString(scanned.error())};
    return keys;
}

std::unique_ptr<LevelDbEngine> openLevelDb(const std::filesystem::path& path)
{
    LevelDbEngine::Options options;
    options.directory = path;
    auto engine = LevelDbEngine::open(options);
    if (!engine) qFatal("%s", toString(engine.error()).c_str());
    return std::move(*engine);
}

using Keys = std::vector<std::string>;

} // namespace

void TestEngine::engines()
{
    QTest::addColumn<bool>("isLevelDb");
    QTest::newRow("memory") << false;
    QTest::newRow("leveldb") << true;
}

std::unique_ptr<Engine> TestEngine::make()
{
    QFETCH(bool, isLevelDb);
    if (isLevelDb) return openLevelDb(path());
    return std::make_unique<MemoryEngine>();
}

void TestEngine::batchesApplyInOrder()
{
    const auto engine = make();
    Batch batch;
    batch.put("a", "1");
    batch.put("a", "2");
    batch.put("b", "1");
    batch.erase("b");
    batch.erase("never there");
    batch.put("c", "");
    QCOMPARE(batch.count(), std::size_t{6});
    QVERIFY(engine->apply(batch).has_value());
    QCOMPARE(*engine->get("a"), std::optional<std::string>{"2"});
    QCOMPARE(*engine->get("b"), std::optional<std::string>{});
    QCOMPARE(*engine->get("c"), std::optional<std::string>{""});
    batch.clear();
    QVERIFY(batch.empty());
    batch.erase("a");
    QVERIFY(engine->apply(batch).has_value());
    QCOMPARE(keysOf(*engine, {}, {}), Keys{"c"});
    QVERIFY(engine->flush().has_value());
    QVERIFY(engine->recover().has_value());
    QCOMPARE(keysOf(*engine, {}, {}), Keys{"c"});
}

void TestEngine::scansVisitARangeInByteOrder()
{
    const auto engine = make();
    Batch batch;
    for (const char* key : {"b/2", "a", "b/", "b/1", "b0", "\xff"}) batch.put(key, "value");
    QVERIFY(engine->apply(batch).has_value());
    QCOMPARE(keysOf(*engine, {}, {}), (Keys{"a", "b/", "b/1", "b/2", "b0", "\xff"}));
    QCOMPARE(keysOf(*engine, "b/", endOfPrefix("b/")), (Keys{"b/", "b/1", "b/2"}));
    QCOMPARE(keysOf(*engine, "b/1", {}), (Keys{"b/1", "b/2", "b0", "\xff"}));
    int visited = 0;
    QVERIFY(engine->scan({}, {}, [&](std::string_view, std::string_view) { return ++visited < 2; }).has_value());
    QCOMPARE(visited, 2);
}

void TestEngine::scansSeeTheMomentTheyBegan()
{
    const auto engine = make();
    Batch batch;
    for (int number = 0; number < 1000; ++number) batch.put("key" + std::to_string(1000 + number), "old");
    QVERIFY(engine->apply(batch).has_value());
    int old = 0;
    QVERIFY(engine
                ->scan({}, {},
                       [&](std::string_view key, std::string_view value) {
                           Batch own; // a visitor can write
                           own.put(key, "new");
                           own.put("key9", "new");
                           if (!engine->apply(own)) return false;
                           old += value == "old";
                           return true;
                       })
                .has_value());
    QCOMPARE(old, 1000);
    QCOMPARE(*engine->get("key1500"), std::optional<std::string>{"new"});
}

void TestEngine::snapshotsStandStill()
{
    const auto engine = make();
    Batch batch;
    batch.put("a", "1");
    batch.put("b", "1");
    QVERIFY(engine->apply(batch).has_value());
    const auto snapshot = engine->snapshot();
    batch.clear();
    batch.put("a", "2");
    batch.erase("b");
    QVERIFY(engine->apply(batch).has_value());
    QCOMPARE(*snapshot->get("a"), std::optional<std::string>{"1"});
    QCOMPARE(keysOf(*snapshot, {}, {}), (Keys{"a", "b"}));
    QCOMPARE(*engine->get("a"), std::optional<std::string>{"2"});
    QCOMPARE(keysOf(*engine, {}, {}), Keys{"a"});
}

void TestEngine::largeAndBinaryValuesReturn()
{
    const auto engine = make();
    std::string value(5 << 20, '\0');
    for (std::size_t at = 0; at < value.size(); ++at) value[at] = static_cast<char>(at * 31);
    const std::string key{"a\0b", 3};
    Batch batch;
    batch.put(key, value);
    QVERIFY(engine->apply(batch).has_value());
    const auto got = engine->get(key);
    QVERIFY(got && *got && **got == value);
    QVERIFY(engine->flush().has_value());
    QVERIFY(engine->sizeBytes() >= value.size());
}

void TestEngine::prefixesEnd()
{
    QCOMPARE(endOfPrefix("a/"), std::string{"a0"});
    QCOMPARE(endOfPrefix("a\xff"), std::string{"b"});
    QCOMPARE(endOfPrefix("\xff\xff"), std::string{});
    QCOMPARE(endOfPrefix(""), std::string{});
}

void TestEngine::levelDbKeepsWhatWasFlushed()
{
    Batch batch;
    for (int number = 0; number < 1000; ++number) batch.put("key" + std::to_string(number), std::string(100, 'x'));
    {
        const auto engine = openLevelDb(path());
        QVERIFY(engine->apply(batch).has_value());
        QVERIFY(engine->flush().has_value());
    }
    // LevelDB's own log does not count as durable. So everything must exist without it.
    for (const auto& entry : std::filesystem::directory_iterator{path()}) {
        if (entry.path().extension() == ".log") std::filesystem::resize_file(entry.path(), 0);
    }
    QCOMPARE(keysOf(*openLevelDb(path()), {}, {}).size(), std::size_t{1000});
}

void TestEngine::levelDbRecoversInPlace()
{
    const auto engine = openLevelDb(path());
    Batch batch;
    batch.put("a", "1");
    QVERIFY(engine->apply(batch).has_value());
    {
        const auto snapshot = engine->snapshot();
        const auto refused = engine->recover();
        QVERIFY(!refused);
        COMPARE_PLAIN(refused.error().code, ErrorCode::Unavailable);
    }
    QVERIFY(engine->recover().has_value());
    QCOMPARE(*engine->get("a"), std::optional<std::string>{"1"});
    QVERIFY(engine->apply(batch).has_value());
}

void TestEngine::levelDbIsOpenOnce()
{
    const auto engine = openLevelDb(path());
    LevelDbEngine::Options options;
    options.directory = path();
    const auto second = LevelDbEngine::open(options);
    QVERIFY(!second);
    COMPARE_PLAIN(second.error().code, ErrorCode::FailedPrecondition);
    QVERIFY(second.error().detail.find("in use by another process") != std::string::npos);
    QVERIFY(second.error().detail.find(path().string()) != std::string::npos);
}

void TestEngine::levelDbNamesWhatIsDamaged()
{
    {
        const auto engine = openLevelDb(path());
        Batch batch;
        for (int number = 0; number < 1000; ++number) batch.put("key" + std::to_string(number), std::string(100, 'x'));
        QVERIFY(engine->apply(batch).has_value());
        QVERIFY(engine->flush().has_value());
    }
    bool isDamaged = false;
    for (const auto& entry : std::filesystem::directory_iterator{path()}) {
        if (entry.path().extension() != ".ldb") continue;
        std::fstream file{entry.path(), std::ios::in | std::ios::out | std::ios::binary};
        file.seekp(50'000);
        file.write("damage", 6);
        isDamaged = true;
    }
    QVERIFY(isDamaged);
    const auto engine = openLevelDb(path());
    const auto scanned = engine->scan({}, {}, [](std::string_view, std::string_view) { return true; });
    QVERIFY(!scanned);
    COMPARE_PLAIN(scanned.error().code, ErrorCode::Corrupt);

    for (const auto& entry : std::filesystem::directory_iterator{path()}) {
        if (entry.path().filename().string().starts_with("MANIFEST")) std::filesystem::resize_file(entry.path(), 20);
    }
    std::filesystem::remove(path() / "LOCK");
}

namespace {

/// Bytes that malloc() has mapped for large pieces. Empty if malloc() is not glibc's.
std::optional<std::size_t> largePieces()
{
    const auto probe = std::make_unique<char[]>(4u << 20);
    const auto with = ::mallinfo2().hblkhd;
    if (with < (4u << 20)) return std::nullopt;
    return with - (4u << 20);
}

/// Resident bytes of mapped files.
std::size_t mappedFileBytes()
{
    std::ifstream status{"/proc/self/status"};
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("RssFile:")) return std::stoull(line.substr(8)) * 1024;
    }
    return 0;
}

} // namespace

/// The class: a buffer that is used again keeps the size of the largest value that it ever held. It could occur at every text or batch that is a
/// member: the committer's group and batch (tst_store), LevelDB's batch here, the copy that kv parses, bodies of sessions. What holds: a large buffer
/// is freed after its use by release(), because an assignment would keep the memory.
void TestEngine::levelDbKeepsNoLargeBuffers()
{
    if (!largePieces()) QSKIP("this program counts its memory in another way");
    const auto engine = openLevelDb(path());
    const auto before = *largePieces();
    Batch batch;
    batch.put("s/large", std::string(8u << 20, 'x'));
    QVERIFY(engine->apply(batch));
    batch.release();
    QVERIFY(batch.empty() && batch.bytes() == 0);
    QVERIFY(engine->flush()); // LevelDB's table in memory ends
    QVERIFY(*largePieces() < before + (1u << 20));
}

/// The class: data that was read stays resident because it is mapped. Here these are tables; LevelDB maps nothing else.
void TestEngine::levelDbGivesBackWhatItRead()
{
    constexpr std::size_t kCount = 32;
    const std::string value(512u << 10, 'y');
    const auto engine = openLevelDb(path());
    for (std::size_t at = 0; at < kCount; ++at) {
        Batch batch;
        batch.put("s/" + std::to_string(at), value);
        QVERIFY(engine->apply(batch));
    }
    QVERIFY(engine->flush());
    const auto readAll = [&] {
        for (std::size_t at = 0; at < kCount; ++at) {
            const auto found = engine->get("s/" + std::to_string(at));
            if (!found || *found != value) return false;
        }
        return true;
    };
    QVERIFY(readAll());
    const auto read = mappedFileBytes();
    LevelDbEngine::giveTablesBack();
    const auto given = mappedFileBytes();
    QVERIFY2(given + kCount * value.size() / 2 < read, qPrintable(QString::number(read) + " to " + QString::number(given)));
    QVERIFY(readAll()); // from the file again
}

QTEST_APPLESS_MAIN(TestEngine)
#include "tst_engine.moc"
