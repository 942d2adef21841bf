#include "tests/core/sys/sys_stack.h"

using namespace testing_sys;

/// sys/config/ui/headers stores header lines for the pages of a web interface.
class TestUiHeaders : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void keepsValues();
    void knowsOneHeaderByAnyCase();
    void refuses_data();
    void refuses();
    void takesSudo();
    void endsSomewhere();

private:
    struct Headers : RequestStack {
        Headers() { addUiHeaderRoutes(sys.routes()); }
    };
    static QByteArray textOf(const boost::json::value& value) { return QByteArray::fromStdString(boost::json::serialize(value)); }
    static QByteArray keysOf(const mount::Response& answer) { return answer.data ? textOf(answer.data->at("keys")) : QByteArray{}; }
};

void TestUiHeaders::keepsValues()
{
    Headers stack;
    QVERIFY(!stack.ask(Operation::List, "config/ui/headers/").hasContent());
    QVERIFY(!stack.read("config/ui/headers/X-Test").hasContent());
    const auto written = stack.write("config/ui/headers/X-Test", R"({"values":["one","two"]})");
    QCOMPARE(written.status, 200);
    QVERIFY(!written.isError && written.warnings.empty());
    QCOMPARE(textOf(*stack.read("config/ui/headers/X-Test").data), QByteArray{R"({"value":"one"})"});
    QCOMPARE(textOf(*stack.ask(Operation::Read, "config/ui/headers/X-Test", R"({"multivalue":"true"})").data),
             QByteArray{R"({"values":["one","two"]})"});
    QCOMPARE(keysOf(stack.ask(Operation::List, "config/ui/headers/")), QByteArray{R"(["X-Test"])"});

    QCOMPARE(stack.write("config/ui/headers/X-Test", R"({"values":"three"})").status, 200); // replaces both
    QCOMPARE(textOf(*stack.ask(Operation::Read, "config/ui/headers/X-Test", R"({"multivalue":true})").data), QByteArray{R"({"values":["three"]})"});
    QVERIFY(!stack.ask(Operation::Delete, "config/ui/headers/X-Test").isError);
    QVERIFY(!stack.ask(Operation::Delete, "config/ui/headers/X-Test").isError);
    QVERIFY(!stack.read("config/ui/headers/X-Test").hasContent());
}

void TestUiHeaders::knowsOneHeaderByAnyCase()
{
    Headers stack;
    const auto written = stack.write("config/ui/headers/content-security-POLICY", R"({"values":["default-src 'none'"]})");
    QCOMPARE(written.warnings.size(), std::size_t{1});
    QCOMPARE(keysOf(stack.ask(Operation::List, "config/ui/headers/")), QByteArray{R"(["Content-Security-Policy"])"});
    QVERIFY(stack.read("config/ui/headers/CONTENT-security-policy").hasContent());
    QVERIFY(!stack.ask(Operation::Delete, "config/ui/headers/content-security-policy").isError);
    QVERIFY(keysOf(stack.ask(Operation::List, "config/ui/headers/")).isEmpty());
}

void TestUiHeaders::refuses_data()
{
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("error");
    const auto row = [](const char* title, const char* name, const char* body, int status, const char* error) {
        QTest::newRow(title) << QByteArray{name} << QByteArray{body} << status << QByteArray{error};
    };
    row("no values", "X-A", "{}", 400, "header and values must be specified");
    row("null", "X-A", R"({"values":null})", 400, "header and values must be specified");
    row("empty list", "X-A", R"({"values":[]})", 400, "header and values must be specified");
    row("a header of Vault's", "x-vAult-q", R"({"values":["x"]})", 400, "X-Vault headers cannot be set");
    row("values come first", "X-Vault-Q", "{}", 400, "header and values must be specified");
    row("another header behind the value", "X-A", R"({"values":["x\r\nX-Evil: 1"]})", 400,
        "values takes at most 64 texts of at most 8192 bytes each, without line ends");
    row("no name of a header", "X-A:", R"({"values":["x"]})", 404, "1 error occurred:\n\t* unsupported path\n\n");
}

void TestUiHeaders::refuses()
{
    QFETCH(QByteArray, name);
    QFETCH(QByteArray, body);
    QFETCH(int, status);
    QFETCH(QByteArray, error);
    Headers stack;
    const auto answer = stack.write("config/ui/headers/" + name.toStdString(), body.toStdString());
    QCOMPARE(answer.status, status);
    QCOMPARE(errorOf(answer), error);
    QVERIFY(keysOf(stack.ask(Operation::List, "config/ui/headers/")).isEmpty());
}

void TestUiHeaders::takesSudo()
{
    Headers stack;
    const mount::PathSet sudo{stack.sys.sudoPaths()};
    QVERIFY(sudo.contains("config/ui/headers/X-Test") && sudo.contains("config/ui/headers/"));
}

void TestUiHeaders::endsSomewhere()
{
    Headers stack;
    for (int number = 0; number < 64; ++number) {
        QCOMPARE(stack.write("config/ui/headers/X-" + std::to_string(number), R"({"values":["x"]})").status, 200);
    }
    QCOMPARE(errorOf(stack.write("config/ui/headers/X-64", R"({"values":["x"]})")), QByteArray{"at most 64 headers can be set"});
    QCOMPARE(stack.write("config/ui/headers/X-63", R"({"values":["y"]})").status, 200);
}

QTEST_APPLESS_MAIN(TestUiHeaders)
#include "tst_ui_headers.moc"
