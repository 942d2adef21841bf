#include "core/replication/wire/genuine_entry.h"
#include "tests/core/replication/test_store.h"

#include <QtTest>

using namespace core;
using namespace core::replication;

/// The class: a cluster stores an entry that it cannot prove to be of its set. It could occur in each place where entries of another cluster come in: the stream of
/// a link, a reconciliation, what a member has kept of a lost primary. What holds: all of them ask this one function first.
class TestGenuineEntry : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void refusesWhatIsNotOfTheSet_data();
    void refusesWhatIsNotOfTheSet();
};

void TestGenuineEntry::refusesWhatIsNotOfTheSet_data()
{
    QTest::addColumn<QString>("key");
    QTest::addColumn<bool>("isPut");
    QTest::addColumn<QString>("change");
    QTest::addColumn<bool>("isOfPerformance");
    QTest::addColumn<bool>("isOfDr");
    QTest::newRow("shared put") << QStringLiteral("s/logical/a/b") << true << QString{} << true << true;
    QTest::newRow("shared delete") << QStringLiteral("s/logical/a/b") << false << QString{} << true << true;
    QTest::newRow("local put") << QStringLiteral("l/logical/a/b") << true << QString{} << false << true;
    QTest::newRow("local delete") << QStringLiteral("l/logical/a/b") << false << QString{} << false << true;
    QTest::newRow("ignored put") << QStringLiteral("i/core/keyring") << true << QString{} << false << false;
    QTest::newRow("ignored delete") << QStringLiteral("i/core/keyring") << false << QString{} << false << false;
    QTest::newRow("row of the store") << QStringLiteral("m/x") << true << QString{} << false << false;
    for (const char* change : {"key", "hash", "digest", "value"}) {
        QTest::addRow("put with another %s", change) << QStringLiteral("s/logical/a/b") << true << QString::fromUtf8(change) << false << false;
    }
    for (const char* change : {"key", "hash"}) {
        QTest::addRow("delete with another %s", change) << QStringLiteral("s/logical/a/b") << false << QString::fromUtf8(change) << false << false;
    }
}

void TestGenuineEntry::refusesWhatIsNotOfTheSet()
{
    QFETCH(QString, key);
    QFETCH(bool, isPut);
    QFETCH(QString, change);
    QFETCH(bool, isOfPerformance);
    QFETCH(bool, isOfDr);
    const testing::TestHasher hasher;
    const testing::TestStore store{"a log"};
    auto operation = isPut ? store.put(key.toStdString(), "a value") : store.erase(key.toStdString());
    if (change == u"key") operation.key += "c";
    if (change == u"hash") operation.keyHash[0] ^= 1;
    if (change == u"digest") operation.leafDigest[0] ^= 1;
    if (change == u"value") operation.value += "!";
    const auto view = log::OperationView::of(operation);
    QCOMPARE(isGenuine(view, LinkFilter{Type::Performance}, hasher), isOfPerformance);
    QCOMPARE(isGenuine(view, LinkFilter{Type::Dr}, hasher), isOfDr);
}

QTEST_GUILESS_MAIN(TestGenuineEntry)
#include "tst_genuine_entry.moc"
