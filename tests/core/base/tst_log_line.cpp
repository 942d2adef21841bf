#include "core/base/log_line.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

using namespace core::logging;

/// The class: a text that comes from elsewhere is read as part of the frame around it. Here a quote, a line end or a control character in a field
/// of the log ended the value, the line, or ran on the terminal. It could occur with each field that carries an error, an address or a name of a
/// peer or a client. What holds: a line reads back as exactly its fields, and a field without a value is not there.
class TestLogLine : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void valuesAreShown_data();
    void valuesAreShown();
    void aFieldWithoutAValueIsLeftOut();
    void aMessageStaysOneLine();
    void jsonReadsBack();
};

namespace {

std::string standard(std::string_view message, Fields fields)
{
    const auto line = lineOf(Format::Standard, Level::Warn, "http", message, fields);
    return line.substr(line.find("http: "));
}

} // namespace

void TestLogLine::valuesAreShown_data()
{
    QTest::addColumn<QByteArray>("value");
    QTest::addColumn<QByteArray>("shown");
    const auto row = [](const char* name, QByteArray value, QByteArray shown) { QTest::newRow(name) << std::move(value) << std::move(shown); };
    row("a word", "10.0.0.1:8201", "10.0.0.1:8201");
    row("a word beyond ASCII", "Zürich", "Zürich");
    row("blank", "not now", R"("not now")");
    row("quote", R"(say "yes")", R"("say \"yes\"")");
    row("quote without a blank", R"(a"b)", R"("a\"b")");
    row("backslash", R"(a\b)", R"("a\\b")");
    row("another field", "x ok=true", R"("x ok=true")");
    row("equals sign", "a=b", R"("a=b")");
    row("line end", "a\nb\r", R"("a\nb\r")");
    row("tab", "a\tb", R"("a\tb")");
    row("terminal escape", "\x1b[2J", R"("\x1b[2J")");
    row("delete", "\x7f", R"("\x7f")");
    row("zero byte", QByteArray{"a\0b", 3}, R"("a\x00b")");
    row("control beyond ASCII", "\xc2\x9b", R"("\u009b")");
    row("line separator", "\xe2\x80\xa8", R"("\u2028")");
    row("right to left", "\xe2\x80\xae", R"("\u202e")");
    row("no UTF-8", "\xff\x9b", R"("\xff\x9b")");
    row("overlong line end", "\xe0\x80\x8a", R"("\xe0\x80\x8a")");
    row("cut in a character", "\xc3", R"("\xc3")");
}

void TestLogLine::valuesAreShown()
{
    QFETCH(QByteArray, value);
    QFETCH(QByteArray, shown);
    QCOMPARE(QByteArray::fromStdString(standard("said", {{"why", value.toStdString()}, {"next", "1"}})), "http: said why=" + shown + " next=1");
}

void TestLogLine::aFieldWithoutAValueIsLeftOut()
{
    QCOMPARE(standard("said", {{"why", ""}, {"next", "1"}, {"last", ""}}), std::string{"http: said next=1"});
    const auto object = QJsonDocument::fromJson(QByteArray::fromStdString(lineOf(Format::Json, Level::Info, "http", "said", {{"why", ""}}))).object();
    QVERIFY(!object.isEmpty() && !object.contains(QStringLiteral("why")));
}

void TestLogLine::aMessageStaysOneLine()
{
    QCOMPARE(standard("a\nb\x1b[2J\xc2\x9b\xff end", {}), std::string{"http: a b [2J    end"});
}

void TestLogLine::jsonReadsBack()
{
    const std::string text = "a \"b\" \\ \n \x1b \x7f é \xe2\x80\xa8 \xff";
    const auto line = lineOf(Format::Json, Level::Info, "http", text, {{"why", text}});
    QJsonParseError error;
    const auto object = QJsonDocument::fromJson(QByteArray::fromStdString(line), &error).object();
    QCOMPARE(error.error, QJsonParseError::NoError);
    const auto expected = QString::fromUtf8("a \"b\" \\ \n \x1b \x7f é \ufffd\ufffd\ufffd \ufffd");
    QCOMPARE(object["why"].toString(), expected);
    QCOMPARE(object["@message"].toString(), expected);
    QVERIFY(line.find_first_of("\n\x1b\x7f") == std::string::npos);
}

QTEST_APPLESS_MAIN(TestLogLine)
#include "tst_log_line.moc"
