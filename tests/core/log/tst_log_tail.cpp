#include "core/log/file_system.h"
#include "core/log/record_tail.h"
#include "core/storage/memory_engine.h"
#include "tests/core/log/faulty_disk.h"
#include "tests/core/log/store_fixture.h"

using namespace core;
using namespace core::log;
using namespace testing_log;

namespace {

std::string group(std::uint64_t first, std::size_t count, std::size_t valueBytes = 10)
{
    std::string bytes;
    for (std::size_t at = 0; at < count; ++at) {
        bytes += encodeRecord({LogIndex{first + at}, Epoch{1}, {operationOf("s/" + std::to_string(first + at), std::string(valueBytes, 'v'))}});
    }
    return bytes;
}

std::vector<std::uint64_t> indexesOf(const std::optional<std::vector<SharedRecord>>& records)
{
    std::vector<std::uint64_t> indexes;
    for (const auto& record : records.value_or(std::vector<SharedRecord>{})) indexes.push_back(RecordView::parse(record.bytes)->index().value());
    return indexes;
}

using Indexes = std::vector<std::uint64_t>;

} // namespace

/// What links read from the log: the newest records from memory, older ones within the bounds of their slots.
class TestLogTail : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { m_files = std::make_unique<FaultyFileSystem>(m_power); }
    void readsWhatItHoldsAndNothingElse();
    void forgetsTheOldestBeyondItsBounds_data();
    void forgetsTheOldestBeyondItsBounds();
    void startsAgainAfterAGap();
    void linksThatKeepUpShareOneCopy();
    void nothingIsKeptWithoutSlots();
    void linksBehindTheTailReadTheDisk();
    void slotsFallOut_data();
    void slotsFallOut();

private:
    std::unique_ptr<Store> open(Store::Options options = {})
    {
        options.directory = "log";
        options.checkpointInterval = std::chrono::hours{1}; // the test makes checkpoints itself
        return valueOf(Store::open(std::make_unique<storage::MemoryEngine>(), *m_files, m_clock, m_random, options), "open");
    }

    Power m_power;
    std::unique_ptr<FaultyFileSystem> m_files;
    FakeClock m_clock;
    OsRandom m_random;
};

void TestLogTail::readsWhatItHoldsAndNothingElse()
{
    RecordTail tail{100, 1u << 20};
    QVERIFY(!tail.read(LogIndex{1}, LogIndex{9}, 1000));
    tail.append(LogIndex{5}, group(5, 3));
    tail.append(LogIndex{8}, group(8, 1));
    QVERIFY(!tail.read(LogIndex{4}, LogIndex{8}, 1000)); // older than the tail
    QCOMPARE(indexesOf(tail.read(LogIndex{5}, LogIndex{8}, 1u << 20)), (Indexes{5, 6, 7, 8}));
    QCOMPARE(indexesOf(tail.read(LogIndex{6}, LogIndex{7}, 1u << 20)), (Indexes{6, 7}));
    QCOMPARE(indexesOf(tail.read(LogIndex{6}, LogIndex{8}, 1)), (Indexes{6})); // at least one
    QVERIFY(!tail.read(LogIndex{9}, LogIndex{9}, 1000));                       // newer
    tail.clear();
    QVERIFY(!tail.read(LogIndex{8}, LogIndex{8}, 1000));
    QCOMPARE(tail.bytes(), std::uint64_t{0});
}

void TestLogTail::forgetsTheOldestBeyondItsBounds_data()
{
    QTest::addColumn<quint64>("countMax");
    QTest::addColumn<quint64>("bytesMax");
    QTest::newRow("count") << quint64{4} << quint64{1u << 20};
    QTest::newRow("bytes") << quint64{1000} << static_cast<quint64>(group(1, 2).size() * 2);
}

void TestLogTail::forgetsTheOldestBeyondItsBounds()
{
    QFETCH(quint64, countMax);
    QFETCH(quint64, bytesMax);
    RecordTail tail{countMax, bytesMax};
    for (std::uint64_t first = 1; first < 100; first += 2) tail.append(LogIndex{first}, group(first, 2));
    QVERIFY(tail.count() <= countMax && tail.bytes() <= bytesMax + 20);
    QVERIFY(!tail.read(LogIndex{90}, LogIndex{100}, 1000));
    QCOMPARE(indexesOf(tail.read(LogIndex{99}, LogIndex{100}, 1u << 20)), (Indexes{99, 100}));
    tail.append(LogIndex{101}, group(101, 50, 2000)); // above both bounds, but links want it next
    QCOMPARE(indexesOf(tail.read(LogIndex{101}, LogIndex{150}, 1u << 20)).size(), std::size_t{50});
    QCOMPARE(tail.count(), std::size_t{50});
}

void TestLogTail::startsAgainAfterAGap()
{
    RecordTail tail{100, 1u << 20};
    tail.append(LogIndex{1}, group(1, 3));
    tail.append(LogIndex{6}, group(6, 2)); // 4 and 5 were written while there was no slot
    QVERIFY(!tail.read(LogIndex{3}, LogIndex{7}, 1000));
    QVERIFY(!tail.read(LogIndex{4}, LogIndex{7}, 1000));
    QCOMPARE(indexesOf(tail.read(LogIndex{6}, LogIndex{7}, 1u << 20)), (Indexes{6, 7}));
}

void TestLogTail::linksThatKeepUpShareOneCopy()
{
    auto store = open();
    store->setSlot("dr/a", LogIndex{1});
    for (int number = 1; number <= 20; ++number) QVERIFY(putAndWait(*store, "s/" + std::to_string(number), "v").has_value());
    const auto one = store->read(LogIndex{1}, 1u << 20);
    const auto other = store->read(LogIndex{1}, 1u << 20);
    QCOMPARE(one->size(), std::size_t{20});
    for (std::size_t at = 0; at < 20; ++at) {
        QCOMPARE(static_cast<const void*>((*one)[at].bytes.data()), static_cast<const void*>((*other)[at].bytes.data()));
        COMPARE_PLAIN(RecordView::parse((*one)[at].bytes)->index(), LogIndex{at + 1});
    }
    QCOMPARE(store->statistics().tailHits, std::uint64_t{2});
    QCOMPARE(store->statistics().tailMisses, std::uint64_t{0});
    QVERIFY(store->read(LogIndex{21}, 1000)->empty());

    // A reader keeps the records that it holds, also after the contents were replaced.
    QVERIFY(store->replaceContents([](std::string_view) { return false; }, {operationOf("s/new", "v")}).has_value());
    COMPARE_PLAIN(RecordView::parse(one->front().bytes)->index(), LogIndex{1});
    COMPARE_PLAIN(store->read(LogIndex{5}, 1000).error().code, ErrorCode::NotFound);
}

void TestLogTail::nothingIsKeptWithoutSlots()
{
    auto store = open();
    for (int number = 1; number <= 5; ++number) QVERIFY(putAndWait(*store, "s/" + std::to_string(number), "v").has_value());
    QCOMPARE(store->read(LogIndex{1}, 1u << 20)->size(), std::size_t{5});
    QCOMPARE(store->statistics().tailHits, std::uint64_t{0});
    store->setSlot("dr/a", LogIndex{6});
    QVERIFY(putAndWait(*store, "s/6", "v").has_value());
    QCOMPARE(store->read(LogIndex{6}, 1u << 20)->size(), std::size_t{1});
    QCOMPARE(store->statistics().tailHits, std::uint64_t{1});
    store->eraseSlot("dr/a");
    QVERIFY(putAndWait(*store, "s/7", "v").has_value());
    QCOMPARE(store->read(LogIndex{6}, 1u << 20)->size(), std::size_t{2});
    QCOMPARE(store->statistics().tailHits, std::uint64_t{1});
}

void TestLogTail::linksBehindTheTailReadTheDisk()
{
    Store::Options options;
    options.tailCountMax = 8;
    auto store = open(options);
    store->setSlot("dr/slow", LogIndex{1});
    for (int number = 1; number <= 50; ++number) QVERIFY(putAndWait(*store, "s/" + std::to_string(number), "v").has_value());
    // In steps of one record, from the disk into the tail. No index comes twice, none is missing.
    for (std::uint64_t next = 1; next <= 50; ++next) {
        const auto records = store->read(LogIndex{next}, 1);
        QCOMPARE(records->size(), std::size_t{1});
        COMPARE_PLAIN(RecordView::parse(records->front().bytes)->index(), LogIndex{next});
    }
    QCOMPARE(store->statistics().tailHits, std::uint64_t{8});
    QCOMPARE(store->statistics().tailMisses, std::uint64_t{42});
}

void TestLogTail::slotsFallOut_data()
{
    QTest::addColumn<bool>("isByAge");
    QTest::newRow("by bytes") << false;
    QTest::newRow("by age") << true;
}

void TestLogTail::slotsFallOut()
{
    QFETCH(bool, isByAge);
    Store::Options options;
    options.segmentBytes = 16u << 10;
    options.unclaimedBytes = 32u << 10;
    options.retentionBytes = isByAge ? 1u << 30 : 260u << 10;
    options.retentionAge = std::chrono::hours{1};
    options.tailCountMax = 8;
    auto store = open(options);
    const auto fill = [&](int count) {
        for (int number = 0; number < count; ++number) {
            if (!putAndWait(*store, "s/" + std::to_string(number), std::string(1000, 'x'))) return false;
        }
        return store->checkpoint().has_value();
    };
    store->setSlot("dr/gone", LogIndex{1});
    QVERIFY(fill(100));
    const LogIndex behind = store->appliedIndex().next();
    store->setSlot("performance/behind", behind);     // 100 KB later: always inside the bounds
    COMPARE_PLAIN(store->oldestIndex(), LogIndex{1}); // both bounds hold, so nothing that the first slot needs was dropped
    if (isByAge) m_clock.advance(std::chrono::minutes{59});
    QVERIFY(fill(50));
    COMPARE_PLAIN(store->oldestIndex(), LogIndex{1});
    if (isByAge) m_clock.advance(std::chrono::minutes{2});
    QVERIFY(fill(60));
    // The first slot fell out of the bounds, and the records that only it needed were dropped. The other slot still finds all records that it needs.
    COMPARE_PLAIN(store->read(LogIndex{1}, 1000).error().code, ErrorCode::NotFound);
    QVERIFY(store->oldestIndex() > LogIndex{1});
    QVERIFY(store->oldestIndex() <= behind);
    for (LogIndex next = behind; next <= store->appliedIndex();) {
        const auto records = store->read(next, 8000);
        QVERIFY(records.has_value() && !records->empty());
        for (const auto& record : *records) {
            COMPARE_PLAIN(RecordView::parse(record.bytes)->index(), next);
            next = next.next();
        }
    }
    // A slot that is set again, at an index that the log still has, works as before.
    store->setSlot("dr/gone", store->oldestIndex());
    const auto oldest = store->oldestIndex();
    QVERIFY(store->checkpoint().has_value());
    COMPARE_PLAIN(store->oldestIndex(), oldest);
}

QTEST_APPLESS_MAIN(TestLogTail)
#include "tst_log_tail.moc"
