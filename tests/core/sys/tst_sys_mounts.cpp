#include "tests/core/sys/sys_stack.h"

#include <QTest>

using namespace testing_sys;

class TestSysMounts : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void mountsAreListedEnabledTunedAndDisabled();
    void refusesMounts_data();
    void refusesMounts();
    void takesWhatTheCommandLineSends();
    void tuningShowsAndWarns();
    void tuningToVersion2KeepsTheValues();
    void movesMounts();
    void authMountsHaveTheirOwnTable();
    void uiShowsMountsByRight();
    void uiFindsTheMountOfAPath_data();
    void uiFindsTheMountOfAPath();
    void authMountsTakeTheirTokensAlong();
    void secondaryCannotMount();
    void secondaryMovesItsLocalMounts_data();
    void secondaryMovesItsLocalMounts();
};

void TestSysMounts::mountsAreListedEnabledTunedAndDisabled()
{
    RequestStack stack;
    QVERIFY(
        !stack.write("mounts/app/v2", R"({"type":"kv-v2","description":"d","config":{"default_lease_ttl":"1h","max_lease_ttl":7200}})").hasContent());
    const auto list = stack.read("mounts");
    QVERIFY(list.isInjected);
    const auto info = dataOf(list).at("app/v2/").as_object();
    QCOMPARE(textOf(info.at("type")), QByteArray{"\"kv\""});
    QCOMPARE(textOf(info.at("options")), QByteArray{R"({"version":"2"})"});
    QCOMPARE(info.at("config").at("default_lease_ttl").as_int64(), 3600);
    QVERIFY(info.at("accessor").as_string().starts_with("kv_"));
    QVERIFY(dataOf(list).at("cubbyhole/").at("local").as_bool());
    QCOMPARE(dataOf(stack.read("mounts/app/v2")).at("uuid"), info.at("uuid"));

    stack.write("mounts/app/v2/tune", R"({"default_lease_ttl":"30m","description":"new"})");
    const auto tuned = dataOf(stack.read("mounts/app/v2/tune"));
    QCOMPARE(tuned.at("default_lease_ttl").as_int64(), 1800);
    QCOMPARE(tuned.at("max_lease_ttl").as_int64(), 7200);
    QCOMPARE(textOf(tuned.at("description")), QByteArray{"\"new\""});
    stack.write("mounts/app/v2/tune", R"({"default_lease_ttl":"","max_lease_ttl":null})"); // changes nothing
    QCOMPARE(dataOf(stack.read("mounts/app/v2/tune")).at("default_lease_ttl").as_int64(), 1800);
    stack.write("mounts/app/v2/tune", R"({"default_lease_ttl":"system","max_lease_ttl":"system"})");
    QCOMPARE(dataOf(stack.read("mounts/app/v2/tune")).at("default_lease_ttl").as_int64(), 2764800);

    QVERIFY(!stack.ask(Operation::Delete, "mounts/app/v2").isError);
    QVERIFY(!dataOf(stack.read("mounts")).contains("app/v2/"));
    QVERIFY(!stack.ask(Operation::Delete, "mounts/app/v2").isError);
}

void TestSysMounts::refusesMounts_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("text");
    const auto row = [](const char* tag, const char* path, const char* body, const char* text) {
        QTest::newRow(tag) << QByteArray{path} << QByteArray{body} << QByteArray{text};
    };
    row("in use", "mounts/secret", R"({"type":"kv"})", "path is already in use at secret/");
    row("below", "mounts/secret/below", R"({"type":"kv"})", "path is already in use at secret/");
    row("unknown type", "mounts/x", R"({"type":"x"})", "plugin not found in the catalog: x");
    row("no type", "mounts/x", "{}", "backend type must be specified as a string");
    row("protected", "mounts/sys", R"({"type":"kv"})", "cannot mount \"sys/\"");
    row("not mountable", "mounts/x", R"({"type":"cubbyhole"})", "mount type of \"cubbyhole\" is not mountable");
    row("lease times", "mounts/x", R"({"type":"kv","config":{"default_lease_ttl":"2h","max_lease_ttl":"1h"}})",
        "given default lease TTL greater than given max lease TTL");
    row("negative maximum", "mounts/x", R"({"type":"kv","config":{"max_lease_ttl":"-1s"}})",
        "given default lease TTL greater than given max lease TTL");
    row("version", "mounts/x", R"({"type":"kv","options":{"version":"3"}})", "invalid version provided: 3");
    row("version of another type", "mounts/x", R"({"type":"x","options":{"version":"2"}})", "secrets engine \"x\" does not allow setting a version");
    row("tune of sys", "mounts/sys/tune", R"({"description":"d"})", "cannot tune \"sys/\"");
    row("tune of no auth method", "mounts/auth/x/tune", R"({"description":"d"})", "tune of path \"auth/x/\" failed: no mount entry found");
    row("visibility", "mounts/x", R"({"type":"kv","config":{"listing_visibility":"x"}})", "invalid listing_visibility x");
    row("tune of nothing", "mounts/x/tune", R"({"description":"d"})", "tune of path \"x/\" failed: no mount entry found");
    row("downgrade", "mounts/two/tune", R"({"options":{"version":"1"}})", "cannot downgrade mount from version 2");
    row("token method", "auth/x", R"({"type":"token"})", "token credential backend cannot be instantiated");
    row("bad maximum", "mounts/x", R"({"type":"kv","config":{"max_lease_ttl":"soon"}})",
        "unable to parse max TTL of soon: time: invalid duration \"soon\"");
    row("bad default", "mounts/x", R"({"type":"kv","config":{"default_lease_ttl":"soon"}})",
        "unable to parse default TTL of soon: time: invalid duration \"soon\"");
    row("bad default of an auth method", "auth/x", R"({"type":"userpass","config":{"default_lease_ttl":"soon"}})",
        "unable to parse default TTL of soon: time: invalid duration \"soon\"");
    row("bad duration in a tuning", "mounts/secret/tune", R"({"default_lease_ttl":"soon"})", "time: invalid duration \"soon\"");
}

void TestSysMounts::refusesMounts()
{
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, body);
    QFETCH(QByteArray, text);
    RequestStack stack;
    stack.write("mounts/secret", R"({"type":"kv"})");
    stack.write("mounts/two", R"({"type":"kv","options":{"version":2}})");
    const auto before = stack.fixture.stored();
    const auto answer = stack.write(path.toStdString(), body.toStdString());
    QCOMPARE(answer.status, 400);
    QCOMPARE(errorOf(answer), text);
    QVERIFY(stack.fixture.stored() == before);
}

void TestSysMounts::takesWhatTheCommandLineSends()
{
    RequestStack stack;
    const auto answer = stack.write("mounts/secret", R"({"type":"kv","description":"","config":{"default_lease_ttl":"0s","max_lease_ttl":"0s",
        "force_no_cache":false,"options":null},"local":false,"seal_wrap":false,"external_entropy_access":false,"options":{"version":"2"}})");
    QVERIFY2(!answer.isError, errorOf(answer).constData());
    const auto tuned = dataOf(stack.read("mounts/secret/tune"));
    QCOMPARE(tuned.at("max_lease_ttl").as_int64(), 2764800);
    QCOMPARE(textOf(tuned.at("options")), QByteArray{R"({"version":"2"})"});
}

// The class: the form of answers about mounts. A tuning shows options only if there are some (sys/mounts itself shows null), and warns
// of fields that it cannot change. Other writes that read fields: those of replication and sys/tools use Route::fields for their warnings.
void TestSysMounts::tuningShowsAndWarns()
{
    RequestStack stack;
    stack.write("mounts/plain", R"({"type":"kv"})");
    QVERIFY(!dataOf(stack.read("mounts/plain/tune")).contains("options"));
    const auto tuned = stack.write("mounts/plain/tune", R"({"local":true,"seal_wrap":true,"description":"d"})");
    QCOMPARE(tuned.warnings, (std::vector<std::string>{"Endpoint ignored these unrecognized parameters: [local seal_wrap]"}));
    QVERIFY(stack.write("mounts/plain/tune", R"({"description":"e"})").warnings.empty());
}

void TestSysMounts::tuningToVersion2KeepsTheValues()
{
    RequestStack stack;
    stack.write("mounts/kv", R"({"type":"kv"})");
    const auto run = [&](Operation operation, const std::string& path, const std::string& body) {
        const auto route = stack.router.find("kv/" + path);
        auto request = stack.fixture.requestOf({operation, path, body});
        mount::Response answer;
        const auto done = stack.fixture.inTransaction([&](mount::Context& context) {
            mount::RouteContext own{*route, *context.system, stack.fixture.clock, stack.fixture.random};
            auto response = route->backend->handle(request, own.context());
            if (response) answer = *response;
            return response;
        });
        if (!done) qFatal("kv: %s", toString(done.error()).c_str());
        return answer;
    };
    run(Operation::Create, "app", R"({"a":1})");
    QVERIFY(!stack.write("mounts/kv/tune", R"({"options":{"version":"2"}})").isError);
    const auto read = run(Operation::Read, "data/app", {});
    QCOMPARE(textOf(dataOf(read).at("data")), QByteArray{R"({"a":1})"});
}

void TestSysMounts::movesMounts()
{
    RequestStack stack;
    stack.write("mounts/a", R"({"type":"kv"})");
    const auto uuid = dataOf(stack.read("mounts/a")).at("uuid");
    const auto moved = stack.write("remount", R"({"from":"a","to":"b/c"})");
    const std::string id{dataOf(moved).at("migration_id").as_string()};
    QCOMPARE(dataOf(stack.read("mounts/b/c")).at("uuid"), uuid);
    QVERIFY(stack.read("mounts/a").isError);
    QCOMPARE(moved.warnings.size(), 1u);
    const auto status = dataOf(stack.read("remount/status/" + id));
    QCOMPARE(textOf(status.at("migration_info").at("status")), QByteArray{"\"success\""});
    QCOMPARE(textOf(status.at("migration_info").at("target_mount")), QByteArray{"\"b/c/\""});
    QVERIFY(!stack.read("remount/status/other").hasContent());
    QCOMPARE(errorOf(stack.write("remount", R"({"from":"nowhere","to":"x"})")), QByteArray{"no matching mount at \"nowhere/\""});
    QCOMPARE(errorOf(stack.write("remount", R"({"from":"sys","to":"x"})")), QByteArray{"cannot remount \"sys/\""});
    stack.fixture.clock.advance(std::chrono::hours{25});
    stack.write("remount", R"({"from":"b/c","to":"d"})");
    QVERIFY(!stack.read("remount/status/" + id).hasContent());
}

void TestSysMounts::authMountsHaveTheirOwnTable()
{
    RequestStack stack;
    QVERIFY(!stack.write("auth/people", R"({"type":"userpass","config":{"token_type":"batch"}})").isError);
    const auto info = dataOf(stack.read("auth")).at("people/").as_object();
    QCOMPARE(textOf(info.at("config").at("token_type")), QByteArray{"\"batch\""});
    // Auth methods can be read and tuned below sys/mounts without sudo, and clients do both. They cannot be listed or enabled there.
    QCOMPARE(textOf(dataOf(stack.read("mounts/auth/people")).at("type")), QByteArray{"\"userpass\""});
    QCOMPARE(errorOf(stack.read("mounts/auth/nobody")), QByteArray{"No secret engine mount at auth/nobody/"});
    QCOMPARE(errorOf(stack.read("auth/nobody/tune")), QByteArray{"cannot fetch sysview for path \"auth/nobody/\""});
    stack.write("mounts/auth/people/tune", R"({"listing_visibility":"unauth"})"); // like the command line
    QCOMPARE(textOf(dataOf(stack.read("auth/people/tune")).at("listing_visibility")), QByteArray{"\"unauth\""});
    stack.ask(Operation::Delete, "auth/people");
    QVERIFY(!dataOf(stack.read("auth")).contains("people/"));
}

void TestSysMounts::uiShowsMountsByRight()
{
    RequestStack stack;
    stack.write("mounts/mine", R"({"type":"kv"})");
    stack.write("mounts/public", R"({"type":"kv","config":{"listing_visibility":"unauth"}})");
    stack.write("auth/people", R"({"type":"userpass","config":{"listing_visibility":"unauth"}})");
    stack.write("policies/acl/mine", R"({"policy":"path \"mine/a\" { capabilities = [\"read\"] }"})");
    const auto all = dataOf(stack.read("internal/ui/mounts"));
    QVERIFY(all.at("secret").as_object().contains("mine/"));
    QVERIFY(all.at("secret").at("mine/").as_object().contains("accessor"));

    stack.become(stack.makeToken({"mine"}));
    const auto own = dataOf(stack.read("internal/ui/mounts")).at("secret").as_object();
    QVERIFY(own.contains("mine/"));
    QVERIFY(own.contains("public/"));
    QVERIFY(!own.contains("sys/"));

    stack.fixture.token.reset();
    const auto open = dataOf(stack.read("internal/ui/mounts"));
    QCOMPARE(textOf(open.at("secret")), QByteArray{R"({"public/":{"description":"","options":null,"type":"kv"}})"});
    QVERIFY(open.at("auth").as_object().contains("people/"));
}

void TestSysMounts::uiFindsTheMountOfAPath_data()
{
    QTest::addColumn<bool>("isRoot");
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("mount"); // empty: refused
    QTest::newRow("root") << true << QByteArray{"mine/some/key"} << QByteArray{"mine/"};
    QTest::newRow("the mount itself") << true << QByteArray{"mine"} << QByteArray{"mine/"};
    QTest::newRow("unknown") << true << QByteArray{"none/x"} << QByteArray{};
    QTest::newRow("own") << false << QByteArray{"mine/other"} << QByteArray{"mine/"};
    QTest::newRow("not own") << false << QByteArray{"public/x"} << QByteArray{};
}

void TestSysMounts::uiFindsTheMountOfAPath()
{
    QFETCH(bool, isRoot);
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, mount);
    RequestStack stack;
    stack.write("mounts/mine", R"({"type":"kv-v2"})");
    stack.write("mounts/public", R"({"type":"kv"})");
    stack.write("policies/acl/mine", R"({"policy":"path \"mine/a\" { capabilities = [\"read\"] }"})");
    if (!isRoot) stack.become(stack.makeToken({"mine"}));
    const auto answer = stack.read("internal/ui/mounts/" + path.toStdString());
    if (mount.isEmpty()) {
        QCOMPARE(answer.status, 403);
        QCOMPARE(errorOf(answer), "preflight capability check returned 403, please ensure client's policies grant access to path \"" + path + "/\"");
    } else {
        QCOMPARE(textOf(dataOf(answer).at("path")), "\"" + mount + "\"");
        QCOMPARE(textOf(dataOf(answer).at("options")), QByteArray{R"({"version":"2"})"});
    }
}

void TestSysMounts::authMountsTakeTheirTokensAlong()
{
    RequestStack stack;
    stack.write("auth/people", R"({"type":"userpass"})");
    const auto alice = stack.makeToken({"default"}, "auth/people/login/alice");
    const auto other = stack.makeToken({"default"}, "auth/peoples/login/alice");
    const auto isGood = [&](const token::TokenEntry& token) {
        return !stack.write("capabilities", R"({"token":")" + token.id + R"(","paths":"x"})").isError;
    };
    QVERIFY(isGood(alice));
    stack.write("remount", R"({"from":"auth/people","to":"auth/staff"})");
    QVERIFY(!isGood(alice));
    const auto bob = stack.makeToken({"default"}, "auth/staff/login/bob");
    stack.ask(Operation::Delete, "auth/staff/");
    QVERIFY(!isGood(bob));
    QVERIFY(isGood(other));
}

void TestSysMounts::secondaryCannotMount()
{
    RequestStack stack;
    stack.fixture.access.shared = false;
    const auto shared = stack.fixture.handle(stack.sys, stack.fixture.requestOf({Operation::Update, "mounts/x", R"({"type":"kv"})"}));
    QVERIFY(!shared.has_value());
    QVERIFY(shared.error().code == ErrorCode::ReadOnly); // the pipeline forwards it to the primary
    QVERIFY(!stack.write("mounts/x", R"({"type":"kv","local":true})").isError);
    QVERIFY(dataOf(stack.read("mounts")).contains("x/"));
}

/// A change of a local mount on a secondary must not write shared rows: the request would go to the primary, and change the mount that
/// the primary has at the same path. Places looked at: enabling, disabling, tuning, moving, for secrets engines and auth methods. Moving wrote a
/// shared record of the move. Now the record is local too.
void TestSysMounts::secondaryMovesItsLocalMounts()
{
    QFETCH(QString, folder);
    QFETCH(QString, type);
    QFETCH(QString, prefix);
    RequestStack stack;
    stack.fixture.access.shared = false;
    const auto at = [&](const char* path) { return (folder + '/' + path).toStdString(); };
    QVERIFY(!stack.write(at("a"), ("{\"type\":\"" + type + "\",\"local\":true}").toStdString()).isError);
    QVERIFY(!stack.write(at("a/tune"), R"({"description":"d"})").isError);
    const auto uuid = dataOf(stack.read(at("a"))).at("uuid");
    const auto body = ("{\"from\":\"" + prefix + "a\",\"to\":\"" + prefix + "b\"}").toStdString();
    const auto moved = stack.fixture.handle(stack.sys, stack.fixture.requestOf({Operation::Update, "remount", body}));
    QVERIFY2(moved.has_value(), moved ? "" : toString(moved.error()).c_str());
    stack.reload();
    QCOMPARE(dataOf(stack.read(at("b"))).at("uuid"), uuid);
    const std::string id{dataOf(*moved).at("migration_id").as_string()};
    QVERIFY(stack.read("remount/status/" + id).hasContent());
    const auto gone = stack.fixture.handle(stack.sys, stack.fixture.requestOf({Operation::Delete, at("b"), {}}));
    QVERIFY2(gone.has_value(), gone ? "" : toString(gone.error()).c_str());
}

void TestSysMounts::secondaryMovesItsLocalMounts_data()
{
    QTest::addColumn<QString>("folder");
    QTest::addColumn<QString>("type");
    QTest::addColumn<QString>("prefix");
    QTest::newRow("secrets engine") << "mounts"
                                    << "kv"
                                    << "";
    QTest::newRow("auth method") << "auth"
                                 << "userpass"
                                 << "auth/";
}

QTEST_GUILESS_MAIN(TestSysMounts)
#include "tst_sys_mounts.moc"
