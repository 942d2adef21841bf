#include "core/storage/leveldb_engine.h"
#include "core/storage/value_cache.h"

#include <QTemporaryDir>
#include <QtTest>

#include <atomic>
#include <thread>

using namespace core;
using namespace core::storage;

/// Values kept for reading again. The cache must never hold a value that a batch has replaced, and never more than its limit.
class TestValueCache : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void findsWhatWasOffered();
    void declinesWhatABatchHasOvertaken();
    void forgetsWhatIsWritten_data();
    void forgetsWhatIsWritten();
    void keepsToItsBoundAndWhatIsInUse();
    void readersNeverGoBack();
};

void TestValueCache::findsWhatWasOffered()
{
    ValueCache cache{1u << 20};
    const auto missed = cache.find("s/a");
    QVERIFY(!missed.value);
    cache.offer(missed.ticket, "s/a", "one");
    QCOMPARE(cache.find("s/a").value.value_or("none"), std::string{"one"});
    QVERIFY(!cache.find("s/b").value);
    cache.offer(cache.find("m/row").ticket, "m/row", "read once");
    QVERIFY(!cache.find("m/row").value);
    cache.clear();
    QVERIFY(!cache.find("s/a").value);
    ValueCache none{0};
    none.offer(none.find("s/a").ticket, "s/a", "one");
    QVERIFY(!none.find("s/a").value);
}

void TestValueCache::declinesWhatABatchHasOvertaken()
{
    ValueCache cache{1u << 20};
    Batch batch;
    batch.put("s/a", "new");
    const auto before = cache.find("s/a").ticket;
    std::uint64_t during = 0;
    {
        const ValueCache::Change change{cache, batch};
        cache.offer(before, "s/a", "old");
        QVERIFY(!cache.find("s/a").value);
        during = cache.find("s/a").ticket;
        cache.offer(during, "s/a", "old");
        QVERIFY(!cache.find("s/a").value);
    }
    cache.offer(before, "s/a", "old");
    cache.offer(during, "s/a", "old");
    QVERIFY(!cache.find("s/a").value);
    const auto cleared = cache.find("s/a").ticket;
    cache.clear();
    cache.offer(cleared, "s/a", "of what was before");
    QVERIFY(!cache.find("s/a").value);
    cache.offer(cache.find("s/a").ticket, "s/a", "new");
    QVERIFY(cache.find("s/a").value == "new");
}

void TestValueCache::forgetsWhatIsWritten_data()
{
    QTest::addColumn<bool>("isErased");
    QTest::addColumn<bool>("isOld"); // in the older generation
    for (const bool isErased : {false, true}) {
        for (const bool isOld : {false, true}) QTest::addRow("%s, %s", isErased ? "erased" : "put", isOld ? "old" : "young") << isErased << isOld;
    }
}

void TestValueCache::forgetsWhatIsWritten()
{
    QFETCH(bool, isErased);
    QFETCH(bool, isOld);
    ValueCache cache{64u << 10};
    cache.offer(cache.find("s/a").ticket, "s/a", "one");
    // As many other values as fill each shard's generation once and hardly twice. What they do not push out is in the older one.
    for (int number = 0; isOld && number < 80; ++number) {
        const std::string key = "s/other/" + std::to_string(number);
        cache.offer(cache.find(key).ticket, key, std::string(300, 'x'));
    }
    Batch batch;
    if (isErased) batch.erase("s/a");
    else batch.put("s/a", "two");
    {
        const ValueCache::Change change{cache, batch};
    }
    QVERIFY(!cache.find("s/a").value);
}

void TestValueCache::keepsToItsBoundAndWhatIsInUse()
{
    constexpr std::size_t kBytes = 1u << 20;
    ValueCache cache{kBytes};
    const std::string value(1000, 'v');
    const auto offer = [&](const std::string& key) { cache.offer(cache.find(key).ticket, key, value); };
    offer("s/in use");
    for (int number = 0; number < 10'000; ++number) {
        offer("s/" + std::to_string(number));
        QVERIFY(cache.find("s/in use").value);
    }
    std::size_t bytes = 0;
    for (int number = 0; number < 10'000; ++number) {
        if (cache.find("s/" + std::to_string(number)).value) bytes += value.size();
    }
    QVERIFY2(bytes <= kBytes && bytes > kBytes / 4, std::to_string(bytes).c_str());
    cache.offer(cache.find("s/large").ticket, "s/large", std::string(kBytes / 8, 'x')); // would push out everything else
    QVERIFY(!cache.find("s/large").value);
}

/// On the engine: a reader that has seen one value of a batch sees no value from before the batch. At the end the last values are there.
void TestValueCache::readersNeverGoBack()
{
    QTemporaryDir folder;
    auto engine = LevelDbEngine::open({.directory = folder.path().toStdString() + "/db"});
    QVERIFY(engine);
    constexpr int kRounds = 20'000;
    std::atomic<bool> isOver{false};
    std::atomic<int> wrong{0}, reads{0};
    const auto numberOf = [&](const char* key) {
        const auto value = (*engine)->get(key);
        return value && *value ? std::stoi(**value) : 0;
    };
    std::vector<std::thread> readers;
    for (int reader = 0; reader < 2; ++reader) {
        readers.emplace_back([&] {
            int seen = 0;
            while (!isOver) {
                for (const char* key : {"s/one", "l/two", "i/three"}) {
                    const int number = numberOf(key);
                    if (number < seen) ++wrong;
                    seen = std::max(seen, number);
                    ++reads;
                }
            }
        });
    }
    for (int round = 1; round <= kRounds; ++round) {
        Batch batch;
        for (const char* key : {"s/one", "l/two", "i/three"}) batch.put(key, std::to_string(round));
        if (!(*engine)->apply(batch)) ++wrong;
        if (numberOf("l/two") != round) ++wrong;
    }
    isOver = true;
    for (auto& reader : readers) reader.join();
    QCOMPARE(wrong.load(), 0);
    QVERIFY(reads > 0);
    for (const char* key : {"s/one", "l/two", "i/three"}) QCOMPARE(numberOf(key), kRounds);
}

QTEST_APPLESS_MAIN(TestValueCache)
#include "tst_value_cache.moc"
