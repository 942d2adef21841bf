#include "tests/app/command_fixture.h"

#include "app/holdfast/command_line.h"

#include <QtTest>

/// What a shell gets when the tab key is pressed.
class TestCompletion : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void completes_data();
    void completes();
    void completesModes();
};

void TestCompletion::completes_data()
{
    QTest::addColumn<QByteArray>("line");
    QTest::addColumn<QByteArray>("words");
    const auto row = [](const char* line, const char* words) { QTest::newRow(line) << QByteArray{line} << QByteArray{words}; };
    row("holdfast stat", "status");
    row("holdfast kv g", "get");
    row("holdfast kv metadata ", "delete get patch put");
    row("holdfast operator raft snapshot s", "save");
    row("holdfast kv get -ver", "-version=");
    row("holdfast kv get -mount=x -ver", "-version=");
    row("holdfast kv get secret/a -ver", "-version=");
    row("holdfast token lookup -accessor -fo", "-format=");
    row("holdfast nothing-here ", "");
    row("holdfast", "");
    row("", "");
}

void TestCompletion::completes()
{
    QFETCH(QByteArray, line);
    QFETCH(QByteArray, words);
    QByteArrayList found;
    for (const auto& word : cli::completionsOf(line.toStdString())) found.push_back(QByteArray::fromStdString(word));
    QCOMPARE(found.join(' '), words);
}

void TestCompletion::completesModes()
{
    const cli::Mode modes[] = {{"server", "Serve", {}}};
    QVERIFY(cli::completionsOf("holdfast ser", modes) == std::vector<std::string>{"server"});
    QVERIFY(cli::completionsOf("holdfast ", modes).size() > 20);
}

QTEST_APPLESS_MAIN(TestCompletion)
#include "tst_completion.moc"
