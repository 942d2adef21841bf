#include "core/auth/token/token_backend.h"
#include "core/engine/kv/kv_v1_backend.h"
#include "core/identity/identity_backend.h"
#include "tests/core/request/request_stack.h"

#include <boost/json.hpp>

using namespace testing_stack;
using policy::Operation;
namespace json = boost::json;

/// What the entity of a token means for its requests, through the whole pipeline.
class TestIdentityRequests : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void servesAStoreOfAnOlderProgram();
    void aLoginMakesTheEntityOnce();
    void policiesOfEntityAndGroupsCount();
    void answersShowTheAddedPolicies();
    void disabledAndDeletedEntitiesAreRefused();
    void templatesTakeTheEntitysValues_data();
    void templatesTakeTheEntitysValues();
    void tokensOfMergedEntitiesSeeLaterChanges();
    void childrenInheritTheEntity();
    void roleTokensGetTheEntityOfTheirAlias();
    void externalGroupsFollowTheLogin();
    void aSecondaryForwardsOnlyWhatItCannotWrite();
    void aSecondaryLogsInAtLocalMountsWithoutThePrimary();
};

namespace {

/// Logs everybody in as the text in `user`, in the groups in `groups`.
class OpenDoor final : public mount::Backend {
public:
    Result<mount::Response> handle(const mount::Request& request, mount::Context&) override
    {
        mount::Response response;
        mount::Auth auth;
        if (const auto* user = request.data.if_contains("user")) auth.aliasName = std::string{user->as_string()}; // a renewal names none
        auth.displayName = auth.aliasName;
        if (const auto* groups = request.data.if_contains("groups")) {
            for (const auto& group : groups->as_array()) auth.groupNames.emplace_back(group.as_string());
        }
        if (const auto* host = request.data.if_contains("host")) auth.aliasMetadata["host"] = host->as_string();
        response.auth = std::move(auth);
        return response;
    }
    bool isUnauthenticated(Operation, std::string_view) const override { return true; }
};

struct Stand {
    Stand()
        : stack{[](mount::BackendRegistry& registry, RequestStack& in) {
            const auto add = [&](mount::TableKind kind, const char* type, auto make, bool isMountable) {
                registry.add(kind, type, {.make = make, .isMountable = isMountable});
            };
            add(
                mount::TableKind::Secrets, "identity",
                [&in](const mount::MountEntry&) { return std::make_shared<identity::IdentityBackend>(in.router, "https://one:8200"); }, false);
            add(
                mount::TableKind::Auth, "token",
                [&in](const mount::MountEntry&) {
                    return std::make_shared<auth::TokenBackend>(auth::TokenBackend::Services{
                        .tokens = in.tokens, .policies = in.policies, .directory = in.directory, .router = in.router, .requestTidy = [] {
                            return true;
                        }});
                },
                false);
            add(
                mount::TableKind::Auth, "door", [](const mount::MountEntry&) { return std::make_shared<OpenDoor>(); }, true);
            add(
                mount::TableKind::Secrets, "kv", [](const mount::MountEntry&) { return std::make_shared<engine::KvV1Backend>(); }, true);
        }}
    {
        stack.mount(mount::TableKind::Auth, "door", "door");
        stack.mount(mount::TableKind::Auth, "own", "door", true);
        stack.mount(mount::TableKind::Secrets, "kv/", "kv");
        for (const auto* name : {"a", "b", "c"}) {
            stack.policy(name, std::string{"path \"kv/"} + name + "\" { capabilities = [\"create\",\"update\"] }");
        }
    }
    mount::Response login(const std::string& user, json::object more = {}, const std::string& mount = "door")
    {
        more["user"] = user;
        return stack.send(Operation::Update, "auth/" + mount + "/login", std::move(more), "none");
    }
    mount::Auth loggedIn(const std::string& user, json::object more = {}, const std::string& mount = "door")
    {
        const auto response = login(user, std::move(more), mount);
        if (response.isError || !response.auth) qFatal("%s", response.isError ? response.errors.front().c_str() : "no auth");
        return *response.auth;
    }
    bool canWrite(const std::string& path, const std::string& token) { return !stack.update("kv/" + path, {{"v", "1"}}, token).isError; }
    std::string make(const std::string& path, json::object data)
    {
        const auto response = stack.update("identity/" + path, std::move(data));
        if (response.isError) qFatal("%s", response.errors.front().c_str());
        return std::string{response.data->at("id").as_string()};
    }
    void change(const std::string& path, json::object data)
    {
        const auto response = stack.update("identity/" + path, std::move(data));
        if (response.isError) qFatal("%s", response.errors.front().c_str());
    }
    std::string accessorOf(const std::string& path) { return stack.router.find(path)->entry.accessor; }

    RequestStack stack;
};

} // namespace

// An older program has no row for identity/. What is stored before the row is added must not be lost. The same holds for every built-in mount.
void TestIdentityRequests::servesAStoreOfAnOlderProgram()
{
    Stand stand;
    stand.stack.write([&](const auto& scope) {
        for (const auto& entry : valueOf(mount::loadMounts(scope, mount::TableKind::Secrets))) {
            if (entry.path == "identity/") check(mount::eraseMount(scope, mount::TableKind::Secrets, entry));
        }
    });
    const auto id = stand.loggedIn("ann").entityId;
    QVERIFY(stand.stack.router.find("identity/")->entry.uuid.starts_with(mount::kBuiltInPrefix));
    QVERIFY(stand.stack.read("identity/entity/id/" + id).data);
    for (int round = 0; round < 2; ++round) {
        stand.stack.write([&](const auto& scope) { check(stand.stack.mounts.ensureDefaults(scope)); });
        QVERIFY(!stand.stack.router.find("identity/")->entry.uuid.starts_with(mount::kBuiltInPrefix));
        QCOMPARE(stand.loggedIn("ann").entityId, id);
    }
}

void TestIdentityRequests::aLoginMakesTheEntityOnce()
{
    Stand stand;
    const auto first = stand.loggedIn("ann");
    QVERIFY(first.isEntityNew);
    const auto second = stand.loggedIn("Ann", {{"host", "h1"}});
    QVERIFY(!second.isEntityNew);
    QCOMPARE(second.entityId, first.entityId);
    const auto read = stand.stack.read("identity/entity/id/" + first.entityId);
    const auto& alias = read.data->at("aliases").as_array().at(0);
    QCOMPARE(json::value_to<std::string>(alias.at("name")), "ann");
    QCOMPARE(json::serialize(alias.at("metadata")), R"({"host":"h1"})");
    QCOMPARE(json::value_to<std::string>(alias.at("mount_path")), "auth/door/");
    QVERIFY(stand.loggedIn("bob").entityId != first.entityId);
}

void TestIdentityRequests::policiesOfEntityAndGroupsCount()
{
    Stand stand;
    const auto auth = stand.loggedIn("ann");
    const auto& token = auth.clientToken;
    QVERIFY(!stand.canWrite("a", token));
    stand.change("entity/id/" + auth.entityId, {{"policies", "a"}});
    QVERIFY(stand.canWrite("a", token));
    const auto inner = stand.make("group", {{"member_entity_ids", json::array{auth.entityId}}, {"policies", "b"}});
    QVERIFY(stand.canWrite("b", token));
    const auto outer = stand.make("group", {{"member_group_ids", json::array{inner}}, {"policies", "c"}});
    QVERIFY(stand.canWrite("c", token));
    stand.change("group/id/" + outer, {{"member_group_ids", json::array{}}});
    QVERIFY(!stand.canWrite("c", token));
    stand.change("group/id/" + inner, {{"member_entity_ids", json::array{}}});
    QVERIFY(!stand.canWrite("b", token));
    stand.change("entity/id/" + auth.entityId, {{"policies", ""}});
    QVERIFY(!stand.canWrite("a", token));
}

void TestIdentityRequests::answersShowTheAddedPolicies()
{
    Stand stand;
    const auto first = stand.loggedIn("ann");
    QVERIFY(first.identityPolicies.empty());
    stand.change("entity/id/" + first.entityId, {{"policies", "b,a"}});
    const std::vector<std::string> added{"a", "b"};
    const auto auth = stand.loggedIn("ann");
    QCOMPARE(auth.identityPolicies, added);
    QCOMPARE(auth.policies, std::vector<std::string>{"default"});
    const auto lookup = stand.stack.read("auth/token/lookup-self", auth.clientToken);
    QCOMPARE(json::serialize(lookup.data->at("identity_policies")), R"(["a","b"])");
    QCOMPARE(json::value_to<std::string>(lookup.data->at("entity_id")), auth.entityId);
    const auto byAccessor = stand.stack.update("auth/token/lookup-accessor", {{"accessor", auth.accessor}});
    QCOMPARE(json::serialize(byAccessor.data->at("identity_policies")), R"(["a","b"])");
    const auto renewed = stand.stack.update("auth/token/renew-self", {}, auth.clientToken);
    QVERIFY(renewed.auth.has_value());
    QCOMPARE(renewed.auth->identityPolicies, added);
    QCOMPARE(renewed.auth->entityId, auth.entityId);
    QVERIFY(!stand.stack.read("auth/token/lookup-self").data->contains("identity_policies"));
}

void TestIdentityRequests::disabledAndDeletedEntitiesAreRefused()
{
    Stand stand;
    const auto auth = stand.loggedIn("ann");
    stand.change("entity/id/" + auth.entityId, {{"policies", "a"}, {"disabled", true}});
    for (const auto& response : {stand.login("ann"), stand.stack.read("auth/token/lookup-self", auth.clientToken)}) {
        QCOMPARE(response.status, 403);
        QCOMPARE(response.errors, std::vector<std::string>{"permission denied"});
    }
    QVERIFY(!stand.canWrite("a", auth.clientToken));
    stand.change("entity/id/" + auth.entityId, {{"disabled", false}});
    QVERIFY(stand.canWrite("a", auth.clientToken));
    (void)stand.stack.send(Operation::Delete, "identity/entity/id/" + auth.entityId);
    QCOMPARE(stand.stack.read("auth/token/lookup-self", auth.clientToken).status, 403);
    QVERIFY(stand.loggedIn("ann").entityId != auth.entityId);
}

void TestIdentityRequests::templatesTakeTheEntitysValues_data()
{
    QTest::addColumn<QByteArray>("expression");
    QTest::addColumn<QByteArray>("value"); // empty: the rule is left out
    QTest::newRow("id") << QByteArray{"identity.entity.id"} << QByteArray{"$entity"};
    QTest::newRow("name") << QByteArray{"identity.entity.name"} << QByteArray{"ann-entity"};
    QTest::newRow("metadata") << QByteArray{"identity.entity.metadata.team"} << QByteArray{"red"};
    QTest::newRow("key with signs") << QByteArray{"identity.entity.metadata.x=/_"} << QByteArray{"signs"};
    QTest::newRow("missing key") << QByteArray{"identity.entity.metadata.none"} << QByteArray{};
    QTest::newRow("alias name") << QByteArray{"identity.entity.aliases.$mount.name"} << QByteArray{"ann"};
    QTest::newRow("alias metadata") << QByteArray{"identity.entity.aliases.$mount.metadata.host"} << QByteArray{"h1"};
    QTest::newRow("alias custom metadata") << QByteArray{"identity.entity.aliases.$mount.custom_metadata.k"} << QByteArray{"v"};
    QTest::newRow("alias of another mount") << QByteArray{"identity.entity.aliases.none.name"} << QByteArray{};
    QTest::newRow("group by id") << QByteArray{"identity.groups.ids.$group.name"} << QByteArray{"devs"};
    QTest::newRow("group by name") << QByteArray{"identity.groups.names.devs.id"} << QByteArray{"$group"};
    QTest::newRow("group metadata") << QByteArray{"identity.groups.names.devs.metadata.site"} << QByteArray{"north"};
    QTest::newRow("inherited group") << QByteArray{"identity.groups.names.all.metadata.site"} << QByteArray{"everywhere"};
    QTest::newRow("foreign group") << QByteArray{"identity.groups.names.others.id"} << QByteArray{};
    QTest::newRow("misspelt") << QByteArray{"identity.entity.nonsense"} << QByteArray{};
    QTest::newRow("whole map") << QByteArray{"identity.entity.metadata"} << QByteArray{};
    QTest::newRow("blanks") << QByteArray{"  identity.entity.name "} << QByteArray{"ann-entity"};
}

void TestIdentityRequests::templatesTakeTheEntitysValues()
{
    QFETCH(QByteArray, expression);
    QFETCH(QByteArray, value);
    Stand stand;
    auto auth = stand.loggedIn("ann", {{"host", "h1"}});
    stand.change("entity/id/" + auth.entityId, {{"name", "ann-entity"}, {"policies", "t"}, {"metadata", {{"team", "red"}, {"x=/_", "signs"}}}});
    const auto accessor = stand.accessorOf("auth/door/");
    stand.change("entity-alias", {{"name", "ann"}, {"mount_accessor", accessor}, {"custom_metadata", {{"k", "v"}}}});
    const auto group = stand.make("group", {{"name", "devs"}, {"member_entity_ids", json::array{auth.entityId}}, {"metadata", {{"site", "north"}}}});
    stand.make("group", {{"name", "all"}, {"member_group_ids", json::array{group}}, {"metadata", {{"site", "everywhere"}}}});
    stand.make("group", {{"name", "others"}});
    for (auto* text : {&expression, &value}) {
        text->replace("$mount", accessor.c_str()).replace("$group", group.c_str()).replace("$entity", auth.entityId.c_str());
    }
    stand.stack.policy("t", "path \"kv/x/{{" + expression.toStdString() +
                                "}}\" { capabilities = [\"create\",\"update\"] }\n"
                                "path \"kv/plain\" { capabilities = [\"create\",\"update\"] }");
    QVERIFY(stand.canWrite("plain", auth.clientToken)); // the rest of the policy stays
    QCOMPARE(stand.canWrite("x/" + value.toStdString(), auth.clientToken), !value.isEmpty());
    QVERIFY(!stand.canWrite("x/other", auth.clientToken));
    QVERIFY(!stand.canWrite("x/" + expression.toStdString(), auth.clientToken));
    // Another entity with the same policies gets its own list, and a changed policy counts at once.
    const auto other = stand.loggedIn("bob");
    stand.change("entity/id/" + other.entityId, {{"policies", "t"}});
    QVERIFY(!stand.canWrite("x/" + value.toStdString(), other.clientToken));
    stand.stack.policy("t", "path \"kv/y/{{identity.entity.id}}\" { capabilities = [\"create\",\"update\"] }");
    QVERIFY(stand.canWrite("y/" + auth.entityId, auth.clientToken));
    QVERIFY(!stand.canWrite("plain", auth.clientToken));
}

// Profiles are kept by the entity's present id. One that was kept by the id of a merged entity would never see a later change.
void TestIdentityRequests::tokensOfMergedEntitiesSeeLaterChanges()
{
    Stand stand;
    const auto old = stand.loggedIn("ann");
    const auto to = stand.make("entity", {{"name", "to"}, {"policies", "a"}});
    stand.change("entity/merge", {{"to_entity_id", to}, {"from_entity_ids", json::array{old.entityId}}});
    for (int round = 0; round < 3; ++round) QVERIFY(stand.canWrite("a", old.clientToken)); // reads, remembers, takes what is remembered
    stand.change("entity/id/" + to, {{"policies", "b"}});
    QVERIFY(!stand.canWrite("a", old.clientToken));
    QVERIFY(stand.canWrite("b", old.clientToken));
    stand.change("entity/id/" + to, {{"disabled", true}});
    QVERIFY(!stand.canWrite("b", old.clientToken));
    (void)stand.stack.send(Operation::Delete, "identity/entity/id/" + to);
    QCOMPARE(stand.stack.read("auth/token/lookup-self", old.clientToken).status, 403);
}

void TestIdentityRequests::childrenInheritTheEntity()
{
    Stand stand;
    stand.stack.policy("maker", R"(path "auth/token/*" { capabilities = ["create","update"] })");
    const auto auth = stand.loggedIn("ann");
    stand.change("entity/id/" + auth.entityId, {{"policies", "maker"}});
    const auto child = stand.stack.update("auth/token/create", {{"policies", json::array{"default"}}}, auth.clientToken);
    QCOMPARE(child.auth->entityId, auth.entityId);
    QCOMPARE(child.auth->identityPolicies, std::vector<std::string>{"maker"});
    const auto orphan = stand.stack.update("auth/token/create-orphan", {{"policies", json::array{"default"}}}, auth.clientToken);
    QCOMPARE(orphan.auth->entityId, "");
}

void TestIdentityRequests::roleTokensGetTheEntityOfTheirAlias()
{
    Stand stand;
    (void)stand.stack.update("auth/token/roles/r", {{"allowed_entity_aliases", json::array{"web", "job-*"}}, {"allowed_policies", "default"}});
    const auto make = [&](const char* alias) { return stand.stack.update("auth/token/create/r", {{"entity_alias", alias}}); };
    const auto first = make("Web");
    QVERIFY(first.auth);
    QVERIFY(!first.auth->entityId.empty());
    QCOMPARE(make("web").auth->entityId, first.auth->entityId);
    QVERIFY(make("job-1").auth->entityId != first.auth->entityId);
    QCOMPARE(make("other").errors, std::vector<std::string>{"invalid 'entity_alias' value"});
    QCOMPARE(stand.stack.update("auth/token/create", {{"entity_alias", "web"}}).errors,
             std::vector<std::string>{"'entity_alias' is only allowed in combination with token role"});
}

void TestIdentityRequests::externalGroupsFollowTheLogin()
{
    Stand stand;
    const auto group = [&](const char* name, const char* policies) {
        const auto id = stand.make("group", {{"name", name}, {"type", "external"}, {"policies", policies}});
        stand.make("group-alias", {{"name", name}, {"mount_accessor", stand.accessorOf("auth/door/")}, {"canonical_id", id}});
        return id;
    };
    group("one", "a");
    group("two", "b");
    auto auth = stand.loggedIn("ann", {{"groups", json::array{"one", "unknown"}}});
    QCOMPARE(auth.identityPolicies, std::vector<std::string>{"a"});
    const auto internal = stand.make("group", {{"name", "int"}, {"policies", "c"}, {"member_entity_ids", json::array{auth.entityId}}});
    auth = stand.loggedIn("ann", {{"groups", json::array{"TWO"}}});
    QCOMPARE(auth.identityPolicies, (std::vector<std::string>{"b", "c"})); // the login says nothing about internal groups
    auth = stand.loggedIn("ann");
    QCOMPARE(auth.identityPolicies, std::vector<std::string>{"c"});
}

void TestIdentityRequests::aSecondaryForwardsOnlyWhatItCannotWrite()
{
    Stand stand;
    const auto known = stand.loggedIn("ann");
    stand.stack.roles.isPerformance = true;
    QCOMPARE(stand.loggedIn("ann").entityId, known.entityId); // the primary can be off
    QVERIFY(stand.stack.forwarder.requests.empty());
    QCOMPARE(stand.login("bob").status, 503);
    QCOMPARE(stand.stack.forwarder.requests.size(), std::size_t{1});
    mount::Response primarys;
    primarys.auth = mount::Auth{};
    primarys.auth->displayName = "bob";
    primarys.auth->entityId = known.entityId;
    stand.stack.forwarder.answer = replication::Forwarder::Answer{.response = primarys};
    const auto auth = stand.loggedIn("bob");
    QCOMPARE(auth.entityId, known.entityId);
    QVERIFY(stand.stack.isValid(auth.clientToken)); // a token of this cluster
    QCOMPARE(stand.stack.forwarder.requests.back().path, "auth/door/login");
}

void TestIdentityRequests::aSecondaryLogsInAtLocalMountsWithoutThePrimary()
{
    Stand stand;
    const auto entity = stand.loggedIn("ann").entityId;
    stand.stack.roles.isPerformance = true;
    auto response = stand.login("ann", {}, "own");
    QVERIFY(response.auth && response.auth->entityId.empty());
    QCOMPARE(response.warnings.size(), std::size_t{1});
    stand.make("entity-alias", {{"name", "ann"}, {"mount_accessor", stand.accessorOf("auth/own/")}, {"canonical_id", entity}});
    response = stand.login("ann", {{"host", "h1"}}, "own");
    QCOMPARE(response.auth->entityId, entity);
    QVERIFY(response.warnings.empty());
    QVERIFY(stand.stack.forwarder.requests.empty());
}

QTEST_GUILESS_MAIN(TestIdentityRequests)
#include "tst_identity_requests.moc"
