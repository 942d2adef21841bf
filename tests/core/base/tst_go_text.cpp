#include "core/base/duration.h"
#include "core/base/go_text.h"

#include <QTest>

using namespace core;

/// Texts that clients compare, in the form of the servers whose API we offer.
class TestGoText : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void readsTruthValuesAsGoDoes();
    void quotes_data();
    void quotes();
    void findsBase64Faults_data();
    void findsBase64Faults();
    void namesDurationFaults_data();
    void namesDurationFaults();
    void joinsErrors();
};

void TestGoText::quotes_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("quoted");
    QTest::addColumn<bool>("isPrintable");
    QTest::newRow("plain") << QByteArray{"a b"} << QByteArray{"\"a b\""} << true;
    QTest::newRow("quotes") << QByteArray{"a\"\\"} << QByteArray{"\"a\\\"\\\\\""} << true;
    QTest::newRow("tab") << QByteArray{"a\tb"} << QByteArray{"\"a\\tb\""} << false;
    QTest::newRow("zero") << QByteArray("a\0b", 3) << QByteArray{"\"a\\x00b\""} << false;
    QTest::newRow("umlaut") << QByteArray{"\xc3\xbc"} << QByteArray{"\"\xc3\xbc\""} << true;
    QTest::newRow("emoji") << QByteArray{"\xf0\x9f\x94\x91"} << QByteArray{"\"\xf0\x9f\x94\x91\""} << true;
    QTest::newRow("no-break space") << QByteArray{"\xc2\xa0"} << QByteArray{"\"\\u00a0\""} << false;
    QTest::newRow("mark of direction") << QByteArray{"\xe2\x80\xae"} << QByteArray{"\"\\u202e\""} << false;
    QTest::newRow("tag") << QByteArray{"\xf3\xa0\x80\x81"} << QByteArray{"\"\\U000e0001\""} << false;
    QTest::newRow("no UTF-8") << QByteArray{"\xff"} << QByteArray{"\"\\xff\""} << false;
    QTest::newRow("cut UTF-8") << QByteArray{"\xe2\x80"} << QByteArray{"\"\\xe2\\x80\""} << false;
    QTest::newRow("empty") << QByteArray{} << QByteArray{"\"\""} << true;
}

void TestGoText::quotes()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, quoted);
    QFETCH(bool, isPrintable);
    QCOMPARE(QByteArray::fromStdString(goQuoted(text.toStdString())), quoted);
    QCOMPARE(isGoPrintable(text.toStdString()), isPrintable);
}

void TestGoText::findsBase64Faults_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<int>("at"); // -1: none
    QTest::newRow("empty") << QByteArray{} << -1;
    QTest::newRow("whole") << QByteArray{"YWJj"} << -1;
    QTest::newRow("one pad") << QByteArray{"YWI="} << -1;
    QTest::newRow("two pads") << QByteArray{"YQ=="} << -1;
    QTest::newRow("line ends") << QByteArray{"YW\r\nJj\n"} << -1;
    QTest::newRow("line end in the padding") << QByteArray{"YQ=\n="} << -1;
    QTest::newRow("blank") << QByteArray{"no base64!"} << 2;
    QTest::newRow("no padding") << QByteArray{"AAA"} << 0;
    QTest::newRow("no padding, later") << QByteArray{"YWJjAA"} << 4;
    QTest::newRow("one digit") << QByteArray{"A"} << 0;
    QTest::newRow("half a padding") << QByteArray{"YQ="} << 3;
    QTest::newRow("padding, then more") << QByteArray{"YQ=a"} << 2;
    QTest::newRow("more behind") << QByteArray{"YQ==YQ=="} << 4;
    QTest::newRow("early padding") << QByteArray{"Y==="} << 1;
    QTest::newRow("url form") << QByteArray{"YW-_"} << 2;
}

void TestGoText::findsBase64Faults()
{
    QFETCH(QByteArray, text);
    QFETCH(int, at);
    const auto fault = base64Fault(text.toStdString());
    QCOMPARE(fault ? int(*fault) : -1, at);
}

void TestGoText::namesDurationFaults_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("error");
    QTest::newRow("word") << QByteArray{"soon"} << QByteArray{"time: invalid duration \"soon\""};
    QTest::newRow("no unit") << QByteArray{"1.5"} << QByteArray{"time: missing unit in duration \"1.5\""};
    QTest::newRow("unit") << QByteArray{"5x"} << QByteArray{"time: unknown unit \"x\" in duration \"5x\""};
    QTest::newRow("two points") << QByteArray{"1.2.3s"} << QByteArray{"time: missing unit in duration \"1.2.3s\""};
    QTest::newRow("days and more") << QByteArray{"1h5d"} << QByteArray{"strconv.ParseInt: parsing \"1h5\": invalid syntax"};
    QTest::newRow("sign") << QByteArray{"-"} << QByteArray{"time: invalid duration \"-\""};
}

void TestGoText::namesDurationFaults()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, error);
    const auto parsed = parseDuration(text.toStdString());
    QVERIFY(!parsed);
    QCOMPARE(QByteArray::fromStdString(parsed.error().detail), error);
}

void TestGoText::joinsErrors()
{
    QCOMPARE(joinedErrors(std::vector<std::string>{"a"}), std::string{"1 error occurred:\n\t* a\n\n"});
    QCOMPARE(joinedErrors(std::vector<std::string>{"a", "b"}), std::string{"2 errors occurred:\n\t* a\n\t* b\n\n"});
}

void TestGoText::readsTruthValuesAsGoDoes()
{
    for (const char* yes : {"1", "t", "T", "true", "TRUE", "True"}) QVERIFY2(goBoolean(yes) == true, yes);
    for (const char* no : {"0", "f", "F", "false", "FALSE", "False"}) QVERIFY2(goBoolean(no) == false, no);
    for (const char* neither : {"", "yes", "tRUE", "2", " true", "true "}) QVERIFY2(!goBoolean(neither), neither);
}

QTEST_GUILESS_MAIN(TestGoText)
#include "tst_go_text.moc"
