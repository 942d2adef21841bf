#include "tests/core/backend_fixture.h"

#ifndef Q_MOC_RUN
#include "core/auth/userpass/userpass_backend.h"
#include "core/identity/entity_rows.h"
#include "core/identity/identity_backend.h"
#include "core/mount/mount_table.h"
#endif

#include <QTest>

using namespace core;
using namespace testing_backend;
using policy::Operation;
namespace json = boost::json;

class TestIdentityBackend : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void refusesWithTheApisTexts_data();
    void refusesWithTheApisTexts();
    void namesAreComparedWithoutCase();
    void changesKeepWhatIsNotGiven();
    void leavesNoRowOfADeletedEntity();
    void movesAnAlias();
    void mergesWhatTheEntitiesHave();
    void oldIdsLeadToTheMergedEntity();
    void showsWhichAliasesClash();
    void keepsTheAliasThatTheCallerChooses();
    void refusesCircles();
    void inheritsThroughGroups();
    void aSecondaryKeepsAliasesOfItsLocalMounts();
    void isReadOnlyOnASecondary_data();
    void isReadOnlyOnASecondary();
};

namespace {

constexpr const char* kFirst = "auth_userpass_00000001";
constexpr const char* kSecond = "auth_userpass_00000002";
constexpr const char* kLocal = "auth_userpass_0000000c";

/// The backend with three auth mounts, of which one is local.
struct Stand {
    Stand()
    {
        registry.add(mount::TableKind::Auth, "userpass",
                     {.make = [](const mount::MountEntry&) { return std::make_shared<auth::UserpassBackend>(); }, .isMountable = true});
        std::vector<mount::MountEntry> mounts;
        for (const auto& [path, accessor] : {std::pair{"auth/a/", kFirst}, {"auth/b/", kSecond}, {"auth/c/", kLocal}}) {
            auto entry = mountOf(path, "userpass");
            entry.uuid = path;
            entry.accessor = accessor;
            entry.isLocal = accessor == kLocal;
            mounts.push_back(entry);
        }
        router.set({}, mounts);
    }
    mount::Response ask(Operation operation, std::string path, const json::object& body = {})
    {
        return fixture.ask(backend, {operation, std::move(path), body.empty() ? "" : json::serialize(body)});
    }
    mount::Response write(std::string path, const json::object& body = {}) { return ask(Operation::Update, std::move(path), body); }
    json::object read(std::string path) { return dataOf(ask(Operation::Read, std::move(path))); }
    /// The id of what the write makes.
    std::string make(std::string path, const json::object& body = {})
    {
        const auto response = write(std::move(path), body);
        if (response.isError) qFatal("%s", response.errors.front().c_str());
        return std::string{dataOf(response).at("id").as_string()};
    }
    std::string alias(const std::string& name, const std::string& entity, const std::string& mount = kFirst)
    {
        return make("entity-alias", {{"name", name}, {"mount_accessor", mount}, {"canonical_id", entity}});
    }

    Fixture fixture{mountOf("identity/", "identity")};
    mount::BackendRegistry registry;
    mount::Router router{registry, {}};
    identity::IdentityBackend backend{router, "https://one:8200"};
};

QByteArray idsOf(const json::object& data, const char* name)
{
    return textOf(data.at(name));
}

} // namespace

void TestIdentityBackend::refusesWithTheApisTexts_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("text");
    const auto row = [](const char* path, const char* body, const char* text) {
        QTest::addRow("%s %s", path, body) << QByteArray{path} << QByteArray{body} << QByteArray{text};
    };
    const std::string longKey(129, 'k');
    const std::string longValue(513, 'v');
    row("entity", R"({"id":"none"})", "entity not found from id");
    row("entity", R"({"name":"x","policies":["Root"]})", "policies cannot contain root");
    row("entity", R"({"name":"x","metadata":{"":"v"}})", R"(invalid entity metadata: failed to load metadata pair ("", "v"): key cannot be blank)");
    row("entity", R"({"name":"x","metadata":{"a b":"v"}})",
        R"(invalid entity metadata: failed to load metadata pair ("a b", "v"): key contains invalid characters)");
    row("entity", R"({"name":"x","metadata":{"vault-a":"v"}})",
        R"(invalid entity metadata: failed to load metadata pair ("vault-a", "v"): key prefix "vault-" is reserved for internal use)");
    row("entity", (R"({"name":"x","metadata":{")" + longKey + R"(":"v"}})").c_str(),
        (R"(invalid entity metadata: failed to load metadata pair (")" + longKey + R"(", "v"): key is too long (limit: 128 characters))").c_str());
    row("entity", (R"({"name":"x","metadata":{"k":")" + longValue + R"("}})").c_str(),
        (R"(invalid entity metadata: failed to load metadata pair ("k", ")" + longValue + R"("): value is too long (limit: 512 characters))")
            .c_str());
    row("entity", "{\"name\":\"a\\u0007b\"}", "the name of an entity must not hold control characters");
    row("entity/batch-delete", "{}", "missing entity ids to delete");
    row("entity/merge", R"({"from_entity_ids":["a"]})", "missing entity id to merge to");
    row("entity/merge", R"({"to_entity_id":"a"})", "missing entity ids to merge from");
    row("entity/merge", R"({"to_entity_id":"a","from_entity_ids":["b"]})", "entity id to merge to is invalid");
    row("entity/merge", R"({"to_entity_id":"a","from_entity_ids":["b","c"],"conflicting_alias_ids_to_keep":["d"]})",
        "aliases conflicts cannot be resolved with multiple from entity ids - merge one entity at a time");
    row("entity-alias", R"({"name":"x"})", "'id' or 'mount_accessor' and 'name' must be provided");
    row("entity-alias", R"({"id":"none"})", "invalid alias ID provided");
    row("entity-alias", R"({"name":"x","mount_accessor":"none"})", R"(invalid mount accessor "none")");
    row("group", R"({"id":"none"})", "invalid group ID");
    row("group", R"({"type":"odd"})", R"(invalid group type "odd")");
    row("group", R"({"policies":"root"})", "policies cannot contain root");
    row("group", R"({"member_entity_ids":["none"]})", R"(invalid entity ID "none")");
    row("group", R"({"member_group_ids":["none"]})", R"(invalid member group ID "none")");
    row("group", R"({"type":"external","member_group_ids":[]})", "member groups can't be set for external groups");
    row("group-alias", R"({"mount_accessor":"x"})", "missing alias name");
    row("group-alias", R"({"name":"x"})", "missing mount_accessor");
    row("group-alias", (std::string{R"({"name":"x","mount_accessor":")"} + kLocal + R"("})").c_str(),
        (std::string{R"(mount accessor ")"} + kLocal + R"(" is a local mount)").c_str());
    row("lookup/entity", "{}", "query parameter not supplied");
    row("lookup/group", R"({"id":"a","name":"b"})", "query parameter conflict; please supply distinct set of query parameters");
    row("lookup/entity", R"({"alias_name":"a"})", "both 'alias_name' and 'alias_mount_accessor' needs to be set");
}

void TestIdentityBackend::refusesWithTheApisTexts()
{
    QFETCH(const QByteArray, path);
    QFETCH(const QByteArray, body);
    QFETCH(const QByteArray, text);
    Stand stand;
    const auto response = stand.write(path.toStdString(), json::parse(body.toStdString()).as_object());
    QCOMPARE(errorOf(response), text);
    QCOMPARE(response.status, 400);
}

void TestIdentityBackend::namesAreComparedWithoutCase()
{
    Stand stand;
    const auto id = stand.make("entity", {{"name", "Ann"}});
    QCOMPARE(textOf(stand.read("entity/name/aNN").at("name")), R"("Ann")");
    QVERIFY(!stand.write("entity", {{"name", "ann"}}).hasContent()); // a change of the same entity
    const auto other = stand.make("entity", {{"name", "bob"}});
    QCOMPARE(errorOf(stand.write("entity/id/" + other, {{"name", "ANN"}})), "entity name is already in use");
    stand.alias("Login", id);
    QCOMPARE(textOf(dataOf(stand.write("lookup/entity", {{"alias_name", "lOGIN"}, {"alias_mount_accessor", kFirst}})).at("id")),
             QByteArray::fromStdString('"' + id + '"'));
}

void TestIdentityBackend::changesKeepWhatIsNotGiven()
{
    Stand stand;
    const auto id = stand.make("entity", {{"name", "ann"}, {"policies", "q,p,p"}, {"metadata", {{"a", "b"}}}});
    stand.write("entity/id/" + id, {{"disabled", true}});
    const auto data = stand.read("entity/id/" + id);
    QCOMPARE(textOf(data.at("policies")), R"(["p","q"])");
    QCOMPARE(textOf(data.at("metadata")), R"({"a":"b"})");
    QCOMPARE(textOf(data.at("disabled")), "true");
}

// A row that is left behind blocks a name without end, or brings an alias back to life. The same could happen to groups. What counts is that nothing is left.
void TestIdentityBackend::leavesNoRowOfADeletedEntity()
{
    Stand stand;
    const auto before = stand.fixture.stored();
    const auto id = stand.make("entity", {{"name", "ann"}});
    const auto other = stand.make("entity", {{"name", "bob"}});
    stand.alias("ann", id);
    stand.alias("ann", id, kLocal);
    stand.alias("bob", other, kSecond);
    const auto group = stand.make("group", {{"name", "g"}, {"member_entity_ids", json::array{id, other}}});
    const auto external = stand.make("group", {{"name", "e"}, {"type", "external"}});
    stand.make("group-alias", {{"name", "e"}, {"mount_accessor", kFirst}, {"canonical_id", external}});
    stand.write("entity/merge", {{"to_entity_id", id}, {"from_entity_ids", json::array{other}}});
    stand.write("entity/id/" + id, {{"name", "anna"}});
    stand.ask(Operation::Delete, "entity/id/" + id);
    QCOMPARE(textOf(stand.read("group/id/" + group).at("member_entity_ids")), "[]");
    stand.ask(Operation::Delete, "group/id/" + group);
    stand.ask(Operation::Delete, "group/name/E");
    QCOMPARE(stand.fixture.stored(), before);
}

void TestIdentityBackend::movesAnAlias()
{
    Stand stand;
    const auto ann = stand.make("entity", {{"name", "ann"}});
    const auto bob = stand.make("entity", {{"name", "bob"}});
    const auto alias = stand.alias("ann", ann);
    stand.alias("bob", bob, kSecond);
    stand.write("entity-alias/id/" + alias, {{"canonical_id", bob}});
    QCOMPARE(stand.read("entity/id/" + ann).at("aliases").as_array().size(), std::size_t{0});
    QCOMPARE(stand.read("entity/id/" + bob).at("aliases").as_array().size(), std::size_t{2});
    QCOMPARE(errorOf(stand.write("entity-alias/id/" + alias, {{"mount_accessor", kSecond}})),
             "Alias cannot be updated as the entity already has an alias for the given 'mount_accessor' ");
    const auto local = stand.alias("bob", bob, kLocal);
    QCOMPARE(errorOf(stand.write("entity-alias/id/" + local, {{"canonical_id", ann}})), "local aliases can't be moved between entities");
    QCOMPARE(errorOf(stand.write("entity-alias", {{"name", "other"}, {"mount_accessor", kFirst}, {"canonical_id", bob}})),
             "Alias already exists for requested entity and mount accessor");
}

void TestIdentityBackend::mergesWhatTheEntitiesHave()
{
    Stand stand;
    const auto to = stand.make("entity", {{"name", "to"}, {"policies", "t"}});
    const auto from = stand.make("entity", {{"name", "from"}, {"policies", "f"}, {"metadata", {{"a", "b"}}}});
    const auto alias = stand.alias("ann", from);
    const auto group = stand.make("group", {{"name", "g"}, {"member_entity_ids", json::array{from}}});
    QVERIFY(!stand.write("entity/merge", {{"to_entity_id", to}, {"from_entity_ids", json::array{from}}}).isError);
    const auto data = stand.read("entity/id/" + to);
    QCOMPARE(textOf(data.at("policies")), R"(["t"])");
    QCOMPARE(textOf(data.at("metadata")), "null");
    QCOMPARE(idsOf(data, "merged_entity_ids"), QByteArray::fromStdString("[\"" + from + "\"]"));
    QCOMPARE(idsOf(data, "direct_group_ids"), QByteArray::fromStdString("[\"" + group + "\"]"));
    const auto moved = stand.read("entity-alias/id/" + alias);
    QCOMPARE(textOf(moved.at("canonical_id")), QByteArray::fromStdString('"' + to + '"'));
    QCOMPARE(idsOf(moved, "merged_from_canonical_ids"), QByteArray::fromStdString("[\"" + from + "\"]"));
    QVERIFY(!stand.ask(Operation::Read, "entity/name/from").hasContent());
    QCOMPARE(errorOf(stand.write("entity/merge", {{"to_entity_id", to}, {"from_entity_ids", json::array{to}}})),
             "to_entity_id should not be present in from_entity_ids");
}

void TestIdentityBackend::oldIdsLeadToTheMergedEntity()
{
    Stand stand;
    const auto a = stand.make("entity", {{"name", "a"}});
    const auto b = stand.make("entity", {{"name", "b"}});
    const auto c = stand.make("entity", {{"name", "c"}});
    const auto local = stand.alias("local", a, kLocal);
    stand.write("entity/merge", {{"to_entity_id", b}, {"from_entity_ids", json::array{a}}});
    stand.write("entity/merge", {{"to_entity_id", c}, {"from_entity_ids", json::array{b}}});
    for (const auto& id : {a, b, c}) QCOMPARE(textOf(stand.read("entity/id/" + id).at("name")), R"("c")");
    // A cluster finds its local aliases although the primary, which has merged, did not know them.
    QCOMPARE(textOf(stand.read("entity-alias/id/" + local).at("canonical_id")), QByteArray::fromStdString('"' + c + '"'));
    stand.ask(Operation::Delete, "entity-alias/id/" + local);
    QVERIFY(!stand.ask(Operation::Read, "entity-alias/id/" + local).hasContent());
}

void TestIdentityBackend::showsWhichAliasesClash()
{
    Stand stand;
    const auto to = stand.make("entity", {{"name", "to"}});
    const auto from = stand.make("entity", {{"name", "from"}});
    const auto third = stand.make("entity", {{"name", "third"}});
    const auto toAlias = stand.alias("a", to);
    const auto fromAlias = stand.alias("b", from);
    const auto response = stand.write("entity/merge", {{"to_entity_id", to}, {"from_entity_ids", json::array{from}}});
    const auto body = json::parse(response.rawBody).as_object();
    QCOMPARE(response.status, 400);
    QVERIFY(response.isError);
    QCOMPARE(errorOf(response),
             QByteArray::fromStdString(
                 "2 errors occurred:\n\t* toEntity and at least one fromEntity have aliases with the same mount accessor, repeat the "
                 "merge request specifying exactly one fromEntity, clashes: \n\t* mountAccessor: " +
                 std::string{kFirst} + ", toEntity ID: " + to + ", fromEntity ID: " + from + ", conflicting toEntity alias ID: " + toAlias +
                 ", conflicting fromEntity alias ID: " + fromAlias + "\n\n"));
    QCOMPARE(body.at("data").as_array().size(), std::size_t{2});
    QCOMPARE(textOf(body.at("data").at(1).at("mount_path")), R"("auth/a/")");
    stand.alias("c", third);
    QCOMPARE(errorOf(stand.write("entity/merge", {{"to_entity_id", to}, {"from_entity_ids", json::array{from, third}}})),
             QByteArray{"mount accessor "} + kFirst + " found in multiple fromEntities, merge should be done with one fromEntity at a time");
}

void TestIdentityBackend::keepsTheAliasThatTheCallerChooses()
{
    Stand stand;
    const auto to = stand.make("entity", {{"name", "to"}});
    const auto from = stand.make("entity", {{"name", "from"}});
    const auto toAlias = stand.alias("a", to);
    const auto fromAlias = stand.alias("b", from);
    const auto merge = [&](const std::string& kept) {
        return stand.write("entity/merge",
                           {{"to_entity_id", to}, {"from_entity_ids", json::array{from}}, {"conflicting_alias_ids_to_keep", json::array{kept}}});
    };
    QCOMPARE(errorOf(merge("none")), QByteArray::fromStdString("conflicting mount accessors in following alias IDs and neither were present in "
                                                               "conflicting_alias_ids_to_keep: " +
                                                               toAlias + ", " + fromAlias));
    QVERIFY(!merge(fromAlias).isError);
    const auto aliases = stand.read("entity/id/" + to).at("aliases").as_array();
    QCOMPARE(aliases.size(), std::size_t{1});
    QCOMPARE(textOf(aliases.at(0).at("name")), R"("b")");
}

void TestIdentityBackend::refusesCircles()
{
    Stand stand;
    const auto a = stand.make("group", {{"name", "a"}});
    const auto b = stand.make("group", {{"name", "b"}, {"member_group_ids", json::array{a}}});
    const auto c = stand.make("group", {{"name", "c"}, {"member_group_ids", json::array{b}}});
    const auto before = stand.fixture.stored();
    QCOMPARE(errorOf(stand.write("group/id/" + a, {{"member_group_ids", json::array{c}}})),
             QByteArray::fromStdString("cyclic relationship detected for member group ID \"" + c + '"'));
    QCOMPARE(errorOf(stand.write("group/id/" + a, {{"member_group_ids", json::array{a}}})),
             QByteArray::fromStdString("member group ID \"" + a + "\" is same as the ID of the group"));
    QCOMPARE(stand.fixture.stored(), before);
}

void TestIdentityBackend::inheritsThroughGroups()
{
    Stand stand;
    const auto ann = stand.make("entity", {{"name", "ann"}});
    const auto a = stand.make("group", {{"name", "a"}, {"member_entity_ids", json::array{ann}}});
    const auto b = stand.make("group", {{"name", "b"}, {"member_group_ids", json::array{a}}});
    const auto c = stand.make("group", {{"name", "c"}, {"member_group_ids", json::array{b}}});
    auto data = stand.read("entity/id/" + ann);
    QCOMPARE(idsOf(data, "group_ids"), QByteArray::fromStdString("[\"" + a + "\",\"" + b + "\",\"" + c + "\"]"));
    QCOMPARE(data.at("inherited_group_ids").as_array().size(), std::size_t{2});
    stand.ask(Operation::Delete, "group/id/" + b); // the chain is cut
    data = stand.read("entity/id/" + ann);
    QCOMPARE(idsOf(data, "group_ids"), QByteArray::fromStdString("[\"" + a + "\"]"));
}

void TestIdentityBackend::aSecondaryKeepsAliasesOfItsLocalMounts()
{
    Stand stand;
    const auto ann = stand.make("entity", {{"name", "ann"}});
    stand.fixture.access.shared = false;
    const auto alias = stand.alias("ann", ann, kLocal);
    QCOMPARE(textOf(stand.read("entity-alias/id/" + alias).at("local")), "true");
    stand.fixture.access.shared = true;
    // A forwarded request must not touch local data. The alias of a deleted entity counts as missing.
    stand.fixture.access.local = false;
    QVERIFY(!stand.ask(Operation::Delete, "entity/id/" + ann).isError);
    QVERIFY(!stand.ask(Operation::Read, "entity-alias/id/" + alias).hasContent());
    QVERIFY(!stand.ask(Operation::List, "entity-alias/id").hasContent());
}

void TestIdentityBackend::isReadOnlyOnASecondary_data()
{
    QTest::addColumn<int>("operation");
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("body");
    QTest::newRow("entity") << static_cast<int>(Operation::Update) << QByteArray{"entity"} << QByteArray{R"({"name":"new"})"};
    QTest::newRow("change") << static_cast<int>(Operation::Update) << QByteArray{"entity/name/ann"} << QByteArray{R"({"disabled":true})"};
    QTest::newRow("delete") << static_cast<int>(Operation::Delete) << QByteArray{"entity/name/ann"} << QByteArray{};
    QTest::newRow("group") << static_cast<int>(Operation::Update) << QByteArray{"group"} << QByteArray{R"({"name":"new"})"};
    QTest::newRow("shared alias") << static_cast<int>(Operation::Update) << QByteArray{"entity-alias"}
                                  << QByteArray{R"({"name":"ann","mount_accessor":")"} + kFirst + R"("})";
    QTest::newRow("local alias of a new entity") << static_cast<int>(Operation::Update) << QByteArray{"entity-alias"}
                                                 << QByteArray{R"({"name":"ann","mount_accessor":")"} + kLocal + R"("})";
}

// The pipeline forwards a request to the primary when the storage says ReadOnly. A handler that hides it would answer for the primary.
void TestIdentityBackend::isReadOnlyOnASecondary()
{
    QFETCH(const int, operation);
    QFETCH(const QByteArray, path);
    QFETCH(const QByteArray, body);
    Stand stand;
    stand.make("entity", {{"name", "ann"}});
    stand.fixture.access.shared = false;
    const auto request = stand.fixture.requestOf({static_cast<Operation>(operation), path.toStdString(), body.toStdString()});
    const auto response = stand.fixture.handle(stand.backend, request);
    QVERIFY(!response);
    QVERIFY(response.error().code == ErrorCode::ReadOnly);
}

QTEST_GUILESS_MAIN(TestIdentityBackend)
#include "tst_identity_backend.moc"
