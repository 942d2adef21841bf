#include "core/base/guarded_cache.h"

#include <QtTest>

#include <string>

using namespace core;

/// The copies of stored rows that tokens, policies and entities keep.
class TestGuardedCache : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void dropsWhatWasReadBeforeAnErase_data();
    void dropsWhatWasReadBeforeAnErase();
    void isBounded();
    void erasesWhatMatches();
};

namespace {

using Cache = GuardedCache<std::string, int>;

std::shared_ptr<const int> object(int value)
{
    return std::make_shared<const int>(value);
}

} // namespace

void TestGuardedCache::dropsWhatWasReadBeforeAnErase_data()
{
    QTest::addColumn<int>("way");
    QTest::newRow("its key is erased") << 0;
    QTest::newRow("matching objects are erased") << 1;
    QTest::newRow("everything is erased") << 2;
}

/// The class: a reader adds a copy of a row that was replaced while it read. It could occur at each copy of stored rows. What holds: the reader's
/// generation shows that something was erased in between, and its copy is dropped.
void TestGuardedCache::dropsWhatWasReadBeforeAnErase()
{
    QFETCH(int, way);
    Cache cache{10};
    const auto read = cache.find("a");
    QVERIFY(!read.object);
    if (way == 0) cache.erase("a");
    if (way == 1) cache.eraseIf([](int) { return false; });
    if (way == 2) cache.clear();
    cache.insert("a", object(1), read.generation);
    QVERIFY(!cache.find("a").object);
    cache.insert("a", object(2), cache.find("a").generation);
    QCOMPARE(*cache.find("a").object, 2);
}

void TestGuardedCache::isBounded()
{
    GuardedCache<int, int, std::hash<int>, 1> cache{3};
    for (int key = 0; key < 10; ++key) cache.insert(key, object(key), cache.find(key).generation);
    int count = 0;
    for (int key = 0; key < 10; ++key) count += cache.find(key).object != nullptr;
    QCOMPARE(count, 3);
    QVERIFY(cache.find(9).object); // the newest is there
}

void TestGuardedCache::erasesWhatMatches()
{
    Cache cache{10};
    for (const auto& [key, value] : {std::pair{"a", 1}, std::pair{"b", 2}, std::pair{"c", 3}}) cache.insert(key, object(value), 0);
    cache.eraseIf([](int value) { return value % 2 == 1; });
    QVERIFY(!cache.find("a").object && !cache.find("c").object);
    QCOMPARE(*cache.find("b").object, 2);
}

QTEST_APPLESS_MAIN(TestGuardedCache)
#include "tst_guarded_cache.moc"
