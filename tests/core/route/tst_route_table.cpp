#ifndef Q_MOC_RUN // moc of Qt 6.4 cannot read all of gcc 12's standard library
#include "core/mount/path_set.h"
#include "core/route/route_table.h"
#endif

#include <QTest>

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

using namespace core;
using namespace core::route;
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
    void opensVerbsNotPaths_data();
    void opensVerbsNotPaths();
    void refusesWrongDeclarations_data();
    void refusesWrongDeclarations();
    void endsTheProcessForAWrongDeclaration();
    void givesHelpOfAnyVerb();
    void opensAllBelowAPrefix();
    void knowsTheFieldsOfAllVerbsOfAPath();
};

namespace {

Result<mount::Response> nothing(Call&)
{
    return mount::Response{};
}

RouteTable sample()
{
    RouteTable table{"sys/"};
    table.add({.verbs = Verb::Read, .pattern = "mounts", .handle = nothing, .help = "all"});
    table.add({.verbs = Verb::Read | Verb::Write, .pattern = "mounts/*path/tune", .handle = nothing});
    table.add({.verbs = Verb::Read | Verb::Delete, .pattern = "mounts/*path", .handle = nothing, .help = "one"});
    table.add({.verbs = Verb::Read, .pattern = "status/:id", .handle = nothing, .openVerbs = Verb::Read, .isOnDrSecondary = true});
    table.add({.verbs = Verb::Read | Verb::Write, .pattern = "epoch", .handle = nothing, .openVerbs = Verb::Read});
    table.add({.verbs = Verb::Delete, .pattern = "epoch", .handle = nothing, .isOnDrSecondary = true});
    table.add({.verbs = Verb::Read, .pattern = "status/*all", .handle = nothing});
    table.add({.verbs = Verb::Write, .pattern = "audit/*path", .handle = nothing, .needsSudo = true});
    table.add({.verbs = Verb::List, .pattern = "leases/:kind/list", .handle = nothing, .needsSudo = true});
    table.add({.verbs = Verb::Write, .pattern = "users/<name>/password", .handle = nothing});
    table.add({.verbs = Verb::Write, .pattern = "people/<name@>", .handle = nothing});
    table.add({.verbs = Verb::Renew, .pattern = "people/<name@>", .handle = nothing});
    table.add({.verbs = Verb::List, .pattern = "/", .handle = nothing});
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
    row("a list ends in a slash", Operation::List, "leases/a/list/", "leases/:kind/list", "kind", "a");
    row("rest", Operation::Read, "mounts/a", "mounts/*path", "path", "a");
    row("long rest", Operation::Delete, "mounts/a/b/", "mounts/*path", "path", "a/b/");
    row("rest in the middle", Operation::Update, "mounts/a/b/tune", "mounts/*path/tune", "path", "a/b");
    row("create is a write", Operation::Create, "mounts/a/tune", "mounts/*path/tune", "path", "a");
    row("named like the end", Operation::Read, "mounts/tune", "mounts/*path", "path", "tune");
    row("one segment", Operation::Read, "status/7", "status/:id", "id", "7");
    row("nothing for the rest", Operation::Update, "audit/", "");
    row("the one that was added first", Operation::Read, "status/7", "status/:id", "id", "7");
    row("the wider one", Operation::Read, "status/7/8", "status/*all", "all", "7/8");
    row("so it is behind a part", Operation::Read, "status/7/", "status/*all", "all", "7/");
    row("other verb", Operation::List, "status/7", "");
    row("generic name", Operation::Update, "users/a.b-c_d/password", "users/<name>/password", "name", "a.b-c_d");
    row("a generic name has no '@'", Operation::Update, "users/a@b/password", "");
    row("a generic name ends in a letter", Operation::Update, "users/a-/password", "");
    row("no name at all", Operation::Update, "users//password", "");
    row("generic name with '@'", Operation::Update, "people/a@b", "people/<name@>", "name", "a@b");
    row("a renewal is no read", Operation::Renew, "people/ann", "people/<name@>", "name", "ann");
    row("a read is no renewal", Operation::Read, "people/ann", "");
    row("the root", Operation::List, "", "/");
    row("no slash is the root", Operation::Read, "/", "");
}

void TestRouteTable::finds()
{
    QFETCH(int, operation);
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, pattern);
    QFETCH(QByteArray, name);
    QFETCH(QByteArray, part);
    const auto table = sample();
    const auto text = path.toStdString(); // the captured parts point into it
    const auto match = table.find(Operation(operation), text);
    QCOMPARE(match.route != nullptr, !pattern.isEmpty());
    if (!match.route) return;
    QCOMPARE(QByteArray::fromStdString(match.route->pattern), pattern);
    if (!name.isEmpty()) QCOMPARE(QByteArray::fromStdString(std::string{match.captured.value(name.toStdString())}), part);
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
    QTest::newRow("rest") << QByteArray{"audit/a/b"} << true;
    QTest::newRow("segment inside") << QByteArray{"leases/x/list"} << true;
    QTest::newRow("a list, with its slash") << QByteArray{"leases/x/list/"} << true;
    QTest::newRow("too many segments") << QByteArray{"leases/x/list/y"} << false;
    QTest::newRow("no sudo") << QByteArray{"mounts/a"} << false;
}

void TestRouteTable::givesPathSets()
{
    QFETCH(QByteArray, path);
    QFETCH(bool, isSudo);
    const auto table = sample();
    QCOMPARE(mount::PathSet{table.paths(&Route::needsSudo)}.contains(path.toStdString()), isSudo);
}

/// The class: a route that needs no token opens its path for the other verbs too. It could occur at every right that was a set of paths: routes
/// without a token, and routes of DR secondaries, where no token is checked. What holds: both are decided by path and verb of the route that answers.
/// `sudo` depends only on the path, as in Vault, because more of it only refuses more.
void TestRouteTable::opensVerbsNotPaths_data()
{
    QTest::addColumn<int>("operation");
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<bool>("isOpen");
    QTest::addColumn<bool>("isOnDrSecondary");
    const auto row = [](const char* tag, Operation operation, const char* path, bool isOpen, bool isOnDr) {
        QTest::newRow(tag) << int(operation) << QByteArray{path} << isOpen << isOnDr;
    };
    row("open verb", Operation::Read, "epoch", true, false);
    row("closed verb of the same route", Operation::Update, "epoch", false, false);
    row("the same as create", Operation::Create, "epoch", false, false);
    row("closed verb of another route", Operation::Delete, "epoch", false, true);
    row("no such verb, some closed", Operation::List, "epoch", false, true);
    row("open route before a wider closed one", Operation::Read, "status/7", true, true);
    row("the wider one itself", Operation::Read, "status/7/8", false, false);
    row("no such verb, one closed", Operation::Update, "status/7", false, true);
    row("closed", Operation::Read, "mounts", false, false);
    row("unknown", Operation::Read, "nowhere", false, false);
    row("help as a read", Operation::Help, "epoch", true, false);
}

void TestRouteTable::opensVerbsNotPaths()
{
    QFETCH(int, operation);
    QFETCH(QByteArray, path);
    QFETCH(bool, isOpen);
    QFETCH(bool, isOnDrSecondary);
    const auto table = sample();
    QCOMPARE(table.isOpen(Operation(operation), path.toStdString()), isOpen);
    QCOMPARE(table.isOnDrSecondary(Operation(operation), path.toStdString()), isOnDrSecondary);
    RouteTable open; // refused for its verb, not for a missing token, as in Vault
    open.add({.verbs = Verb::Write, .pattern = "login/:name", .handle = nothing, .openVerbs = Verb::Write});
    QVERIFY(open.isOpen(Operation::Delete, "login/ann"));
}

void TestRouteTable::refusesWrongDeclarations_data()
{
    QTest::addColumn<int>("verbs");
    QTest::addColumn<QByteArray>("pattern");
    QTest::addColumn<int>("openVerbs");
    QTest::addColumn<bool>("needsSudo");
    QTest::addColumn<QByteArray>("fault");
    const auto row = [](const char* tag, Verb verbs, const char* pattern, Verb open, bool sudo, const char* fault) {
        QTest::newRow(tag) << int(verbs) << QByteArray{pattern} << int(open) << sudo << QByteArray{fault};
    };
    const char* behind = "it is hidden behind ";
    row("right", Verb::Read | Verb::Write, "new", Verb::Read, false, "");
    row("sudo without an open verb", Verb::Write, "new", kNoVerb, true, "");
    row("another verb of a known path", Verb::Delete, "mounts", kNoVerb, false, "");
    row("a narrower path is added later, with another verb", Verb::List, "mounts/a", kNoVerb, false, "");
    row("as long as a known one, with a part for its literal", Verb::Write, ":any", kNoVerb, false, "");
    row("no verb", kNoVerb, "new", kNoVerb, false, "it has no verb, no pattern or no handler");
    row("no pattern", Verb::Read, "", kNoVerb, false, "it has no verb, no pattern or no handler");
    row("opens a verb that it does not take", Verb::Read, "new", Verb::Write, false, "it opens a verb that it does not take");
    row("opens one more", Verb::Read, "new", Verb::Read | Verb::Delete, false, "it opens a verb that it does not take");
    row("open with sudo", Verb::Read, "new", Verb::Read, true, "it needs sudo, and no token");
    row("twice", Verb::Read, "mounts", kNoVerb, false, (std::string{behind} + "mounts").c_str());
    row("twice, in one of its verbs", Verb::Delete | Verb::Write, "epoch", kNoVerb, false, (std::string{behind} + "epoch").c_str());
    row("closed behind an open one", Verb::Read, "status/:other", kNoVerb, false, (std::string{behind} + "status/:id").c_str());
    row("literal behind a part", Verb::Read, "status/seven", kNoVerb, false, (std::string{behind} + "status/:id").c_str());
    row("behind the rest", Verb::Delete, "mounts/:a/:b", kNoVerb, false, (std::string{behind} + "mounts/*path").c_str());
    row("a part without a name", Verb::Read, "new/:", kNoVerb, false, "a variable part of it has no name");
    row("two parts of one name", Verb::Read, "new/:a/*a", kNoVerb, false, "two parts of it are called a");
    row("too many parts", Verb::Read, ":a/:b/:c/:d/:e", kNoVerb, false, "it has more than 4 variable parts");
    row("a name behind any segment", Verb::Read, "status/<id>", kNoVerb, false, (std::string{behind} + "status/:id").c_str());
    row("a segment behind a name is wider", Verb::Write, "people/:any", kNoVerb, false, "");
    row("a name behind one with '@'", Verb::Write, "people/<any>", kNoVerb, false, (std::string{behind} + "people/<name@>").c_str());
    row("a folder itself is not behind its rest", Verb::Read, "mounts/", kNoVerb, false, "");
    row("rest behind the rest", Verb::Write, "audit/x/*more", kNoVerb, false, (std::string{behind} + "audit/*path").c_str());
}

void TestRouteTable::refusesWrongDeclarations()
{
    QFETCH(int, verbs);
    QFETCH(QByteArray, pattern);
    QFETCH(int, openVerbs);
    QFETCH(bool, needsSudo);
    QFETCH(QByteArray, fault);
    const Route route{
        .verbs = Verb(verbs), .pattern = pattern.toStdString(), .handle = nothing, .openVerbs = Verb(openVerbs), .needsSudo = needsSudo};
    QCOMPARE(QByteArray::fromStdString(sample().faultOf(route)), fault);
}

void TestRouteTable::endsTheProcessForAWrongDeclaration()
{
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(STDERR_FILENO);
        sample().add({.verbs = Verb::Read, .pattern = "new", .handle = nothing, .openVerbs = Verb::Write});
        ::_exit(0);
    }
    QVERIFY(child > 0);
    int status = 0;
    QCOMPARE(::waitpid(child, &status, 0), child);
    QVERIFY(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

void TestRouteTable::givesHelpOfAnyVerb()
{
    const auto table = sample();
    QCOMPARE(table.help("mounts/"), std::string{"all\n\nPaths below sys/mounts:\n\n    sys/mounts/*path\n        one\n"});
    QCOMPARE(table.help("mounts/a"), std::string{"one\n"});
    QVERIFY(table.help("nowhere").empty());
    QVERIFY(table.help("mount").empty()); // a part of a name is not a folder
}

void TestRouteTable::opensAllBelowAPrefix()
{
    RouteTable table;
    table.openBelow("login/");
    table.add({.verbs = Verb::Write, .pattern = "login/<name>", .handle = nothing});
    table.add({.verbs = Verb::Read, .pattern = "logins", .handle = nothing});
    QVERIFY(table.isOpen(Operation::Update, "login/ann"));
    QVERIFY(table.isOpen(Operation::Read, "login/no/such/path")); // 404 and not 403, as with Vault's special paths
    QVERIFY(!table.isOpen(Operation::Read, "login"));
    QVERIFY(!table.isOpen(Operation::Read, "logins"));
}

void TestRouteTable::knowsTheFieldsOfAllVerbsOfAPath()
{
    RouteTable table;
    table.add({.verbs = Verb::Read, .pattern = "key/:name", .handle = nothing, .fields = FieldList{"version"}});
    table.add({.verbs = Verb::Write, .pattern = "key/:name", .handle = nothing, .fields = FieldList{{"type", FieldType::Text, "what it is"}}});
    table.add({.verbs = Verb::Delete, .pattern = "key/:name", .handle = nothing});
    table.add({.verbs = Verb::Patch, .pattern = "key/:name", .handle = nothing, .fields = FieldList{"type"}, .isWithoutWarnings = true});
    const auto namesOf = [&](Operation operation) {
        QStringList names;
        const auto match = table.find(operation, "key/a");
        for (const auto& field : match.fields ? *match.fields : FieldList{})
            names << QString::fromUtf8(field.name.data(), qsizetype(field.name.size()));
        names.sort();
        names.removeDuplicates();
        return names.join(' ');
    };
    QCOMPARE(namesOf(Operation::Read), QString{"type version"});
    QCOMPARE(namesOf(Operation::Update), QString{"type version"});
    QCOMPARE(namesOf(Operation::Delete), QString{}); // declares none: no warnings
    QCOMPARE(namesOf(Operation::Patch), QString{});  // warns itself
}

QTEST_APPLESS_MAIN(TestRouteTable)
#include "tst_route_table.moc"
