#include "core/base/log_levels.h"
#include "core/base/log_line.h"
#include "core/base/log_listener.h"

#include <QDirIterator>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QSet>
#include <QtTest>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

using namespace core;
using namespace core::logging;

/// The levels of the loggers, and the listeners of the log.
class TestLogLevels : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init();
    void everyAreaIsALogger();
    void levelsAreRead_data();
    void levelsAreRead();
    void eachLoggerHasItsLevel();
    void listenersHearTheirLevel();
    void listenersHearInTheirFormat();
    void aListenerKeepsABoundedAmount();
    void listenersAreFew();
    void aListenerIsWoken();
    void listenersMayLeaveWhileLinesCome();
};

void TestLogLevels::init()
{
    setConfiguredLevel(Level::Error); // the test's own lines must not be seen
}

/// The class: the code has a list twice, and only one of them grows. Here: an area that logs but is no logger has no level of its own. It could occur
/// with each new area. What holds: every area of the sources is a logger.
void TestLogLevels::everyAreaIsALogger()
{
    const QRegularExpression call{QStringLiteral("logging::(?:write\\([^\"]{0,80}|trace\\(|debug\\(|info\\(|warn\\(|error\\()\\s*\"([^\"]+)\"")};
    QSet<QString> known;
    for (const auto name : loggerNames()) known.insert(QString::fromUtf8(name.data(), qsizetype(name.size())));
    QSet<QString> seen;
    for (const auto* folder : {"/core", "/app"}) {
        QDirIterator files{QStringLiteral(HOLDFAST_SOURCE_DIR) + QLatin1String{folder},
                           {QStringLiteral("*.cpp"), QStringLiteral("*.h")},
                           QDir::Files,
                           QDirIterator::Subdirectories};
        while (files.hasNext()) {
            QFile file{files.next()};
            QVERIFY(file.open(QIODevice::ReadOnly));
            const auto text = QString::fromUtf8(file.readAll());
            for (auto match = call.globalMatch(text); match.hasNext();) {
                const auto area = match.next().captured(1);
                seen.insert(area);
                QVERIFY2(known.contains(area), qPrintable(file.fileName() + ": " + area));
            }
        }
    }
    QVERIFY(seen.contains(QStringLiteral("protobuf"))); // its level is computed
    QCOMPARE(seen, known);
}

void TestLogLevels::levelsAreRead_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("name"); // empty: none
    for (const auto* name : {"trace", "debug", "info", "warn", "error"}) QTest::newRow(name) << QString{name} << QString{name};
    QTest::newRow("case") << "DeBuG"
                          << "debug";
    QTest::newRow("blanks") << " warn "
                            << "warn";
    QTest::newRow("notice") << "notice"
                            << "info";
    QTest::newRow("empty") << ""
                           << "info";
    QTest::newRow("warning") << "warning"
                             << "warn";
    QTest::newRow("err") << "err"
                         << "error";
    QTest::newRow("off is none") << "off"
                                 << "";
    QTest::newRow("odd") << "odd"
                         << "";
    QTest::newRow("number") << "3"
                            << "";
}

void TestLogLevels::levelsAreRead()
{
    QFETCH(QString, text);
    QFETCH(QString, name);
    const auto level = knownLevel(text.toStdString());
    QCOMPARE(level ? QString::fromUtf8(levelName(*level).data()) : QString{}, name);
}

void TestLogLevels::eachLoggerHasItsLevel()
{
    setConfiguredLevel(Level::Info);
    QVERIFY(isWritten("http", Level::Info) && !isWritten("http", Level::Debug));
    QVERIFY(setLevel("http", Level::Debug));
    QVERIFY(isWritten("http", Level::Debug) && !isWritten("audit", Level::Debug));
    QVERIFY(levelOf("http") == Level::Debug && levelOf("audit") == Level::Info);
    setLevels(Level::Error);
    QVERIFY(levelOf("http") == Level::Error && !isWritten("http", Level::Warn));
    QVERIFY(resetLevel("http"));
    QVERIFY(levelOf("http") == Level::Info && levelOf("audit") == Level::Error);
    resetLevels();
    QVERIFY(levelOf("audit") == Level::Info);
    QVERIFY(!setLevel("nobody", Level::Debug) && !resetLevel("nobody") && !levelOf("nobody"));
    QVERIFY(isWritten("nobody", Level::Info) && !isWritten("nobody", Level::Debug)); // as configured
    QVERIFY(!isWritten("http", Level::Off));
}

void TestLogLevels::listenersHearTheirLevel()
{
    QVERIFY(!isAnyListening(Level::Error));
    auto debug = LogListener::open(Level::Debug, Format::Standard);
    auto warn = LogListener::open(Level::Warn, Format::Standard);
    QVERIFY(debug && warn && isAnyListening(Level::Debug) && !isAnyListening(Level::Trace));
    logging::debug("http", "small", {{"key", "a value"}}); // the log itself leaves this out
    logging::warn("audit", "large\nsecond line");
    logging::write(Level::Trace, "http", "nobody hears it");
    const auto heard = QString::fromStdString((*debug)->take());
    QCOMPARE(heard.count('\n'), 2);
    QVERIFY(heard.contains(" [DEBUG] http: small key=\"a value\"\n"));
    QVERIFY(heard.contains(" [WARN]  audit: large second line\n"));
    QCOMPARE(QString::fromStdString((*warn)->take()).count('\n'), 1);
    QVERIFY((*debug)->take().empty());
    debug->reset();
    QVERIFY(!isAnyListening(Level::Info) && isAnyListening(Level::Warn));
}

void TestLogLevels::listenersHearInTheirFormat()
{
    auto listener = LogListener::open(Level::Info, Format::Json);
    logging::info("http", "a \"quoted\" line", {{"key", "1"}});
    const auto heard = QByteArray::fromStdString((*listener)->take());
    const auto object = QJsonDocument::fromJson(heard).object();
    QCOMPARE(object["@message"].toString(), QStringLiteral("a \"quoted\" line"));
    QCOMPARE(object["@level"].toString(), QStringLiteral("info"));
    QCOMPARE(object["key"].toString(), QStringLiteral("1"));
}

/// The class: data that waits for a slow reader grows without end. Here: lines of the log. They are bounded in count and in bytes, and dropped lines
/// are counted.
void TestLogLevels::aListenerKeepsABoundedAmount()
{
    auto listener = LogListener::open(Level::Debug, Format::Standard);
    for (std::size_t count = 0; count < LogListener::kLinesMax + 7; ++count) logging::debug("http", "one of many");
    auto heard = QString::fromStdString((*listener)->take());
    QCOMPARE(heard.count('\n'), qsizetype(LogListener::kLinesMax + 1));
    QVERIFY(heard.endsWith("count=7\n"));
    const std::string large(LogListener::kBytesMax / 4, 'x');
    for (int count = 0; count < 10; ++count) logging::debug("http", large);
    heard = QString::fromStdString((*listener)->take());
    QVERIFY(heard.size() < qsizetype(LogListener::kBytesMax + 1024));
    QVERIFY(heard.endsWith("count=7\n"));
    logging::debug("http", "again");
    QCOMPARE(QString::fromStdString((*listener)->take()).count('\n'), 1);
}

void TestLogLevels::listenersAreFew()
{
    std::vector<std::unique_ptr<LogListener>> all;
    for (std::size_t count = 0; count < LogListener::kListenersMax; ++count) {
        auto listener = LogListener::open(Level::Info, Format::Standard);
        QVERIFY(listener);
        all.push_back(std::move(*listener));
    }
    const auto refused = LogListener::open(Level::Info, Format::Standard);
    QVERIFY(!refused && refused.error().code == ErrorCode::Unavailable);
    all.pop_back();
    QVERIFY(LogListener::open(Level::Info, Format::Standard));
}

void TestLogLevels::aListenerIsWoken()
{
    auto listener = LogListener::open(Level::Debug, Format::Standard);
    int wokenCount = 0;
    (*listener)->onLine([&] { ++wokenCount; });
    logging::debug("http", "first");
    logging::debug("http", "second"); // the listener was woken already
    QCOMPARE(wokenCount, 1);
    (void)(*listener)->take();
    logging::debug("http", "third");
    QCOMPARE(wokenCount, 2);
    (void)(*listener)->take();
    (*listener)->onLine({});
    logging::debug("http", "fourth");
    QCOMPARE(wokenCount, 2);
}

void TestLogLevels::listenersMayLeaveWhileLinesCome()
{
    std::atomic<bool> isOver{false};
    std::thread writer{[&] {
        while (!isOver) logging::debug("http", "a line");
    }};
    for (int round = 0; round < 2000; ++round) {
        const auto passing = LogListener::open(Level::Debug, Format::Standard);
        (void)(*passing)->take();
    }
    auto listener = LogListener::open(Level::Debug, Format::Standard);
    std::string heard;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20}; // long, for a busy machine
    while (heard.empty() && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::yield();
        heard = (*listener)->take();
    }
    isOver = true;
    writer.join();
    QVERIFY(!heard.empty());
}

QTEST_APPLESS_MAIN(TestLogLevels)
#include "tst_log_levels.moc"
