#ifndef Q_MOC_RUN
#include "core/base/log_levels.h"
#include "core/base/log_listener.h"
#include "core/mount/answer_stream.h"
#endif
#include "tests/core/sys/sys_stack.h"

using namespace testing_sys;

/// sys/monitor and sys/loggers, as in Vault's API.
class TestMonitor : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { logging::setConfiguredLevel(logging::Level::Error); }
    void setsLevels_data();
    void setsLevels();
    void showsLevels();
    void monitorGivesWhatIsLogged();
    void monitorRefuses_data();
    void monitorRefuses();
    void monitorsAreFew();

private:
    struct Logs : RequestStack {
        Logs() { addMonitorRoutes(sys.routes()); }
    };
};

void TestMonitor::setsLevels_data()
{
    QTest::addColumn<int>("operation");
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("error"); // empty: 204
    QTest::addColumn<QByteArray>("http");  // the levels of two loggers afterwards
    QTest::addColumn<QByteArray>("audit");
    const auto row = [](const char* name, Operation operation, const char* path, const char* body, const char* error, const char* http,
                        const char* audit) {
        QTest::newRow(name) << int(operation) << QByteArray{path} << QByteArray{body} << QByteArray{error} << QByteArray{http} << QByteArray{audit};
    };
    const auto write = Operation::Update;
    const auto erase = Operation::Delete;
    row("all", write, "loggers", R"({"level":"debug"})", "", "debug", "debug");
    row("one", write, "loggers/http", R"({"level":"Trace"})", "", "trace", "warn");
    row("all back", erase, "loggers", "", "", "error", "error");
    row("one back", erase, "loggers/http", "", "", "error", "warn");
    row("none given", write, "loggers", "{}", "level is required", "warn", "warn");
    row("null", write, "loggers", R"({"level":null})", "level is required", "warn", "warn");
    row("empty", write, "loggers", R"({"level":""})", "level is empty", "warn", "warn");
    row("odd", write, "loggers", R"({"level":"odd"})", "invalid level provided: unknown log level: odd", "warn", "warn");
    row("number", write, "loggers", R"({"level":3})", "invalid level provided: unknown log level: 3", "warn", "warn");
    row("off", write, "loggers", R"({"level":"off"})", "invalid level provided: unknown log level: off", "warn", "warn");
    row("none given for one", write, "loggers/http", "{}", "level is required", "warn", "warn");
    row("odd for one", write, "loggers/http", R"({"level":"odd"})", "invalid level provided: unknown log level: odd", "warn", "warn");
    row("unknown", write, "loggers/nobody", R"({"level":"debug"})", R"(logger "nobody" not found)", "warn", "warn");
    row("unknown with a slash", write, "loggers/a/b", R"({"level":"debug"})", R"(logger "a/b" not found)", "warn", "warn");
    row("unknown back", erase, "loggers/nobody", "", R"(logger "nobody" not found)", "warn", "warn");
}

void TestMonitor::setsLevels()
{
    QFETCH(int, operation);
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, body);
    QFETCH(QByteArray, error);
    QFETCH(QByteArray, http);
    QFETCH(QByteArray, audit);
    Logs stack;
    logging::setLevels(logging::Level::Warn);
    // The change itself is logged, even if it makes the log say less.
    const auto listener = logging::LogListener::open(logging::Level::Warn, logging::Format::Standard);
    const auto answer = stack.ask(Operation(operation), path.toStdString(), body.toStdString());
    QCOMPARE(errorOf(answer), error);
    QCOMPARE(answer.isError ? answer.status : 204, error.isEmpty() ? 204 : 400);
    QVERIFY(!answer.hasContent());
    const auto name = [](const char* logger) { return QByteArray{logging::levelName(*logging::levelOf(logger)).data()}; };
    QCOMPARE(name("http"), http);
    QCOMPARE(name("audit"), audit);
    QCOMPARE(QByteArray::fromStdString((*listener)->take()).count("the level of the log is changed"), error.isEmpty() ? 1 : 0);
}

void TestMonitor::showsLevels()
{
    Logs stack;
    logging::setLevel("http", logging::Level::Debug);
    const auto all = stack.read("loggers");
    QCOMPARE(all.data->size(), logging::loggerNames().size());
    QCOMPARE(std::string{all.data->at("http").as_string()}, std::string{"debug"});
    QCOMPARE(std::string{all.data->at("core").as_string()}, std::string{"error"});
    const auto one = stack.read("loggers/http");
    QCOMPARE(one.data->size(), std::size_t{1});
    QCOMPARE(std::string{one.data->at("http").as_string()}, std::string{"debug"});
    const auto none = stack.read("loggers/nobody"); // empty and not an error, as in Vault
    QVERIFY(!none.isError && none.data && none.data->empty());
}

void TestMonitor::monitorGivesWhatIsLogged()
{
    Logs stack;
    const auto answer = stack.ask(Operation::Read, "monitor", R"({"log_level":"DEBUG"})");
    QVERIFY(answer.isRaw && answer.rawStream && answer.status == 200);
    QCOMPARE(answer.rawContentType, std::string{"text/plain; charset=utf-8"});
    QCOMPARE(answer.rawStream->token().view(), std::string_view{stack.fixture.token->id});
    logging::debug("http", "heard");
    logging::write(logging::Level::Trace, "http", "not heard");
    const auto text = QByteArray::fromStdString(answer.rawStream->take());
    QVERIFY(text.endsWith(" [DEBUG] http: heard\n") && text.count('\n') == 1);
    const auto json = stack.ask(Operation::Read, "monitor", R"({"log_level":"debug","log_format":"JSON"})");
    QCOMPARE(json.rawContentType, std::string{"application/json"});
    logging::debug("http", "again");
    QVERIFY(QByteArray::fromStdString(json.rawStream->take()).startsWith(R"({"@level":"debug","@message":"again")"));
    // info is the default
    const auto plain = stack.read("monitor");
    logging::debug("http", "too small");
    QVERIFY(plain.rawStream->take().empty());
}

void TestMonitor::monitorRefuses_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("error");
    QTest::newRow("level") << QByteArray{R"({"log_level":"odd"})"} << QByteArray{"unknown log level"};
    QTest::newRow("format") << QByteArray{R"({"log_format":"odd"})"} << QByteArray{"unknown log format"};
}

void TestMonitor::monitorRefuses()
{
    QFETCH(QByteArray, body);
    QFETCH(QByteArray, error);
    Logs stack;
    const auto answer = stack.ask(Operation::Read, "monitor", body.toStdString());
    QCOMPARE(errorOf(answer), error);
    QCOMPARE(answer.status, 400);
}

void TestMonitor::monitorsAreFew()
{
    Logs stack;
    std::vector<mount::Response> open;
    for (std::size_t count = 0; count < logging::LogListener::kListenersMax; ++count) open.push_back(stack.read("monitor"));
    QVERIFY(open.back().rawStream);
    const auto refused = stack.read("monitor");
    QCOMPARE(refused.status, 503);
    open.pop_back();
    QVERIFY(stack.read("monitor").rawStream);
}

QTEST_APPLESS_MAIN(TestMonitor)
#include "tst_monitor.moc"
