#include "core/auth/token/token_backend.h"
#include "tests/core/request/request_stack.h"

#include <boost/json.hpp>

using namespace testing_stack;
using namespace std::chrono_literals;
using policy::Operation;
namespace json = boost::json;

class TestTokenBackend : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void cleanupTestCase();
    void refusesWithTheApisTexts_data();
    void refusesWithTheApisTexts();
    void warns_data();
    void warns();
    void choosesPolicies_data();
    void choosesPolicies();
    void makesAndShowsAToken();
    void showsByAccessorWithoutId();
    void renewsWithinTheCeiling();
    void renewsByAccessorWithoutMakingAToken();
    void refusesRenewals();
    void revokesTrees();
    void childOfAChildEndsWithTheTop();
    void rolesComeBackAsTheyWereSet();
    void rolesRefuseWhatCannotStand_data();
    void rolesRefuseWhatCannotStand();
    void rolesShapeTokens();
    void rolesDecideAboutOrphans();
    void showsTheTimesOfALease();
    void rootTokensNeverExpire();
};

namespace {

/// One stack for all rows; it ends with the tests, before the process does.
std::unique_ptr<RequestStack> sharedStack;

RequestStack& prepared()
{
    if (sharedStack) return *sharedStack;
    sharedStack = std::make_unique<RequestStack>([](mount::BackendRegistry& registry, RequestStack& in) {
        registry.add(mount::TableKind::Auth, "token",
                     {.make = [&in](const mount::MountEntry&) -> std::shared_ptr<mount::Backend> {
                          return std::make_shared<auth::TokenBackend>(auth::TokenBackend::Services{
                              .tokens = in.tokens, .policies = in.policies, .directory = in.directory, .router = in.router, .requestTidy = [] {
                                  return true;
                              }});
                      },
                      .isMountable = false});
    });
    auto& stack = *sharedStack;
    stack.policy("maker", R"(path "auth/token/*" { capabilities = ["create","read","update","delete","list"] })");
    stack.policy("sudoer", R"(path "auth/token/*" { capabilities = ["create","read","update","delete","list","sudo"] })");
    for (const auto* name : {"a", "b", "c"}) stack.policy(name, R"(path "x/*" { capabilities = ["read"] })");
    const auto role = [&](const char* name, const char* fields) {
        const auto response = stack.update(std::string{"auth/token/roles/"} + name, json::parse(fields).as_object());
        if (response.isError) qFatal("%s", response.errors.front().c_str());
    };
    role("allow", R"({"allowed_policies":"b","renewable":false})");
    role("glob", R"({"allowed_policies_glob":"b*"})");
    role("disallow", R"({"disallowed_policies":"c,default"})");
    role("plain", R"({"orphan":true,"token_period":3600,"token_explicit_max_ttl":"2h","token_num_uses":5,"path_suffix":"abc"})");
    return stack;
}

/// A fresh token of the kind that a row names.
std::string tokenOf(RequestStack& stack, const QString& kind)
{
    if (kind == "root") return stack.rootToken;
    return stack
        .makeToken([&](token::TokenEntry& draft) {
            draft.policies = {"a", "default", "maker"};
            draft.expiresAt = stack.clock.now() + 10h;
            draft.creationTtl = 10h;
            if (kind == "sudo") draft.policies = {"default", "sudoer"};
            if (kind == "no default") draft.policies = {"a", "b", "maker"};
            if (kind == "limited") draft.usesLeft = 5;
            if (kind == "batch") draft.type = token::TokenType::Batch;
            if (kind == "expiring root") draft.policies = {"root"};
        })
        .id;
}

QString firstError(const mount::Response& response)
{
    return response.errors.empty() ? QString{} : QString::fromStdString(response.errors.front());
}

} // namespace

void TestTokenBackend::cleanupTestCase()
{
    sharedStack.reset();
}

void TestTokenBackend::refusesWithTheApisTexts_data()
{
    QTest::addColumn<QString>("token");
    QTest::addColumn<QString>("path");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QString>("error");
    const auto row = [](const char* token, const char* path, const char* body, const char* error) {
        QTest::addRow("%s %s %s", token, path, body)
            << QString::fromLatin1(token) << QString::fromLatin1(path) << QByteArray{body} << QString::fromUtf8(error);
    };
    row("batch", "create", "{}", "batch tokens cannot create more tokens");
    row("limited", "create", "{}", "restricted use token cannot generate child tokens");
    row("plain", "create", R"({"policies":["b"]})", "child policies must be subset of parent");
    row("plain", "create", R"({"id":"x"})", "root or sudo privileges required to specify token id");
    row("plain", "create", R"({"no_parent":true})", "root or sudo privileges required to create orphan token");
    row("plain", "create", R"({"period":"1h"})", "root or sudo privileges required to create periodic token");
    row("plain", "create", R"({"policies":["root"]})", "child policies must be subset of parent");
    row("sudo", "create", R"({"policies":["root"]})", "root tokens may not be created without parent token being root");
    row("expiring root", "create", R"({"policies":["root"]})", "expiring root tokens cannot create non-expiring root tokens");
    row("root", "create", R"({"num_uses":-1})", "number of uses cannot be negative");
    row("root", "create", R"({"type":"x"})", "invalid 'token_type' value");
    row("root", "create", R"({"ttl":-1})", "ttl must be positive");
    row("root", "create", R"({"ttl":"-1h"})", "ttl must be positive");
    row("root", "create", R"({"explicit_max_ttl":"-1h"})", "explicit_max_ttl must be positive");
    row("root", "create", R"({"period":-5})", "period must be positive");
    row("root", "create", R"({"ttl":"soon"})", "time: invalid duration \"soon\"");
    row("root", "create", R"({"lease":"soon"})", "time: invalid duration \"soon\"");
    row("root", "create", R"({"explicit_max_ttl":"soon"})", "time: invalid duration \"soon\"");
    row("root", "create", R"({"period":"soon"})", "time: invalid duration \"soon\"");
    row("root", "create", R"({"type":"batch","explicit_max_ttl":"1h"})", "batch tokens cannot have \"explicit_max_ttl\" set");
    row("root", "create", R"({"type":"batch","num_uses":1})", "batch tokens cannot have \"num_uses\" set");
    row("root", "create", R"({"type":"batch","period":"1h"})", "batch tokens cannot have \"period\" set");
    row("root", "create", R"({"type":"batch"})", "batch tokens cannot be root tokens");
    row("root", "create/nobody", "{}", "unknown role nobody");
    row("root", "create/allow", R"({"policies":["a","c"]})",
        "token policies ([\"a\" \"c\" \"default\"]) must be subset of the role's allowed policies ([\"b\" \"default\"])");
    row("root", "create/disallow", R"({"policies":["c"]})", "token policy \"c\" is disallowed by this role");
    row("plain", "create/disallow", "{}", "token policy \"default\" is disallowed by this role"); // the parent's
    row("root", "create", R"({"policies":["response-wrapping"]})", "cannot assign policy \"response-wrapping\"");
    row("root", "create", R"({"entity_alias":"x"})", "'entity_alias' is only allowed in combination with token role");
    row("root", "create/plain", R"({"entity_alias":"x"})", "invalid 'entity_alias' value");
    row("root", "create", R"({"id":"hvs.x"})", "custom token ID cannot have the 'hvs.' prefix");
    row("root", "create", R"({"id":"x.y"})", "custom token ID cannot have a '.' in the value");
    row("root", "revoke", "{}", "missing token ID");
    row("batch", "revoke-self", "{}", "batch tokens cannot be revoked");
    row("batch", "renew-self", "{}", "batch tokens cannot be renewed");
    row("root", "renew", R"({"token":"unknown"})", "token not found");
    row("root", "renew-self", "{}", "invalid lease ID");
    row("plain", "revoke-orphan", R"({"token":"x"})", "root or sudo privileges required to revoke and orphan");
    row("root", "revoke-orphan", R"({"token":"x"})", "token to revoke not found");
}

void TestTokenBackend::refusesWithTheApisTexts()
{
    QFETCH(QString, token);
    QFETCH(QString, path);
    QFETCH(QByteArray, body);
    QFETCH(QString, error);
    auto& stack = prepared();
    const auto response = stack.update("auth/token/" + path.toStdString(), json::parse(body.toStdString()).as_object(), tokenOf(stack, token));
    QVERIFY(response.isError);
    QCOMPARE(firstError(response), error);
    QCOMPARE(response.status, 400);
}

void TestTokenBackend::warns_data()
{
    QTest::addColumn<QString>("path");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QString>("warning");
    QTest::newRow("unknown fields") << "create" << QByteArray{R"({"policies":["a"],"ttl":"1h","tll":"1h","display-name":"x"})"}
                                    << "Endpoint ignored these unrecognized parameters: [display-name tll]";
    QTest::newRow("what a role decides") << "create/plain" << QByteArray{R"({"policies":["a"],"tll":"1h"})"}
                                         << "Endpoint ignored these unrecognized parameters: [tll]";
    QTest::newRow("unknown policy") << "create" << QByteArray{R"({"policies":["nope"]})"} << "Policy \"nope\" does not exist";
    QTest::newRow("ttl") << "create" << QByteArray{R"({"policies":["a"],"ttl":"800h"})"}
                         << "TTL of \"800h\" exceeded the effective max_ttl of \"768h\"; TTL value is capped accordingly";
    QTest::newRow("default ttl") << "create" << QByteArray{R"({"policies":["a"],"explicit_max_ttl":"2h"})"}
                                 << "TTL of \"768h\" exceeded the effective max_ttl of \"2h\"; TTL value is capped accordingly";
    QTest::newRow("explicit max") << "create/plain" << QByteArray{R"({"policies":["a"],"explicit_max_ttl":"1h"})"}
                                  << "Explicit max TTL specified both during creation call and in role; using the lesser value of 3600 seconds";
    QTest::newRow("period") << "create/plain" << QByteArray{R"({"policies":["a"],"period":"30m"})"}
                            << "Period specified both during creation call and in role; using the lesser value of 1800 seconds";
}

void TestTokenBackend::warns()
{
    QFETCH(QString, path);
    QFETCH(QByteArray, body);
    QFETCH(QString, warning);
    auto& stack = prepared();
    const auto response = stack.update("auth/token/" + path.toStdString(), json::parse(body.toStdString()).as_object());
    QVERIFY2(!response.isError, qPrintable(firstError(response)));
    QVERIFY(std::find(response.warnings.begin(), response.warnings.end(), warning.toStdString()) != response.warnings.end());
}

void TestTokenBackend::choosesPolicies_data()
{
    QTest::addColumn<QString>("token");
    QTest::addColumn<QString>("path");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QStringList>("policies");
    const auto row = [](const char* token, const char* path, const char* body, const QStringList& policies) {
        QTest::addRow("%s %s %s", token, path, body) << QString::fromLatin1(token) << QString::fromLatin1(path) << QByteArray{body} << policies;
    };
    row("root", "create", "{}", {"root"});
    row("plain", "create", "{}", {"a", "default", "maker"});
    row("plain", "create", R"({"policies":"a"})", {"a", "default"});
    row("plain", "create", R"({"policies":"A,a","no_default_policy":true})", {"a"});
    row("no default", "create", R"({"policies":["a"]})", {"a"});
    row("root", "create", R"({"policies":["default"],"no_default_policy":true})", {}); // also by name
    row("plain", "create", R"({"no_default_policy":true})", {"a", "maker"});
    row("root", "create", R"({"policies":["c"]})", {"c", "default"});
    row("sudo", "create", R"({"policies":["c"]})", {"c", "default"});
    row("plain", "create/allow", "{}", {"b", "default"});
    row("plain", "create/allow", R"({"policies":["b"]})", {"b", "default"});
    row("plain", "create/glob", R"({"policies":["bxy"]})", {"bxy", "default"});
    row("plain", "create/disallow", R"({"policies":["b"]})", {"b"});
}

void TestTokenBackend::choosesPolicies()
{
    QFETCH(QString, token);
    QFETCH(QString, path);
    QFETCH(QByteArray, body);
    QFETCH(QStringList, policies);
    auto& stack = prepared();
    const auto response = stack.update("auth/token/" + path.toStdString(), json::parse(body.toStdString()).as_object(), tokenOf(stack, token));
    QVERIFY2(!response.isError, qPrintable(firstError(response)));
    QStringList made;
    for (const auto& policy : response.auth->policies) made << QString::fromStdString(policy);
    QCOMPARE(made, policies);
}

void TestTokenBackend::makesAndShowsAToken()
{
    auto& stack = prepared();
    const auto parent = tokenOf(stack, "plain");
    const auto made = stack.update(
        "auth/token/create", {{"policies", "a"}, {"ttl", "1h"}, {"display_name", "big job!"}, {"meta", json::object{{"user", "x"}}}, {"num_uses", 3}},
        parent);
    QVERIFY2(!made.isError, qPrintable(firstError(made)));
    QVERIFY(made.auth->clientToken.starts_with("hvs."));
    QCOMPARE(made.auth->ttl.count(), 3600);
    QVERIFY(!made.auth->isOrphan);
    QCOMPARE(made.auth->useCount, 3);

    const auto shown = stack.update("auth/token/lookup", {{"token", made.auth->clientToken}});
    QVERIFY(shown.data);
    const auto& data = *shown.data;
    QCOMPARE(data.at("display_name").as_string().c_str(), "token-big-job"); // "big job!": a dash at the end is cut
    QCOMPARE(data.at("path").as_string().c_str(), "auth/token/create");
    QCOMPARE(data.at("ttl").as_int64(), 3600);
    QCOMPARE(data.at("num_uses").as_int64(), 3);
    QCOMPARE(data.at("meta").at("user").as_string().c_str(), "x");
    QCOMPARE(data.at("orphan").as_bool(), false);
    QVERIFY(!data.contains("parent"));

    // A look-up by itself costs a use, and shows what is left.
    const auto self = stack.send(Operation::Read, "auth/token/lookup-self", {}, made.auth->clientToken);
    QVERIFY2(!self.isError, qPrintable(firstError(self)));
    QCOMPARE(self.data->at("num_uses").as_int64(), 2);
    QCOMPARE(self.data->at("id").as_string().c_str(), made.auth->clientToken.c_str());

    const auto bad = stack.update("auth/token/lookup", {{"token", "hvs.bad"}});
    QCOMPARE(bad.status, 403);
    QCOMPARE(firstError(bad), QStringLiteral("bad token"));
}

void TestTokenBackend::showsByAccessorWithoutId()
{
    auto& stack = prepared();
    const auto made = stack.update("auth/token/create", {{"policies", "a"}});
    const auto shown = stack.update("auth/token/lookup-accessor", {{"accessor", made.auth->accessor}});
    QCOMPARE(shown.data->at("id").as_string().c_str(), "");
    QCOMPARE(shown.data->at("accessor").as_string().c_str(), made.auth->accessor.c_str());
    QCOMPARE(stack.update("auth/token/lookup-accessor", {{"accessor", "nobody"}}).status, 400); // the same as for renewals and revocations below
    for (const auto* path : {"auth/token/lookup-accessor", "auth/token/renew-accessor", "auth/token/revoke-accessor"}) {
        const auto unknown = stack.update(path, {{"accessor", "nobody"}});
        QCOMPARE(unknown.status, 400);
        QCOMPARE(firstError(unknown), QStringLiteral("1 error occurred:\n\t* invalid accessor\n\n"));
    }

    const auto listed = stack.send(Operation::List, "auth/token/accessors/");
    QVERIFY(listed.data);
    const auto& keys = listed.data->at("keys").as_array();
    QVERIFY(std::any_of(keys.begin(), keys.end(), [&](const auto& key) { return key.as_string() == made.auth->accessor; }));
    const auto refused = stack.send(Operation::List, "auth/token/accessors/", {}, tokenOf(stack, "plain"));
    QCOMPARE(refused.status, 403); // needs sudo
}

void TestTokenBackend::renewsWithinTheCeiling()
{
    auto& stack = prepared();
    const auto made = stack.update("auth/token/create", {{"policies", "a"}, {"ttl", "1h"}, {"explicit_max_ttl", "2h"}});
    const auto& id = made.auth->clientToken;
    stack.clock.advance(50min);
    auto renewed = stack.update("auth/token/renew", {{"token", id}, {"increment", "30m"}});
    QVERIFY2(!renewed.isError, qPrintable(firstError(renewed)));
    QCOMPARE(renewed.auth->ttl.count(), 30 * 60);
    renewed = stack.update("auth/token/renew", {{"token", id}});
    QCOMPARE(renewed.auth->ttl.count(), 3600);
    stack.clock.advance(59min);
    renewed = stack.update("auth/token/renew", {{"token", id}});
    QCOMPARE(renewed.auth->ttl.count(), 11 * 60); // two hours from creation
    QCOMPARE(renewed.warnings.size(), 1u);
    stack.clock.advance(11min);
    QVERIFY(!stack.isValid(id));
}

void TestTokenBackend::renewsByAccessorWithoutMakingAToken()
{
    auto& stack = prepared();
    const auto made = stack.update("auth/token/create", {{"policies", "a"}, {"ttl", "1h"}});
    const auto count = stack.keyCount("l/sys/token/id/");
    const auto renewed = stack.update("auth/token/renew-accessor", {{"accessor", made.auth->accessor}});
    QVERIFY2(!renewed.isError, qPrintable(firstError(renewed)));
    QCOMPARE(QString::fromStdString(renewed.auth->clientToken), QString{});
    QCOMPARE(renewed.auth->ttl.count(), 3600);
    QCOMPARE(stack.keyCount("l/sys/token/id/"), count);
}

void TestTokenBackend::refusesRenewals()
{
    auto& stack = prepared();
    const auto fixed = stack.update("auth/token/create", {{"policies", "a"}, {"renewable", false}});
    QCOMPARE(firstError(stack.update("auth/token/renew", {{"token", fixed.auth->clientToken}})), QStringLiteral("lease is not renewable"));

    (void)stack.update("auth/token/roles/gone", {});
    const auto made = stack.update("auth/token/create/gone", {{"policies", "a"}});
    (void)stack.send(Operation::Delete, "auth/token/roles/gone");
    QCOMPARE(firstError(stack.update("auth/token/renew", {{"token", made.auth->clientToken}})),
             QStringLiteral("original token role \"gone\" could not be found, not renewing"));
}

void TestTokenBackend::revokesTrees()
{
    auto& stack = prepared();
    const auto parent = tokenOf(stack, "plain");
    const auto child = stack.update("auth/token/create", {}, parent);
    const auto orphan = stack.update("auth/token/create-orphan", {}, parent);
    QVERIFY(orphan.auth->isOrphan);
    QVERIFY(!stack.update("auth/token/revoke", {{"token", parent}}).isError);
    QVERIFY(!stack.isValid(parent));
    QVERIFY(!stack.isValid(child.auth->clientToken));
    QVERIFY(stack.isValid(orphan.auth->clientToken));
    QVERIFY(!stack.update("auth/token/revoke", {{"token", parent}}).isError); // gone already

    const auto other = tokenOf(stack, "plain");
    const auto kept = stack.update("auth/token/create", {}, other);
    QVERIFY(!stack.update("auth/token/revoke-orphan", {{"token", other}}).isError);
    QVERIFY(!stack.isValid(other));
    QVERIFY(stack.isValid(kept.auth->clientToken));
    QVERIFY(!stack.update("auth/token/revoke-accessor", {{"accessor", kept.auth->accessor}}).isError);
    QVERIFY(!stack.isValid(kept.auth->clientToken));
    QVERIFY(!stack.update("auth/token/revoke-self", {}, orphan.auth->clientToken).isError);
    QVERIFY(!stack.isValid(orphan.auth->clientToken));
}

void TestTokenBackend::childOfAChildEndsWithTheTop()
{
    auto& stack = prepared();
    const auto top = tokenOf(stack, "plain");
    const auto middle = stack.update("auth/token/create", {}, top).auth->clientToken;
    const auto leaf = stack.update("auth/token/create", {{"type", "batch"}}, middle).auth->clientToken;
    QVERIFY(leaf.starts_with("hvb."));
    QVERIFY(stack.isValid(leaf));
    (void)stack.update("auth/token/revoke", {{"token", top}});
    QVERIFY(!stack.isValid(middle));
    QVERIFY(!stack.isValid(leaf));
}

void TestTokenBackend::rolesComeBackAsTheyWereSet()
{
    auto& stack = prepared();
    QVERIFY(!stack.update("auth/token/roles/r1", {{"allowed_policies", "b,A"}, {"token_period", "1h"}, {"orphan", true}}).isError);
    QVERIFY(!stack.update("auth/token/roles/r1", {{"renewable", false}}).isError); // the rest stays
    const auto shown = stack.read("auth/token/roles/r1");
    QCOMPARE(shown.data->at("allowed_policies"), json::value({"a", "b"}));
    QCOMPARE(shown.data->at("token_period").as_int64(), 3600);
    QCOMPARE(shown.data->at("orphan").as_bool(), true);
    QCOMPARE(shown.data->at("renewable").as_bool(), false);
    QCOMPARE(shown.data->at("token_type").as_string().c_str(), "default-service");
    QCOMPARE(shown.data->at("name").as_string().c_str(), "r1");
    const auto twins = stack.update("auth/token/roles/r1", {{"token_period", "2h"}, {"period", "3h"}});
    QCOMPARE(twins.warnings.size(), 1u);
    QCOMPARE(QString::fromStdString(twins.warnings.front()),
             QStringLiteral("Both 'token_period' and deprecated 'period' value supplied, ignoring the deprecated value"));
    QCOMPARE(stack.read("auth/token/roles/r1").data->at("token_period").as_int64(), 7200);
    QVERIFY(!stack.read("auth/token/roles/none").hasContent());
    QVERIFY(!stack.send(Operation::Delete, "auth/token/roles/r1").isError);
    QVERIFY(!stack.read("auth/token/roles/r1").hasContent());
}

void TestTokenBackend::rolesRefuseWhatCannotStand_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QString>("error");
    const auto row = [](const char* body, const char* error) { QTest::newRow(body) << QByteArray{body} << QString::fromLatin1(error); };
    row(R"({"token_type":"batch"})", "'token_type' cannot be 'batch' when role is set to generate non-orphan tokens");
    row(R"({"token_type":"batch","orphan":true,"period":60})", "'token_type' cannot be 'batch' when role is set to generate periodic tokens");
    row(R"({"token_type":"batch","orphan":true})", "'token_type' cannot be 'batch' when role is set to generate renewable tokens");
    row(R"({"token_type":"batch","orphan":true,"renewable":false,"token_explicit_max_ttl":60})",
        "'token_type' cannot be 'batch' when role is set to generate tokens with an explicit max TTL");
    row(R"({"token_type":"odd"})", "invalid 'token_type' value \"odd\"");
    row(R"({"token_period":-1})", "Field validation failed: error converting input for field \"token_period\": cannot provide negative value '-1'");
    row(R"({"explicit_max_ttl":"-90.5s"})",
        "Field validation failed: error converting input for field \"explicit_max_ttl\": cannot provide negative value '-90'");
    row(R"({"token_num_uses":-1})", "error parsing role fields: 'token_num_uses' cannot be negative");
    row(R"({"token_bound_cidrs":"x"})",
        R"(error parsing role fields: error parsing address "x": Unable to convert "x" to an IPv4 or IPv6 address, or a UNIX Socket)");
    row(R"({"bound_cidrs":["10.0.0.1",""]})",
        R"(error parsing bound_cidrs: error parsing address "": Unable to convert "" to an IPv4 or IPv6 address, or a UNIX Socket)");
    row(R"({"path_suffix":"a/b"})", "given role path suffix contains invalid characters; must match \\w[\\w-]+\\w");
}

void TestTokenBackend::rolesRefuseWhatCannotStand()
{
    QFETCH(QByteArray, body);
    QFETCH(QString, error);
    const auto response = prepared().update("auth/token/roles/never", json::parse(body.toStdString()).as_object());
    QCOMPARE(firstError(response), error);
    QVERIFY(!prepared().read("auth/token/roles/never").hasContent());
}

void TestTokenBackend::rolesShapeTokens()
{
    auto& stack = prepared();
    const auto made = stack.update("auth/token/create/plain", {}, tokenOf(stack, "plain"));
    QVERIFY2(!made.isError, qPrintable(firstError(made)));
    QVERIFY(made.auth->isOrphan);
    QCOMPARE(made.auth->useCount, 5);
    QCOMPARE(made.auth->ttl.count(), 3600);
    const auto shown = stack.update("auth/token/lookup", {{"token", made.auth->clientToken}});
    QCOMPARE(shown.data->at("path").as_string().c_str(), "auth/token/create/plain/abc");
    QCOMPARE(shown.data->at("role").as_string().c_str(), "plain");
    QCOMPARE(shown.data->at("period").as_int64(), 3600);
    QCOMPARE(shown.data->at("explicit_max_ttl").as_int64(), 7200);
    QVERIFY(!stack.update("auth/token/create/allow", {}, tokenOf(stack, "plain")).auth->isRenewable);
}

// The class: a request changes something that its role decides, or needs rights for it. Other
// places: renewable and period are combined with the role's, the type is the role's (see warnOfIgnored and typeOf). What holds: with a role, only the
// role makes orphans. `no_parent` counts only without a role, and needs sudo only there.
void TestTokenBackend::rolesDecideAboutOrphans()
{
    auto& stack = prepared();
    const auto asRoot = stack.update("auth/token/create/allow", {{"no_parent", true}});
    QVERIFY2(!asRoot.isError, qPrintable(firstError(asRoot)));
    QVERIFY(!asRoot.auth->isOrphan);
    const auto plain = stack.update("auth/token/create/allow", {{"no_parent", true}}, tokenOf(stack, "plain"));
    QVERIFY2(!plain.isError, qPrintable(firstError(plain)));
    QVERIFY(!plain.auth->isOrphan);
    const auto orphan = stack.update("auth/token/create/plain", {{"no_parent", false}}, tokenOf(stack, "plain"));
    QVERIFY2(!orphan.isError, qPrintable(firstError(orphan)));
    QVERIFY(orphan.auth->isOrphan);
}

void TestTokenBackend::showsTheTimesOfALease()
{
    auto& stack = prepared();
    const auto child = stack.update("auth/token/create", {}); // of root: never ends, but has a lease
    const auto shown = stack.update("auth/token/lookup", {{"token", child.auth->clientToken}});
    QVERIFY(shown.data->contains("issue_time"));
    QCOMPARE(shown.data->at("renewable").as_bool(), false);
    const auto first = stack.send(Operation::Read, "auth/token/lookup-self"); // made at init: has none
    QVERIFY(!first.data->contains("issue_time"));
    QVERIFY(!first.data->contains("renewable"));
}

void TestTokenBackend::rootTokensNeverExpire()
{
    auto& stack = prepared();
    const auto made = stack.update("auth/token/create", {});
    QCOMPARE(made.auth->policies, std::vector<std::string>{"root"});
    QCOMPARE(made.auth->ttl.count(), 0);
    QVERIFY(!made.auth->isRenewable);
    const auto shown = stack.update("auth/token/lookup", {{"token", made.auth->clientToken}});
    QVERIFY(shown.data->at("expire_time").is_null());
    QCOMPARE(shown.data->at("ttl").as_int64(), 0);
    stack.clock.advance(24h * 4000);
    QVERIFY(stack.isValid(made.auth->clientToken));
}

QTEST_GUILESS_MAIN(TestTokenBackend)
#include "tst_token_backend.moc"
