#include "core/base/ascii.h"

#include <QTest>

using namespace core;

class TestAscii : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void trims_data();
    void trims();
    void trimsOnlyTheGivenBlanks();
    void foldsOnlyAscii();
};

void TestAscii::trims_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("trimmedText");
    QTest::newRow("empty") << QByteArray{} << QByteArray{};
    QTest::newRow("only blanks") << QByteArray{" \t\r\n"} << QByteArray{};
    QTest::newRow("both ends") << QByteArray{"\t a b \r\n"} << QByteArray{"a b"};
    QTest::newRow("nothing to do") << QByteArray{"ab"} << QByteArray{"ab"};
}

void TestAscii::trims()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, trimmedText);
    QCOMPARE(QByteArray::fromStdString(std::string{trimmed(text.toStdString())}), trimmedText);
}

void TestAscii::trimsOnlyTheGivenBlanks()
{
    QCOMPARE(trimmed("\n a \n", " "), std::string_view{"\n a \n"});
    QCOMPARE(trimmed(" \n a ", " "), std::string_view{"\n a"});
}

void TestAscii::foldsOnlyAscii()
{
    QCOMPARE(lowerCased("ÄB_[Z@"), std::string{"Äb_[z@"});
}

QTEST_APPLESS_MAIN(TestAscii)
#include "tst_ascii.moc"
