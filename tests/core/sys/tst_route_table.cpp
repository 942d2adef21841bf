#ifndef Q_MOC_RUN // moc of Qt 6.4 cannot read all of gcc 12's standard library
#include "core/mount/path_set.h"
#include "core/sys/route_table.h"
#endif

#include <QTest>

using namespace core;
using namespace core::sys;
using policy::Operation;

class TestRouteTable : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void finds_data();
    void finds();
    void tellsKnownPathsFromUnknown();
    void firstRouteWins();
    void givesPathSets_data();
    void givesPathSets();
    void givesHelpOfAnyVerb();
};

namespace {

Result<mount::Response> nothing(Call&)
{
    return mount::Response{};
}

RouteTable sample()
{
    RouteTable table;
    table.add({.verbs = Verb::Read, .pattern = "mounts", .handle = nothing, .help = "all"});
    table.add({.verbs = Verb::Read | Verb::Write, .pattern = "mounts/*path/tune", .handle = nothing});
    table.add({.verbs = Verb::Read | Verb::Delete, .pattern = "mounts/*path", .handle = nothing, .help = "one"});
    table.add({.verbs = Verb::Read, .pattern = "status/:id", .handle = nothing, .isUnauthenticated = true});
    table.add({.verbs = Verb::Write, .pattern = "audit/*path", .handle = nothing, .needsSudo = true});
    table.add({.verbs = Verb::List, .pattern = "leases/:kind/list", .handle = nothing, .needsSudo = true});
    return table;
}

} // namespace

void TestRouteTable::finds_data()
{
    QTest::addColumn<int>("operation");
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("pattern");
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QByteArray>("part");
    const auto row = [](const char* tag, Operation operation, const char* path, const char* pattern, const char* name = "", const char* part = "") {
        QTest::newRow(tag) << int(operation) << QByteArray{path} << QByteArray{pattern} << QByteArray{name} << QByteArray{part};
    };
    row("literal", Operation::Read, "mounts", "mounts");
    row("a slash behind it is another path", Operation::Read, "mounts/", "");
    row("so it is behind a part", Operation::Read, "status/7/", "");
    row("a list ends in a slash", Operation::List, "leases/a/list/", "leases/:kind/list", "kind", "a");
    row("rest", Operation::Read, "mounts/a", "mounts/*path", "path", "a");
    row("long rest", Operation::Delete, "mounts/a/b/", "mounts/*path", "path", "a/b/");
    row("rest in the middle", Operation::Update, "mounts/a/b/tune", "mounts/*path/tune", "path", "a/b");
    row("create is a write", Operation::Create, "mounts/a/tune", "mounts/*path/tune", "path", "a");
    row("named like the end", Operation::Read, "mounts/tune", "mounts/*path", "path", "tune");
    row("one segment", Operation::Read, "status/7", "status/:id", "id", "7");
    row("not two segments", Operation::Read, "status/7/8", "");
    row("nothing for the rest", Operation::Update, "audit/", "");
    row("other verb", Operation::List, "status/7", "");
}

void TestRouteTable::finds()
{
    QFETCH(int, operation);
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, pattern);
    QFETCH(QByteArray, name);
    QFETCH(QByteArray, part);
    const auto table = sample();
    const auto match = table.find(Operation(operation), path.toStdString());
    QCOMPARE(match.route != nullptr, !pattern.isEmpty());
    if (!match.route) return;
    QCOMPARE(QByteArray::fromStdString(match.route->pattern), pattern);
    if (!name.isEmpty()) QCOMPARE(QByteArray::fromStdString(match.captured.at(name.toStdString())), part);
}

void TestRouteTable::tellsKnownPathsFromUnknown()
{
    const auto table = sample();
    QVERIFY(table.find(Operation::Delete, "mounts").isPathKnown);
    QVERIFY(!table.find(Operation::Read, "nowhere").isPathKnown);
}

void TestRouteTable::firstRouteWins()
{
    RouteTable table;
    table.add({.verbs = Verb::Read, .pattern = "a/fixed", .handle = nothing});
    table.add({.verbs = Verb::Read, .pattern = "a/:any", .handle = nothing});
    QCOMPARE(table.find(Operation::Read, "a/fixed").route->pattern, std::string{"a/fixed"});
    QCOMPARE(table.find(Operation::Read, "a/other").route->pattern, std::string{"a/:any"});
}

void TestRouteTable::givesPathSets_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<bool>("isSudo");
    QTest::addColumn<bool>("isUnauthenticated");
    QTest::newRow("rest") << QByteArray{"audit/a/b"} << true << false;
    QTest::newRow("segment") << QByteArray{"status/7"} << false << true;
    QTest::newRow("too many segments") << QByteArray{"status/7/8"} << false << false;
    QTest::newRow("segment inside") << QByteArray{"leases/x/list"} << true << false;
    QTest::newRow("a list, with its slash") << QByteArray{"leases/x/list/"} << true << false;
    QTest::newRow("neither") << QByteArray{"mounts/a"} << false << false;
}

void TestRouteTable::givesPathSets()
{
    QFETCH(QByteArray, path);
    QFETCH(bool, isSudo);
    QFETCH(bool, isUnauthenticated);
    const auto table = sample();
    QCOMPARE(mount::PathSet{table.paths(&Route::needsSudo)}.contains(path.toStdString()), isSudo);
    QCOMPARE(mount::PathSet{table.paths(&Route::isUnauthenticated)}.contains(path.toStdString()), isUnauthenticated);
}

void TestRouteTable::givesHelpOfAnyVerb()
{
    const auto table = sample();
    QCOMPARE(table.help("mounts/"), std::string{"all\n\nPaths below sys/mounts:\n\n    sys/mounts/*path\n        one\n"});
    QCOMPARE(table.help("mounts/a"), std::string{"one\n"});
    QVERIFY(table.help("nowhere").empty());
    QVERIFY(table.help("mount").empty()); // a part of a name is no folder
}

QTEST_APPLESS_MAIN(TestRouteTable)
#include "tst_route_table.moc"
