#include "tests/core/sys/sys_stack.h"

using namespace testing_sys;

/// sys/plugins/catalog lists the types of this program.
class TestPluginCatalog : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void listsWhatCanBeMounted();
    void showsOne_data();
    void showsOne();
    void takesNoOthers();

private:
    struct Catalog : RequestStack {
        Catalog() { addPluginCatalogRoutes(sys.routes(), registry); }
    };
    static QByteArray textOf(const boost::json::value& value) { return QByteArray::fromStdString(boost::json::serialize(value)); }
};

void TestPluginCatalog::listsWhatCanBeMounted()
{
    Catalog stack;
    const auto all = stack.read("plugins/catalog");
    QCOMPARE(textOf(all.data->at("secret")), QByteArray{R"(["kv"])"}); // without the cubbyhole, which is a built-in mount
    QCOMPARE(textOf(all.data->at("auth")), QByteArray{R"(["userpass"])"});
    QCOMPARE(textOf(all.data->at("database")), QByteArray{"[]"});
    QCOMPARE(all.data->at("detailed").as_array().size(), std::size_t{2});
    QCOMPARE(textOf(all.data->at("detailed").at(0).at("builtin")), QByteArray{"true"});
    QCOMPARE(textOf(stack.ask(Operation::List, "plugins/catalog/auth/").data->at("keys")), QByteArray{R"(["userpass"])"});
    QVERIFY(!stack.ask(Operation::List, "plugins/catalog/database/").hasContent());
    QCOMPARE(stack.ask(Operation::List, "plugins/catalog/odd/").status, 404);
}

void TestPluginCatalog::showsOne_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<bool>("isThere");
    QTest::newRow("method") << QByteArray{"auth/userpass"} << true;
    QTest::newRow("engine") << QByteArray{"secret/kv"} << true;
    QTest::newRow("of another type") << QByteArray{"secret/userpass"} << false;
    QTest::newRow("not mountable") << QByteArray{"secret/cubbyhole"} << false;
    QTest::newRow("unknown") << QByteArray{"auth/none"} << false;
    QTest::newRow("unknown type") << QByteArray{"odd/kv"} << false;
}

void TestPluginCatalog::showsOne()
{
    QFETCH(QByteArray, path);
    QFETCH(bool, isThere);
    Catalog stack;
    const auto answer = stack.read("plugins/catalog/" + path.toStdString());
    QCOMPARE(answer.isError, !isThere);
    QCOMPARE(answer.status, isThere ? 0 : 404);
    if (isThere) QCOMPARE(std::string{answer.data->at("name").as_string()}, path.toStdString().substr(path.toStdString().find('/') + 1));
}

void TestPluginCatalog::takesNoOthers()
{
    Catalog stack;
    QCOMPARE(errorOf(stack.write("plugins/catalog/secret/mine", R"({"sha256":"aa","command":"mine"})")),
             QByteArray{"could not set plugin, plugin directory is not configured"});
    const mount::PathSet sudo{stack.sys.sudoPaths()};
    QVERIFY(sudo.contains("plugins/catalog/auth/userpass") && sudo.contains("plugins/catalog/auth/") && !sudo.contains("plugins/catalog"));
}

QTEST_APPLESS_MAIN(TestPluginCatalog)
#include "tst_plugin_catalog.moc"
