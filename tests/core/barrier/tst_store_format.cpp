#include "core/barrier/store_format.h"
#include "core/storage/memory_engine.h"

#include <QtTest>

// The class: an older program opens data of a newer one, understands a part of it, and loses the rest when it writes. Places looked at: all that
// holds rows of another program: the storage, a snapshot (tst_restore_check), the contents of a primary (tst_program_versions), and single rows with
// a form of their own (trust::MemberKeys; log and checkpoint, by their magic). What holds: the number is read before any key is available, and a
// program refuses a number that is higher than its own.

using namespace core;
using barrier::StoreFormat;

class TestStoreFormat : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void isReadAsItWasWritten();
    void aDamagedRowIsNoFormat_data();
    void aDamagedRowIsNoFormat();
    void aStoreWithoutARowIsOfTheFirstFormat();
    void aNewerStoreIsRefusedByBothNames();
};

void TestStoreFormat::isReadAsItWasWritten()
{
    for (const StoreFormat& format : {StoreFormat{1, ""}, StoreFormat{3, "0.3.0"}, StoreFormat::current()}) {
        const auto read = StoreFormat::decode(format.encode());
        QVERIFY(read);
        QCOMPARE(*read, format);
    }
}

void TestStoreFormat::aDamagedRowIsNoFormat_data()
{
    QTest::addColumn<QByteArray>("text");
    for (const char* text : {"", "2", " 2 0.2.0", "0 0.2.0", "-1 0.2.0", "99999999999 0.2.0", "2 0.2.0\n", "2 a b", "x 0.2.0"}) {
        QTest::newRow(text) << QByteArray{text};
    }
    QTest::newRow("a long version") << "2 " + QByteArray(65, '9');
}

void TestStoreFormat::aDamagedRowIsNoFormat()
{
    QFETCH(QByteArray, text);
    QVERIFY(!StoreFormat::decode(text.toStdString()));
}

void TestStoreFormat::aStoreWithoutARowIsOfTheFirstFormat()
{
    storage::MemoryEngine engine;
    const auto format = StoreFormat::of(engine);
    QVERIFY(format);
    QCOMPARE(format->number, 1u);
    QVERIFY(format->check("this store"));
}

void TestStoreFormat::aNewerStoreIsRefusedByBothNames()
{
    const auto refused = StoreFormat{3, "0.3.0"}.check("this store", {2, "0.2.0"});
    QVERIFY(!refused);
    QVERIFY(refused.error().code == ErrorCode::Unsupported);
    for (const char* part : {"this store", "format 3", "Holdfast 0.3.0", "Holdfast 0.2.0", "up to 2"}) {
        QVERIFY2(refused.error().detail.find(part) != std::string::npos, refused.error().detail.c_str());
    }
    QVERIFY(StoreFormat({2, "0.2.9"}).check("this store", {2, "0.2.0"})); // another program of the same format
    QVERIFY(StoreFormat({1, ""}).check("this store", {2, "0.2.0"}));
}

QTEST_APPLESS_MAIN(TestStoreFormat)
#include "tst_store_format.moc"
