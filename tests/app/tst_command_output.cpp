#include "app/holdfast/text/arguments.h"
#include "app/holdfast/text/json.h"
#include "app/holdfast/text/output.h"

#include <QtTest>

using namespace cli;

class TestCommandOutput : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void jsonIsWrittenAsItWasRead_data();
    void jsonIsWrittenAsItWasRead();
    void badJsonIsRefused_data();
    void badJsonIsRefused();
    void valuesAreShownAsGoShowsThem_data();
    void valuesAreShownAsGoShowsThem();
    void yamlKeepsTypes();
    void optionsAreTakenApart_data();
    void optionsAreTakenApart();
    void wrongOptionsAreRefused_data();
    void wrongOptionsAreRefused();
    void textIsWrapped();
    void durationsAreShownShort_data();
    void durationsAreShownShort();
};

void TestCommandOutput::jsonIsWrittenAsItWasRead_data()
{
    QTest::addColumn<QByteArray>("text");
    for (const char* text : {"null", "true", "0", "-1", "1e100", "1.50", "18446744073709551616", "123456789012345678901234567890.123456789", "1E+400",
                             "\"\"", R"("a\"\\\n\u0001é")", "[]", "{}", R"({"b":1,"a":[1,{"c":null}],"":0.10})"}) {
        QTest::newRow(text) << QByteArray{text};
    }
}

void TestCommandOutput::jsonIsWrittenAsItWasRead()
{
    QFETCH(QByteArray, text);
    const auto value = Json::parse(text.toStdString());
    QVERIFY2(value.has_value(), value ? "" : value.error().detail.c_str());
    QCOMPARE(QByteArray::fromStdString(value->toCompact()), text);
}

void TestCommandOutput::badJsonIsRefused_data()
{
    QTest::addColumn<QByteArray>("text");
    for (const char* text : {"", " ", "{", "[1,]", "{\"a\":}", "nul", "01", "1 2", "{} x", "\"\x01\"", "'a'"})
        QTest::newRow(text) << QByteArray{text};
    QTest::newRow("deep") << QByteArray(100, '[');
}

void TestCommandOutput::badJsonIsRefused()
{
    QFETCH(QByteArray, text);
    QVERIFY(!Json::parse(text.toStdString()));
}

void TestCommandOutput::valuesAreShownAsGoShowsThem_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("shown");
    QTest::newRow("null") << QByteArray{"null"} << QByteArray{"<nil>"};
    QTest::newRow("number") << QByteArray{"1e100"} << QByteArray{"1e100"};
    QTest::newRow("list") << QByteArray{R"(["a",1,null])"} << QByteArray{"[a 1 <nil>]"};
    QTest::newRow("map") << QByteArray{R"({"b":true,"a":{"x":[]}})"} << QByteArray{"map[a:map[x:[]] b:true]"};
    QTest::newRow("empty map") << QByteArray{"{}"} << QByteArray{"map[]"};
}

void TestCommandOutput::valuesAreShownAsGoShowsThem()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, shown);
    QCOMPARE(QByteArray::fromStdString(Json::parse(text.toStdString())->toGoText()), shown);
}

void TestCommandOutput::yamlKeepsTypes()
{
    const auto value = Json::parse(R"({"text":"true","number":12,"version":"12","list":["a: b",{"x":1,"y":[]},[]],"none":null,"map":{}})");
    QCOMPARE(QByteArray::fromStdString(value->toYaml()), QByteArray{"list:\n"
                                                                    "- \"a: b\"\n"
                                                                    "- x: 1\n"
                                                                    "  \"y\": []\n"
                                                                    "- []\n"
                                                                    "map: {}\n"
                                                                    "none: null\n"
                                                                    "number: 12\n"
                                                                    "text: \"true\"\n"
                                                                    "version: \"12\"\n"});
}

void TestCommandOutput::optionsAreTakenApart_data()
{
    QTest::addColumn<QStringList>("words");
    QTest::addColumn<QString>("shown");
    using L = QStringList;
    QTest::newRow("none") << L{} << QString{"force=0 ttl= policy= rest="};
    QTest::newRow("before") << L{"-force", "-ttl=8h", "path"} << QString{"force=1 ttl=8h policy= rest=path"};
    QTest::newRow("after") << L{"path", "--force", "k=v"} << QString{"force=0 ttl= policy= rest=path,--force,k=v"};
    QTest::newRow("alias") << L{"-f", "path"} << QString{"force=1 ttl= policy= rest=path"};
    QTest::newRow("separate value") << L{"-ttl", "8h", "path"} << QString{"force=0 ttl=8h policy= rest=path"};
    QTest::newRow("switched off") << L{"-force=false"} << QString{"force=0 ttl= policy= rest="};
    QTest::newRow("repeated") << L{"-policy=a", "-policy", "b"} << QString{"force=0 ttl= policy=a,b rest="};
    QTest::newRow("the last counts") << L{"-ttl=1h", "-ttl=2h"} << QString{"force=0 ttl=2h policy= rest="};
    QTest::newRow("empty value") << L{"-ttl=", "x"} << QString{"force=0 ttl= policy= rest=x"};
    QTest::newRow("a lone dash") << L{"path", "-"} << QString{"force=0 ttl= policy= rest=path,-"};
    QTest::newRow("end of options") << L{"--", "-force"} << QString{"force=0 ttl= policy= rest=-force"};
    QTest::newRow("equals in the value") << L{"-ttl=a=b"} << QString{"force=0 ttl=a=b policy= rest="};
}

void TestCommandOutput::optionsAreTakenApart()
{
    QFETCH(QStringList, words);
    QFETCH(QString, shown);
    const Flag flags[] = {{"force", FlagKind::Switch, "", "f"}, {"ttl", FlagKind::Text, ""}, {"policy", FlagKind::Repeated, ""}};
    std::vector<std::string> list;
    for (const auto& word : words) list.push_back(word.toStdString());
    const auto parsed = Arguments::parse(list, flags);
    QVERIFY2(parsed.has_value(), parsed ? "" : parsed.error().detail.c_str());
    const auto joined = [](const std::vector<std::string>& values) {
        QStringList out;
        for (const auto& value : values) out << QString::fromStdString(value);
        return out.join(',');
    };
    QCOMPARE(QStringLiteral("force=%1 ttl=%2 policy=%3 rest=%4")
                 .arg(parsed->isOn("force"))
                 .arg(QString::fromStdString(parsed->text("ttl")), joined(parsed->all("policy")), joined(parsed->positionals())),
             shown);
}

void TestCommandOutput::wrongOptionsAreRefused_data()
{
    QTest::addColumn<QString>("word");
    QTest::addColumn<QString>("error");
    QTest::newRow("unknown") << QString{"-nope=1"} << QString{"flag provided but not defined: -nope"};
    QTest::newRow("no value") << QString{"-ttl"} << QString{"flag needs an argument: -ttl"};
    QTest::newRow("not a truth value") << QString{"-force=maybe"} << QString{"invalid value \"maybe\" for flag -force: must be true or false"};
}

void TestCommandOutput::wrongOptionsAreRefused()
{
    QFETCH(QString, word);
    QFETCH(QString, error);
    const Flag flags[] = {{"force", FlagKind::Switch, ""}, {"ttl", FlagKind::Text, ""}};
    const std::vector<std::string> words{word.toStdString()};
    const auto parsed = Arguments::parse(words, flags);
    QVERIFY(!parsed);
    QCOMPARE(QString::fromStdString(parsed.error().detail), error);
}

void TestCommandOutput::textIsWrapped()
{
    // As in the first disaster-recovery tutorial.
    QCOMPARE(
        QByteArray::fromStdString(wrapText("* Vault has successfully found secondary information; it may take a while to perform setup tasks. Vault "
                                           "will be unavailable until these tasks and initial sync complete.",
                                           2)),
        QByteArray{"  * Vault has successfully found secondary information; it may take a while to\n"
                   "  perform setup tasks. Vault will be unavailable until these tasks and initial\n"
                   "  sync complete."});
    QCOMPARE(QByteArray::fromStdString(wrapText("")), QByteArray{});
    const std::string word(200, 'x');
    QCOMPARE(wrapText(word), word);
}

void TestCommandOutput::durationsAreShownShort_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QByteArray>("shown");
    QTest::newRow("half an hour") << QByteArray{"1800"} << QByteArray{"30m"};
    QTest::newRow("32 days") << QByteArray{"2764800"} << QByteArray{"768h"};
    QTest::newRow("mixed") << QByteArray{"3661"} << QByteArray{"1h1m1s"};
    QTest::newRow("zero") << QByteArray{"0"} << QByteArray{"0s"};
    QTest::newRow("text") << QByteArray{"\"8h\""} << QByteArray{"8h"};
    QTest::newRow("digits as text") << QByteArray{"\"60\""} << QByteArray{"1m"};
    QTest::newRow("no whole number") << QByteArray{"1.5"} << QByteArray{"1.5"};
    QTest::newRow("beyond any clock") << QByteArray{"99999999999999"} << QByteArray{"99999999999999"};
}

void TestCommandOutput::durationsAreShownShort()
{
    QFETCH(QByteArray, json);
    QFETCH(QByteArray, shown);
    QCOMPARE(QByteArray::fromStdString(shownDuration(*Json::parse(json.toStdString()))), shown);
}

QTEST_APPLESS_MAIN(TestCommandOutput)
#include "tst_command_output.moc"
