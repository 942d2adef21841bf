#include "app/holdfast/server/lab_flags.h"

#include <QtTest>

/// The options of `holdfast lab`.
class TestLabFlags : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void options();
    void wrongOptionsAreNamed_data();
    void wrongOptionsAreNamed();
};

namespace {

std::vector<std::string> wordsOf(const QByteArray& line)
{
    std::vector<std::string> words;
    for (const auto& word : line.split(' ')) words.push_back(word.toStdString());
    return words;
}

} // namespace

void TestLabFlags::options()
{
    const auto none = cli::parseLabFlags({});
    QVERIFY(none && !none->isJson && none->lab.firstPort == 0 && none->lab.directory.empty());
    QCOMPARE(none->logLevel, core::logging::Level::Warn);
    const auto all = cli::parseLabFlags(wordsOf("-format=json --dir /data -port 1024 -log-level=debug"));
    QVERIFY2(all.has_value(), all ? "" : all.error().detail.c_str());
    QVERIFY(all->isJson && all->lab.firstPort == 1024 && all->lab.directory == "/data");
    QCOMPARE(all->logLevel, core::logging::Level::Debug);
}

void TestLabFlags::wrongOptionsAreNamed_data()
{
    QTest::addColumn<QByteArray>("option");
    QTest::addColumn<QByteArray>("value");
    for (const auto& [option, value] : std::initializer_list<std::pair<const char*, const char*>>{{"-port", "99999"},
                                                                                                  {"-port", "1023"},
                                                                                                  {"-port", "65000"},
                                                                                                  {"-port", "8200abc"},
                                                                                                  {"-port", ""},
                                                                                                  {"-log-level", "bogus"},
                                                                                                  {"-log-level", ""},
                                                                                                  {"-log-level", "off"},
                                                                                                  {"-format", "yaml"},
                                                                                                  {"-dir", ""}}) {
        QTest::addRow("%s=%s", option, value) << QByteArray{option} << QByteArray{value};
    }
}

// Class: an option is accepted with a value that it does not have, or the error names the wrong word. `lab` read its options itself. Looked at:
// `server`, which uses the parser of the other commands. Now `lab` uses it too, and the error has the option and the value.
void TestLabFlags::wrongOptionsAreNamed()
{
    QFETCH(QByteArray, option);
    QFETCH(QByteArray, value);
    const auto refused = cli::parseLabFlags(wordsOf(option + '=' + value));
    QVERIFY(!refused);
    const auto text = QByteArray::fromStdString(refused.error().detail);
    QVERIFY2(text.contains("invalid value \"" + value + "\" for flag " + option), text.constData());

    const std::vector<std::string> unknown{"-foo", "bar"};
    QCOMPARE(QByteArray::fromStdString(cli::parseLabFlags(unknown).error().detail), QByteArray{"flag provided but not defined: -foo"});
    const std::vector<std::string> argument{"start"};
    QVERIFY(cli::parseLabFlags(argument).error().detail.find("\"start\"") != std::string::npos);
}

QTEST_APPLESS_MAIN(TestLabFlags)
#include "tst_lab_flags.moc"
