#include "tests/core/backend_fixture.h"

#ifndef Q_MOC_RUN
#include "core/engine/kv/kv_v1_backend.h"
#include "core/engine/kv/kv_v2_backend.h"
#include "core/mount/codec.h"
#include "core/sys/handlers.h"
#include "core/sys/sys_backend.h"
#endif

#include <QTest>
#include <QTemporaryDir>

using namespace core;
using namespace core::sys;
using namespace testing_backend;
using policy::Operation;

class TestSysBackend : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void mountsAreListedEnabledTunedAndDisabled();
    void refusesMounts_data();
    void refusesMounts();
    void takesWhatTheCommandLineSends();
    void tuningToVersion2KeepsTheValues();
    void movesMounts();
    void authMountsHaveTheirOwnTable();
    void policiesLive();
    void refusesPolicies_data();
    void refusesPolicies();
    void legacyPoliciesShowRules();
    void capabilitiesOfTokens();
    void uiShowsMountsByRight();
    void uiFindsTheMountOfAPath_data();
    void uiFindsTheMountOfAPath();
    void resultantAclShowsRules();
    void wrappingRoundTrip();
    void wrapNeedsAWrapTtl();
    void auditDevicesLive();
    void auditedHeadersLive();
    void toolsHash_data();
    void toolsHash();
    void toolsRandom_data();
    void toolsRandom();
    void revokePrefixEndsTokens();
    void authMountsTakeTheirTokensAlong();
    void leasesAreUnknown();
    void answersUnknownPathsAndVerbs();
    void secondaryMayNotMount();
};

namespace {

/// sys/ with everything below it, as the server composes it.
struct House {
    House() : fixture{mountOf("sys/", "system")}, router{registry, {}}, mounts{registry, router, fixture.random, fixture.clock}
            , tokens{fixture.random}, wrapping{tokens, [] { return std::string{"https://here:8200"}; }}, audit{fixture.random, fixture.clock}
            , leases{fixture.store(), fixture.barrier(), tokens, fixture.clock, [](const auto&) {}}
    {
        const auto makeKv = [](const mount::MountEntry& entry) -> std::shared_ptr<mount::Backend> {
            const auto version = entry.options.find("version");
            if (version != entry.options.end() && version->second == "2") return std::make_shared<engine::KvV2Backend>();
            return std::make_shared<engine::KvV1Backend>();
        };
        const auto makePlain = [](const mount::MountEntry&) -> std::shared_ptr<mount::Backend> {
            return std::make_shared<engine::KvV1Backend>();
        };
        registry.add(mount::TableKind::Secrets, "kv", {.make = makeKv, .isMountable = true, .hasVersions = true});
        registry.add(mount::TableKind::Secrets, "cubbyhole", {.make = makePlain, .isMountable = false, .hasVersions = false});
        registry.add(mount::TableKind::Auth, "userpass", {.make = makePlain, .isMountable = true, .hasVersions = false});
        addMountRoutes(sys.routes(), mounts, router, tokens);
        addPolicyRoutes(sys.routes(), policies);
        addCapabilityRoutes(sys.routes(), policies, tokens);
        addInternalUiRoutes(sys.routes(), policies, router);
        addWrappingRoutes(sys.routes(), wrapping);
        addLeaseRoutes(sys.routes(), tokens, leases);
        addAuditRoutes(sys.routes(), audit);
        addToolRoutes(sys.routes());
        addLicenseRoutes(sys.routes());
        const auto begun = fixture.inTransaction([&](mount::Context& context) -> Result<mount::Response> {
            if (auto done = mounts.ensureDefaults(*context.system); !done) return done.error();
            if (auto done = policies.initialize(*context.system); !done) return done.error();
            auto root = tokens.createRoot(*context.system, fixture.clock.now());
            if (!root) return root.error();
            fixture.token = std::make_shared<token::TokenEntry>(*root);
            return mount::Response{};
        });
        if (!begun) qFatal("init: %s", toString(begun.error()).c_str());
        reload();
    }

    /// What the pipeline does after a commit.
    void reload()
    {
        policies.invalidate();
        tokens.forgetAll();
        const auto done = fixture.inTransaction([&](mount::Context& context) -> Result<mount::Response> {
            if (auto loaded = mounts.reload(*context.system); !loaded) return loaded.error();
            if (auto loaded = audit.reload(*context.system); !loaded) return loaded.error();
            return mount::Response{};
        });
        if (!done) qFatal("reload: %s", toString(done.error()).c_str());
    }

    mount::Response ask(Operation operation, const std::string& path, const std::string& body = {})
    {
        auto response = fixture.ask(sys, {operation, path, body});
        reload();
        return response;
    }
    mount::Response read(const std::string& path) { return ask(Operation::Read, path); }
    mount::Response write(const std::string& path, const std::string& body = {}) { return ask(Operation::Update, path, body); }

    token::TokenEntry makeToken(const std::vector<std::string>& names, const std::string& path = "auth/token/create")
    {
        token::TokenEntry draft;
        draft.policies = names;
        draft.path = path;
        draft.createdAt = fixture.clock.now();
        draft.issuedAt = draft.createdAt;
        draft.expiresAt = draft.createdAt + std::chrono::hours{1};
        const auto made = fixture.inTransaction([&](mount::Context& context) -> Result<mount::Response> {
            auto entry = tokens.create(*context.system, draft);
            if (!entry) return entry.error();
            draft = *entry;
            return mount::Response{};
        });
        if (!made) qFatal("token: %s", toString(made.error()).c_str());
        tokens.forgetAll();
        return draft;
    }
    void become(const token::TokenEntry& token) { fixture.token = std::make_shared<token::TokenEntry>(token); }

    Fixture fixture;
    mount::BackendRegistry registry;
    mount::Router router;
    mount::MountTable mounts;
    policy::PolicyStore policies;
    token::TokenStore tokens;
    token::Wrapping wrapping;
    audit::Broker audit;
    lease::LeaseManager leases;
    SysBackend sys;
};

} // namespace

void TestSysBackend::mountsAreListedEnabledTunedAndDisabled()
{
    House house;
    QVERIFY(!house.write("mounts/app/v2", R"({"type":"kv-v2","description":"d","config":{"default_lease_ttl":"1h","max_lease_ttl":7200}})").hasContent());
    const auto list = house.read("mounts");
    QVERIFY(list.isInjected);
    const auto info = dataOf(list).at("app/v2/").as_object();
    QCOMPARE(textOf(info.at("type")), QByteArray{"\"kv\""});
    QCOMPARE(textOf(info.at("options")), QByteArray{R"({"version":"2"})"});
    QCOMPARE(info.at("config").at("default_lease_ttl").as_int64(), 3600);
    QVERIFY(info.at("accessor").as_string().starts_with("kv_"));
    QVERIFY(dataOf(list).at("cubbyhole/").at("local").as_bool());
    QCOMPARE(dataOf(house.read("mounts/app/v2")).at("uuid"), info.at("uuid"));

    house.write("mounts/app/v2/tune", R"({"default_lease_ttl":"30m","description":"new"})");
    const auto tuned = dataOf(house.read("mounts/app/v2/tune"));
    QCOMPARE(tuned.at("default_lease_ttl").as_int64(), 1800);
    QCOMPARE(tuned.at("max_lease_ttl").as_int64(), 7200);
    QCOMPARE(textOf(tuned.at("description")), QByteArray{"\"new\""});
    house.write("mounts/app/v2/tune", R"({"default_lease_ttl":"system","max_lease_ttl":"system"})");
    QCOMPARE(dataOf(house.read("mounts/app/v2/tune")).at("default_lease_ttl").as_int64(), 2764800);

    QVERIFY(!house.ask(Operation::Delete, "mounts/app/v2").isError);
    QVERIFY(!dataOf(house.read("mounts")).contains("app/v2/"));
    QVERIFY(!house.ask(Operation::Delete, "mounts/app/v2").isError);
}

void TestSysBackend::refusesMounts_data()
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
    row("lease times", "mounts/x", R"({"type":"kv","config":{"default_lease_ttl":"2h","max_lease_ttl":"1h"}})", "given default lease TTL greater than given max lease TTL");
    row("visibility", "mounts/x", R"({"type":"kv","config":{"listing_visibility":"x"}})", "invalid listing_visibility x");
    row("tune of nothing", "mounts/x/tune", R"({"description":"d"})", "tune of path \"x/\" failed: no mount entry found");
    row("downgrade", "mounts/two/tune", R"({"options":{"version":"1"}})", "cannot downgrade mount from version 2");
    row("token method", "auth/x", R"({"type":"token"})", "token credential backend cannot be instantiated");
    row("bad duration", "mounts/x", R"({"type":"kv","config":{"max_lease_ttl":"soon"}})", "Field validation failed: error converting input for field \"max_lease_ttl\": not a duration: soon");
}

void TestSysBackend::refusesMounts()
{
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, body);
    QFETCH(QByteArray, text);
    House house;
    house.write("mounts/secret", R"({"type":"kv"})");
    house.write("mounts/two", R"({"type":"kv","options":{"version":2}})");
    const auto before = house.fixture.stored();
    const auto answer = house.write(path.toStdString(), body.toStdString());
    QCOMPARE(answer.status, 400);
    QCOMPARE(errorOf(answer), text);
    QVERIFY(house.fixture.stored() == before);
}

void TestSysBackend::takesWhatTheCommandLineSends()
{
    House house;
    const auto answer = house.write("mounts/secret", R"({"type":"kv","description":"","config":{"default_lease_ttl":"0s","max_lease_ttl":"0s",
        "force_no_cache":false,"options":null},"local":false,"seal_wrap":false,"external_entropy_access":false,"options":{"version":"2"}})");
    QVERIFY2(!answer.isError, errorOf(answer).constData());
    const auto tuned = dataOf(house.read("mounts/secret/tune"));
    QCOMPARE(tuned.at("max_lease_ttl").as_int64(), 2764800);
    QCOMPARE(textOf(tuned.at("options")), QByteArray{R"({"version":"2"})"});
}

void TestSysBackend::tuningToVersion2KeepsTheValues()
{
    House house;
    house.write("mounts/kv", R"({"type":"kv"})");
    const auto run = [&](Operation operation, const std::string& path, const std::string& body) {
        const auto route = house.router.find("kv/" + path);
        auto request = house.fixture.requestOf({operation, path, body});
        mount::Response answer;
        const auto done = house.fixture.inTransaction([&](mount::Context& context) {
            mount::RouteContext own{*route, *context.system, house.fixture.clock, house.fixture.random};
            auto response = route->backend->handle(request, own.context());
            if (response) answer = *response;
            return response;
        });
        if (!done) qFatal("kv: %s", toString(done.error()).c_str());
        return answer;
    };
    run(Operation::Create, "app", R"({"a":1})");
    QVERIFY(!house.write("mounts/kv/tune", R"({"options":{"version":"2"}})").isError);
    const auto read = run(Operation::Read, "data/app", {});
    QCOMPARE(textOf(dataOf(read).at("data")), QByteArray{R"({"a":1})"});
}

void TestSysBackend::movesMounts()
{
    House house;
    house.write("mounts/a", R"({"type":"kv"})");
    const auto uuid = dataOf(house.read("mounts/a")).at("uuid");
    const auto moved = house.write("remount", R"({"from":"a","to":"b/c"})");
    const std::string id{dataOf(moved).at("migration_id").as_string()};
    QCOMPARE(dataOf(house.read("mounts/b/c")).at("uuid"), uuid);
    QVERIFY(house.read("mounts/a").isError);
    const auto status = dataOf(house.read("remount/status/" + id));
    QCOMPARE(textOf(status.at("migration_info").at("status")), QByteArray{"\"success\""});
    QCOMPARE(textOf(status.at("migration_info").at("target_mount")), QByteArray{"\"b/c/\""});
    QVERIFY(!house.read("remount/status/other").hasContent());
    QCOMPARE(errorOf(house.write("remount", R"({"from":"nowhere","to":"x"})")), QByteArray{"no matching mount at \"nowhere/\""});
    QCOMPARE(errorOf(house.write("remount", R"({"from":"sys","to":"x"})")), QByteArray{"cannot remount \"sys/\""});
    house.fixture.clock.advance(std::chrono::hours{25});
    house.write("remount", R"({"from":"b/c","to":"d"})");
    QVERIFY(!house.read("remount/status/" + id).hasContent());
}

void TestSysBackend::authMountsHaveTheirOwnTable()
{
    House house;
    QVERIFY(!house.write("auth/people", R"({"type":"userpass","config":{"token_type":"batch"}})").isError);
    const auto info = dataOf(house.read("auth")).at("people/").as_object();
    QCOMPARE(textOf(info.at("config").at("token_type")), QByteArray{"\"batch\""});
    house.write("mounts/auth/people/tune", R"({"listing_visibility":"unauth"})"); // as the command line does
    QCOMPARE(textOf(dataOf(house.read("auth/people/tune")).at("listing_visibility")), QByteArray{"\"unauth\""});
    house.ask(Operation::Delete, "auth/people");
    QVERIFY(!dataOf(house.read("auth")).contains("people/"));
}

void TestSysBackend::policiesLive()
{
    House house;
    QCOMPARE(textOf(dataOf(house.ask(Operation::List, "policies/acl/")).at("keys")), QByteArray{R"(["default","root"])"});
    const std::string document = R"(path "secret/a" { capabilities = ["read"] })";
    const std::string body = boost::json::serialize(boost::json::object{{"policy", document}});
    QVERIFY(!house.write("policies/acl/Ops", body).hasContent());
    const auto read = dataOf(house.read("policies/acl/OPS"));
    QCOMPARE(textOf(read.at("name")), QByteArray{"\"ops\""});
    QCOMPARE(read.at("policy").as_string(), boost::json::string_view{document});
    house.write("policies/acl/coded", "{\"policy\":\"" + QByteArray::fromStdString(document).toBase64().toStdString() + "\"}");
    QVERIFY(dataOf(house.read("policies/acl/coded")).at("policy").as_string().starts_with("path"));
    QCOMPARE(textOf(dataOf(house.read("policies/acl")).at("keys")), QByteArray{R"(["coded","default","ops","root"])"});
    QVERIFY(!house.ask(Operation::Delete, "policies/acl/ops").isError);
    QVERIFY(!house.ask(Operation::Delete, "policies/acl/ops").isError);
    QVERIFY(!house.read("policies/acl/ops").hasContent());
    QCOMPARE(textOf(dataOf(house.read("policies/acl/root")).at("policy")), QByteArray{"\"\""});
}

void TestSysBackend::refusesPolicies_data()
{
    QTest::addColumn<int>("operation");
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("text");
    const QByteArray good{R"({"policy":"path \"x\" { capabilities = [\"read\"] }"})"};
    QTest::newRow("empty") << int(Operation::Update) << QByteArray{"ops"} << QByteArray{R"({"policy":""})"} << QByteArray{"'policy' parameter not supplied or empty"};
    QTest::newRow("root") << int(Operation::Update) << QByteArray{"root"} << good << QByteArray{"cannot update \"root\" policy"};
    QTest::newRow("response-wrapping") << int(Operation::Update) << QByteArray{"response-wrapping"} << good << QByteArray{"cannot update \"response-wrapping\" policy"};
    QTest::newRow("delete root") << int(Operation::Delete) << QByteArray{"root"} << QByteArray{} << QByteArray{"cannot delete \"root\" policy"};
    QTest::newRow("delete default") << int(Operation::Delete) << QByteArray{"default"} << QByteArray{} << QByteArray{"cannot delete default policy"};
}

void TestSysBackend::refusesPolicies()
{
    QFETCH(int, operation);
    QFETCH(QByteArray, name);
    QFETCH(QByteArray, body);
    QFETCH(QByteArray, text);
    House house;
    for (const std::string folder : {"policies/acl/", "policy/"}) {
        const auto answer = house.ask(Operation(operation), folder + name.toStdString(), body.toStdString());
        QCOMPARE(answer.status, 400);
        QCOMPARE(errorOf(answer), text);
    }
    const auto damaged = house.write("policies/acl/ops", R"({"policy":"path \"x\" { capabilities = [\"fly\"] }"})");
    QCOMPARE(damaged.status, 400);
    QVERIFY(errorOf(damaged).startsWith("failed to parse policy: "));
}

void TestSysBackend::legacyPoliciesShowRules()
{
    House house;
    const auto written = house.write("policy/ops", R"({"rules":"path \"x\" { policy = \"read\" }"})");
    QCOMPARE(written.warnings.size(), 1u);
    const auto read = house.read("policy/ops");
    QVERIFY(read.isInjected);
    QVERIFY(dataOf(read).contains("rules"));
    QVERIFY(dataOf(house.read("policy")).contains("policies"));
}

void TestSysBackend::capabilitiesOfTokens()
{
    House house;
    house.write("policies/acl/ops", R"({"policy":"path \"a/*\" { capabilities = [\"update\",\"read\",\"create\"] } path \"a/b\" { capabilities = [\"deny\"] }"})");
    const auto token = house.makeToken({"ops"});
    const auto answer = house.write("capabilities", R"({"token":")" + token.id + R"(","paths":["/a/x","a/b","c"]})");
    QVERIFY(answer.isInjected);
    QCOMPARE(textOf(*answer.data), QByteArray{R"({"/a/x":["create","read","update"],"a/b":["deny"],"c":["deny"]})"});
    const auto single = house.write("capabilities-accessor", R"({"accessor":")" + token.accessor + R"(","path":"a/x"})");
    QCOMPARE(textOf(single.data->at("capabilities")), QByteArray{R"(["create","read","update"])"});
    QCOMPARE(textOf(house.write("capabilities-self", R"({"paths":"x"})").data->at("x")), QByteArray{R"(["root"])"});
    QCOMPARE(errorOf(house.write("capabilities-self", "{}")), QByteArray{"paths must be supplied"});
    QCOMPARE(errorOf(house.write("capabilities", R"({"token":"hvs.none","paths":"x"})")), QByteArray{"invalid token"});
    QCOMPARE(errorOf(house.write("capabilities-accessor", R"({"paths":"x"})")), QByteArray{"missing accessor"});
}

void TestSysBackend::uiShowsMountsByRight()
{
    House house;
    house.write("mounts/mine", R"({"type":"kv"})");
    house.write("mounts/public", R"({"type":"kv","config":{"listing_visibility":"unauth"}})");
    house.write("auth/people", R"({"type":"userpass","config":{"listing_visibility":"unauth"}})");
    house.write("policies/acl/mine", R"({"policy":"path \"mine/a\" { capabilities = [\"read\"] }"})");
    const auto all = dataOf(house.read("internal/ui/mounts"));
    QVERIFY(all.at("secret").as_object().contains("mine/"));
    QVERIFY(all.at("secret").at("mine/").as_object().contains("accessor"));

    house.become(house.makeToken({"mine"}));
    const auto own = dataOf(house.read("internal/ui/mounts")).at("secret").as_object();
    QVERIFY(own.contains("mine/"));
    QVERIFY(own.contains("public/"));
    QVERIFY(!own.contains("sys/"));

    house.fixture.token.reset();
    const auto open = dataOf(house.read("internal/ui/mounts"));
    QCOMPARE(textOf(open.at("secret")), QByteArray{R"({"public/":{"description":"","options":null,"type":"kv"}})"});
    QVERIFY(open.at("auth").as_object().contains("people/"));
}

void TestSysBackend::uiFindsTheMountOfAPath_data()
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

void TestSysBackend::uiFindsTheMountOfAPath()
{
    QFETCH(bool, isRoot);
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, mount);
    House house;
    house.write("mounts/mine", R"({"type":"kv-v2"})");
    house.write("mounts/public", R"({"type":"kv"})");
    house.write("policies/acl/mine", R"({"policy":"path \"mine/a\" { capabilities = [\"read\"] }"})");
    if (!isRoot) house.become(house.makeToken({"mine"}));
    const auto answer = house.read("internal/ui/mounts/" + path.toStdString());
    if (mount.isEmpty()) {
        QCOMPARE(answer.status, 403);
        QCOMPARE(errorOf(answer), "preflight capability check returned 403, please ensure client's policies grant access to path \"" + path + "/\"");
    } else {
        QCOMPARE(textOf(dataOf(answer).at("path")), "\"" + mount + "\"");
        QCOMPARE(textOf(dataOf(answer).at("options")), QByteArray{R"({"version":"2"})"});
    }
}

void TestSysBackend::resultantAclShowsRules()
{
    House house;
    QCOMPARE(dataOf(house.read("internal/ui/resultant-acl")).at("root").as_bool(), true);
    house.write("policies/acl/ops", R"({"policy":"path \"a/*\" { capabilities = [\"read\"] } path \"b\" { capabilities = [\"list\"] }"})");
    house.become(house.makeToken({"ops"}));
    const auto acl = dataOf(house.read("internal/ui/resultant-acl"));
    QCOMPARE(textOf(acl.at("exact_paths")), QByteArray{R"({"b":{"capabilities":["list"]}})"});
    QCOMPARE(textOf(acl.at("glob_paths")), QByteArray{R"({"a/":{"capabilities":["read"]}})"});
    house.fixture.token.reset();
    QCOMPARE(house.read("internal/ui/resultant-acl").status, 204);
}

void TestSysBackend::wrappingRoundTrip()
{
    House house;
    token::Wrapping::Made made;
    const auto wrapped = house.fixture.inTransaction([&](mount::Context& context) -> Result<mount::Response> {
        mount::Response inner;
        inner.wholeDataText = R"({"n":123456789012345678901234567890})";
        auto result = house.wrapping.wrap(*context.system, {.content = mount::encodeResponse(inner), .createdAt = context.clock.now(),
                                                            .ttl = std::chrono::seconds{60}, .creationPath = "secret/a", .isJwt = false, .wrappedAccessor = {}});
        if (!result) return result.error();
        made = *result;
        return mount::Response{};
    });
    QVERIFY(wrapped.has_value());
    const auto body = [](const std::string& token) { return R"({"token":")" + token + "\"}"; };
    const auto seen = dataOf(house.write("wrapping/lookup", body(made.token)));
    QCOMPARE(textOf(seen.at("creation_path")), QByteArray{"\"secret/a\""});
    QCOMPARE(seen.at("creation_ttl").as_int64(), 60);

    const auto again = house.write("wrapping/rewrap", body(made.token));
    QVERIFY(again.wrap.has_value());
    QCOMPARE(again.wrap->creationPath, std::string{"secret/a"});
    QCOMPARE(again.wrap->ttl.count(), 60);
    const QByteArray invalid{"wrapping token is not valid or does not exist"};
    QCOMPARE(errorOf(house.write("wrapping/unwrap", body(made.token))), invalid);
    QCOMPARE(house.write("wrapping/unwrap", body(again.wrap->token)).wholeDataText, std::string{R"({"n":123456789012345678901234567890})"});
    QCOMPARE(errorOf(house.write("wrapping/unwrap", body(again.wrap->token))), invalid);
    QCOMPARE(errorOf(house.write("wrapping/lookup", body("hvs.nothing"))), invalid);
    QCOMPARE(textOf(dataOf(house.read("wrapping/pubkey")).at("jwt_curve")), QByteArray{"\"p521\""});
}

void TestSysBackend::wrapNeedsAWrapTtl()
{
    House house;
    QCOMPARE(errorOf(house.write("wrapping/wrap", R"({"a":1})")), QByteArray{"endpoint requires response wrapping to be used"});
    auto request = house.fixture.requestOf({Operation::Update, "wrapping/wrap", R"({"a":1.50})"});
    request.wrapTtl = std::chrono::seconds{60};
    QCOMPARE(house.fixture.handle(house.sys, request)->wholeDataText, std::string{R"({"a":1.50})"});
}

void TestSysBackend::auditDevicesLive()
{
    QTemporaryDir directory;
    const auto file = directory.filePath(u"audit.log"_qs).toStdString();
    House house;
    QVERIFY(!house.write("audit/file", R"({"type":"file","description":"d","options":{"file_path":")" + file + "\"}}").isError);
    const auto listed = dataOf(house.read("audit")).at("file/").as_object();
    QCOMPARE(textOf(listed.at("options").at("file_path")), textOf(boost::json::string{file}));
    const auto hash = house.write("audit-hash/file", R"({"input":"secret"})");
    QVERIFY(hash.isInjected);
    QVERIFY(hash.data->at("hash").as_string().starts_with("hmac-sha256:"));
    QVERIFY(house.write("audit-hash/other", R"({"input":"secret"})").isError);
    QVERIFY(errorOf(house.write("audit/bad", R"({"type":"file","options":{"file_path":"/nonexistent/x/audit.log"}})")).startsWith("audit backend failed test message: "));
    house.ask(Operation::Delete, "audit/file");
    QVERIFY(dataOf(house.read("audit")).empty());
}

void TestSysBackend::auditedHeadersLive()
{
    House house;
    const std::string folder = "config/auditing/request-headers";
    QCOMPARE(errorOf(house.read(folder + "/x-a")), QByteArray{"Could not find header in config"});
    house.write(folder + "/X-A", R"({"hmac":true})");
    house.write(folder + "/x-b");
    QCOMPARE(textOf(*house.read(folder + "/x-A").data), QByteArray{R"({"x-a":{"hmac":true}})"});
    QCOMPARE(textOf(*house.read(folder).data), QByteArray{R"({"headers":{"x-a":{"hmac":true},"x-b":{"hmac":false}}})"});
    house.ask(Operation::Delete, folder + "/x-a");
    QCOMPARE(textOf(*house.read(folder).data), QByteArray{R"({"headers":{"x-b":{"hmac":false}}})"});
}

void TestSysBackend::toolsHash_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("sum");
    QTest::addColumn<QByteArray>("error");
    // Digests of "abc", FIPS 180-4 and FIPS 202 examples.
    QTest::newRow("default") << QByteArray{"tools/hash"} << QByteArray{R"({"input":"YWJj"})"} << QByteArray{"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"} << QByteArray{};
    QTest::newRow("by path") << QByteArray{"tools/hash/sha2-224"} << QByteArray{R"({"input":"YWJj"})"} << QByteArray{"23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"} << QByteArray{};
    QTest::newRow("sha3") << QByteArray{"tools/hash"} << QByteArray{R"({"input":"YWJj","algorithm":"sha3-256"})"} << QByteArray{"3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"} << QByteArray{};
    QTest::newRow("base64") << QByteArray{"tools/hash"} << QByteArray{R"({"input":"YWJj","format":"base64"})"} << QByteArray{"ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="} << QByteArray{};
    QTest::newRow("algorithm") << QByteArray{"tools/hash/md5"} << QByteArray{R"({"input":"YWJj"})"} << QByteArray{} << QByteArray{"unsupported algorithm md5"};
    QTest::newRow("format") << QByteArray{"tools/hash"} << QByteArray{R"({"input":"YWJj","format":"x"})"} << QByteArray{} << QByteArray{"unsupported encoding format x; must be \"hex\" or \"base64\""};
}

void TestSysBackend::toolsHash()
{
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, body);
    QFETCH(QByteArray, sum);
    QFETCH(QByteArray, error);
    House house;
    const auto answer = house.write(path.toStdString(), body.toStdString());
    QCOMPARE(errorOf(answer), error);
    if (error.isEmpty()) QCOMPARE(textOf(answer.data->at("sum")), "\"" + sum + "\"");
}

void TestSysBackend::toolsRandom_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<int>("length"); // of the text
    QTest::addColumn<QByteArray>("error");
    QTest::newRow("default") << QByteArray{"tools/random"} << QByteArray{} << 44 << QByteArray{};
    QTest::newRow("by path, hex") << QByteArray{"tools/random/5"} << QByteArray{R"({"format":"hex"})"} << 10 << QByteArray{};
    QTest::newRow("source") << QByteArray{"tools/random/all/3"} << QByteArray{} << 4 << QByteArray{};
    QTest::newRow("field") << QByteArray{"tools/random"} << QByteArray{R"({"bytes":"3"})"} << 4 << QByteArray{};
    QTest::newRow("too few") << QByteArray{"tools/random/0"} << QByteArray{} << 0 << QByteArray{"\"bytes\" cannot be less than 1"};
    QTest::newRow("too many") << QByteArray{"tools/random/131073"} << QByteArray{} << 0 << QByteArray{"\"bytes\" should be less than 131072"};
}

void TestSysBackend::toolsRandom()
{
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, body);
    QFETCH(int, length);
    QFETCH(QByteArray, error);
    House house;
    const auto answer = house.write(path.toStdString(), body.toStdString());
    QCOMPARE(errorOf(answer), error);
    if (error.isEmpty()) QCOMPARE(int(answer.data->at("random_bytes").as_string().size()), length);
}

void TestSysBackend::revokePrefixEndsTokens()
{
    House house;
    const auto alice = house.makeToken({"default"}, "auth/people/login/alice");
    const auto bob = house.makeToken({"default"}, "auth/people/login/bob");
    QCOMPARE(house.write("leases/revoke-prefix/auth/people/login/alice").status, 202);
    QVERIFY(house.write("capabilities", R"({"token":")" + alice.id + R"(","paths":"x"})").isError);
    QVERIFY(!house.write("capabilities", R"({"token":")" + bob.id + R"(","paths":"x"})").isError);
    QCOMPARE(house.write("leases/revoke-prefix/auth/people", R"({"sync":true})").status, 204);
    QVERIFY(house.write("capabilities", R"({"token":")" + bob.id + R"(","paths":"x"})").isError);
}

void TestSysBackend::authMountsTakeTheirTokensAlong()
{
    House house;
    house.write("auth/people", R"({"type":"userpass"})");
    const auto alice = house.makeToken({"default"}, "auth/people/login/alice");
    const auto other = house.makeToken({"default"}, "auth/peoples/login/alice");
    const auto isGood = [&](const token::TokenEntry& token) {
        return !house.write("capabilities", R"({"token":")" + token.id + R"(","paths":"x"})").isError;
    };
    QVERIFY(isGood(alice));
    house.write("remount", R"({"from":"auth/people","to":"auth/staff"})");
    QVERIFY(!isGood(alice));
    const auto bob = house.makeToken({"default"}, "auth/staff/login/bob");
    house.ask(Operation::Delete, "auth/staff/");
    QVERIFY(!isGood(bob));
    QVERIFY(isGood(other));
}

void TestSysBackend::leasesAreUnknown()
{
    House house;
    QCOMPARE(errorOf(house.write("leases/lookup", R"({"lease_id":"a/b"})")), QByteArray{"invalid lease"});
    QCOMPARE(errorOf(house.write("leases/lookup")), QByteArray{"lease_id must be specified"});
    QCOMPARE(errorOf(house.write("leases/renew", R"({"lease_id":"a/b"})")), QByteArray{"lease not found"});
    QCOMPARE(errorOf(house.write("renew/a/b")), QByteArray{"lease not found"});
    QCOMPARE(house.write("leases/revoke", R"({"lease_id":"a/b","sync":true})").status, 204);
    QCOMPARE(house.write("leases/tidy").status, 202);
    QCOMPARE(house.write("leases/tidy").warnings.front(), std::string{"Tidy operation already in progress."});
}

void TestSysBackend::answersUnknownPathsAndVerbs()
{
    House house;
    QCOMPARE(house.read("nowhere/at/all").status, 404);
    QCOMPARE(errorOf(house.read("nowhere")), QByteArray{"1 error occurred:\n\t* unsupported path\n\n"});
    QCOMPARE(house.ask(Operation::Delete, "remount").status, 405);
    QVERIFY(!house.sys.help("mounts/x/tune").empty());
    QVERIFY(dataOf(house.read("license/features")).contains("features"));
    const mount::PathSet open{house.sys.unauthenticatedPaths()};
    QVERIFY(open.contains("internal/ui/mounts/secret/x"));
    QVERIFY(open.contains("wrapping/lookup"));
    QVERIFY(!open.contains("wrapping/unwrap"));
    const mount::PathSet sudo{house.sys.sudoPaths()};
    for (const auto* path : {"auth/people", "auth/a/b/tune", "audit", "audit/file", "remount", "leases/revoke-force/x", "config/auditing/request-headers/x"}) {
        QVERIFY2(sudo.contains(path), path);
    }
    for (const auto* path : {"auth", "mounts/x", "policies/acl/x", "leases/lookup", "audit-hash/file"}) QVERIFY2(!sudo.contains(path), path);
}

void TestSysBackend::secondaryMayNotMount()
{
    House house;
    house.fixture.access.shared = false;
    const auto shared = house.fixture.handle(house.sys, house.fixture.requestOf({Operation::Update, "mounts/x", R"({"type":"kv"})"}));
    QVERIFY(!shared.has_value());
    QVERIFY(shared.error().code == ErrorCode::ReadOnly); // the pipeline sends it to the primary
    QVERIFY(!house.write("mounts/x", R"({"type":"kv","local":true})").isError);
    QVERIFY(dataOf(house.read("mounts")).contains("x/"));
}

QTEST_GUILESS_MAIN(TestSysBackend)
#include "tst_sys_backend.moc"
