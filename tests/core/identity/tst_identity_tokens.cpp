#include "tests/core/backend_fixture.h"

#ifndef Q_MOC_RUN
#include "core/base/encoding.h"
#include "core/crypto/jws.h"
#include "core/identity/identity_backend.h"
#include "core/mount/mount_table.h"
#include "core/trust/rekey_due.h"
#endif

#include <QTest>

#include <set>

using namespace core;
using namespace testing_backend;
using policy::Operation;
using namespace std::chrono_literals;
namespace json = boost::json;

/// Identity tokens: what they say, who can verify them, and for how long.
class TestIdentityTokens : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void refusesWithTheApisTexts_data();
    void refusesWithTheApisTexts();
    void signsWithEachAlgorithm_data();
    void signsWithEachAlgorithm();
    void fillsInTheTemplate();
    void boundsWhatATemplateBecomes();
    void refusesForgedTokens_data();
    void refusesForgedTokens();
    void anEndedTokenIsInactive();
    void anotherClustersAddressIsAnotherIssuer();
    void disabledAndDeletedEntitiesAreInactive();
    void aRotatedKeyStillVerifies();
    void rotatesByItsPeriod();
    void keepsNoPrivateHalfThatSignsNothing();
    void anotherAlgorithmMakesNewPairs();
    void theDefaultKeyIsThereWhenItIsAskedFor();
    void publishesOnlyKeysThatRolesUse();
    void aSecondarySignsAndRotatesNothing();
    void pairsThatARevokedMemberKnowsVerifyNothing();
};

namespace {

constexpr const char* kIssuer = "https://one:8200/v1/identity/oidc";

struct Stand {
    Stand()
    {
        auto made = write("entity", {{"name", "ann"}, {"metadata", {{"team", "red"}}}});
        entity = dataOf(made).at("id").as_string();
        write("entity-alias", {{"name", "ann"}, {"mount_accessor", "auth_x"}, {"canonical_id", entity}});
        token::TokenEntry entry;
        entry.id = "t";
        entry.entityId = entity;
        fixture.token = std::make_shared<const token::TokenEntry>(entry);
    }
    mount::Response ask(Operation operation, std::string path, const json::object& body = {})
    {
        return fixture.ask(backend, {operation, std::move(path), body.empty() ? "" : json::serialize(body)});
    }
    mount::Response write(std::string path, const json::object& body = {}) { return ask(Operation::Update, std::move(path), body); }
    json::object read(std::string path) { return dataOf(ask(Operation::Read, std::move(path))); }
    void must(const mount::Response& response)
    {
        if (response.isError) qFatal("%s", response.errors.front().c_str());
    }
    /// A key and a role `app` that signs with it.
    void prepare(const json::object& key = {{"algorithm", "ES256"}, {"allowed_client_ids", "*"}}, json::object role = {})
    {
        must(write("oidc/key/k", key));
        role["key"] = "k";
        must(write("oidc/role/app", role));
    }
    std::string tokenOf(const std::string& role = "app") { return std::string{read("oidc/token/" + role).at("token").as_string()}; }
    /// Empty: active.
    QByteArray faultOf(const std::string& identityToken, const std::string& clientId = {})
    {
        const auto response = write("oidc/introspect", {{"token", identityToken}, {"client_id", clientId}});
        if (!response.isRaw || response.status != 200) qFatal("introspect is not raw");
        const auto answer = json::parse(response.rawBody).as_object();
        return answer.at("active").as_bool() ? QByteArray{} : QByteArray::fromStdString(std::string{answer.at("error").as_string()});
    }
    json::array publishedKeys() { return json::parse(ask(Operation::Read, "oidc/.well-known/keys").rawBody).as_object().at("keys").as_array(); }
    bool maintain()
    {
        bool hasMore = false;
        const auto done = fixture.inTransaction([&](mount::Context& context) -> Result<mount::Response> {
            auto maintained = backend.maintain(context);
            if (!maintained) return maintained.error();
            hasMore = *maintained;
            return mount::Response{};
        });
        if (!done) qFatal("%s", toString(done.error()).c_str());
        return hasMore;
    }

    Fixture fixture{mountOf("identity/", "identity")};
    mount::BackendRegistry registry;
    mount::Router router{registry, {}};
    identity::IdentityBackend backend{router, "https://one:8200"};
    std::string entity;
};

json::object partOf(const std::string& jwt, int part)
{
    const auto parts = crypto::splitJws(jwt, 1 << 20);
    if (!parts) qFatal("no JWT: %s", jwt.c_str());
    return json::parse(*fromBase64Url(part == 0 ? parts->header : parts->payload)).as_object();
}

std::set<std::string> namesOf(const json::object& object)
{
    std::set<std::string> names;
    for (const auto& member : object) names.emplace(member.key());
    return names;
}

/// The token with another text for one of its parts.
std::string withPart(const std::string& jwt, int part, const std::string& text)
{
    const auto parts = *crypto::splitJws(jwt, 1 << 20);
    const auto header = part == 0 ? toBase64Url(text) : std::string{parts.header};
    const auto payload = part == 1 ? toBase64Url(text) : std::string{parts.payload};
    const auto signature = part == 2 ? toBase64Url(text) : std::string{parts.signature};
    return header + '.' + payload + '.' + signature;
}

} // namespace

// Every refusal of keys, roles and the issuer, word for word: clients match on them.
void TestIdentityTokens::refusesWithTheApisTexts_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("text");
    const auto row = [](const char* path, const char* body, const char* text) {
        QTest::addRow("%s %.80s", path, body) << QByteArray{path} << QByteArray{body} << QByteArray{text};
    };
    row("oidc/config", R"({"issuer":"https://a/b"})",
        "invalid issuer, which must include only a scheme, host, and optional port (e.g. https://example.com:8200)");
    row("oidc/config", R"({"issuer":"ftp://a"})",
        "invalid issuer, which must include only a scheme, host, and optional port (e.g. https://example.com:8200)");
    row("oidc/key/new", R"({"rotation_period":"59s"})", "rotation_period must be at least one minute");
    row("oidc/key/new", R"({"rotation_period":"1m","verification_ttl":"601s"})", "verification_ttl cannot be longer than 10x rotation_period");
    row("oidc/key/new", R"({"verification_ttl":9223372036})", "verification_ttl cannot be longer than 10x rotation_period");
    row("oidc/key/new", R"({"algorithm":"HS256"})", R"(unknown signing algorithm "HS256")");
    row("oidc/key/new", R"({"algorithm":"a\"b\nc"})", R"(unknown signing algorithm "a\"b\nc")"); // quoted as Go does
    row("oidc/role/new", R"({"key":"a\tb"})", R"(cannot find key "a\tb")");
    row("oidc/key/k", R"({"verification_ttl":"1h"})",
        R"(unable to update key "k" because it is currently referenced by one or more roles with a token ttl greater than 3600 seconds)");
    row("oidc/key/none/rotate", "{}", R"(no named key found at "none")");
    row("oidc/role/new", "{}", "the key parameter is required");
    row("oidc/role/new", R"({"key":"none"})", R"(cannot find key "none")");
    row("oidc/role/new", R"({"key":"k","ttl":"25h"})", "a role's token ttl cannot be longer than the verification_ttl of the key it references");
    row("oidc/role/new", R"({"key":"k","template":"{\"a\":{{identity.entity.name"})", "error parsing template: unbalanced templating characters");
    row("oidc/role/new", R"({"key":"k","template":"{\"a\":{{identity.nobody}}}"})",
        "error parsing template: no value could be found for one of the template directives");
    row("oidc/role/new", R"({"key":"k","template":"[]"})", "error parsing template JSON: not an object");
    row("oidc/role/new", R"({"key":"k","template":"{\"sub\":\"me\"}"})",
        R"(top level key "sub" not allowed. Restricted keys: iat, aud, exp, iss, sub, namespace, nonce, auth_time, at_hash, c_hash)");
}

void TestIdentityTokens::refusesWithTheApisTexts()
{
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, body);
    QFETCH(QByteArray, text);
    Stand stand;
    stand.prepare();
    const auto before = stand.fixture.stored();
    const auto response = stand.write(path.toStdString(), json::parse(body.toStdString()).as_object());
    QCOMPARE(response.status, 400);
    QCOMPARE(errorOf(response), text);
    QVERIFY(stand.fixture.stored() == before);
}

// A verifier knows the pair only from the published set, so each algorithm must give one that says all it needs, and no private number.
void TestIdentityTokens::signsWithEachAlgorithm_data()
{
    QTest::addColumn<QByteArray>("type");
    QTest::addColumn<int>("numberBytes");
    QTest::addColumn<int>("signatureBytes");
    QTest::newRow("RS256") << QByteArray{"RSA"} << 256 << 256;
    QTest::newRow("RS384") << QByteArray{"RSA"} << 256 << 256;
    QTest::newRow("RS512") << QByteArray{"RSA"} << 256 << 256;
    QTest::newRow("ES256") << QByteArray{"EC"} << 32 << 64;
    QTest::newRow("ES384") << QByteArray{"EC"} << 48 << 96;
    QTest::newRow("ES512") << QByteArray{"EC"} << 66 << 132;
    QTest::newRow("EdDSA") << QByteArray{"OKP"} << 32 << 64;
}

void TestIdentityTokens::signsWithEachAlgorithm()
{
    QFETCH(QByteArray, type);
    QFETCH(int, numberBytes);
    QFETCH(int, signatureBytes);
    Stand stand;
    const std::string algorithm = QTest::currentDataTag();
    stand.prepare({{"algorithm", algorithm}, {"allowed_client_ids", "*"}});
    const auto jwt = stand.tokenOf();
    const auto header = partOf(jwt, 0);
    QCOMPARE(textOf(header.at("alg")), textOf(json::value(algorithm)));
    QCOMPARE(stand.faultOf(jwt), QByteArray{});
    QCOMPARE(static_cast<int>(fromBase64Url(crypto::splitJws(jwt, 1 << 20)->signature)->size()), signatureBytes);

    const auto keys = stand.publishedKeys();
    QCOMPARE(keys.size(), std::size_t{2}); // the next one, too
    const auto* const signer = std::ranges::find_if(keys, [&](const json::value& each) { return each.at("kid") == header.at("kid"); });
    QVERIFY(signer != keys.end());
    const auto& key = signer->as_object();
    QCOMPARE(textOf(key.at("kty")), "\"" + type + "\"");
    const bool isRsa = type == "RSA";
    const auto number = fromBase64Url(key.at(isRsa ? "n" : "x").as_string());
    QCOMPARE(static_cast<int>(number->size()), numberBytes);
    auto wanted = isRsa ? std::set<std::string>{"e", "n"} : std::set<std::string>{"crv", "x"};
    if (type == "EC") wanted.insert("y");
    wanted.insert({"use", "kid", "alg", "kty"});
    QVERIFY(namesOf(key) == wanted);
}

void TestIdentityTokens::fillsInTheTemplate()
{
    Stand stand;
    const auto group = dataOf(stand.write("group", {{"name", "all"}, {"member_entity_ids", {stand.entity}}, {"metadata", {{"floor", "3"}}}}));
    const std::string text = R"({"who":{{identity.entity.name}},"all":{{identity.entity.metadata}},"team":{{ identity.entity.metadata.team }},)"
                             R"("none":{{identity.entity.metadata.none}},"groups":{{identity.entity.groups.names}},)"
                             R"("alias":{{identity.entity.aliases.none.name}},"maps":{{identity.entity.aliases.none.metadata}},)"
                             R"("now":{{time.now}},"then":{{time.now.plus.1h}}})";
    stand.prepare({{"algorithm", "EdDSA"}, {"allowed_client_ids", "*"}}, {{"template", toBase64(text)}, {"client_id", "me"}, {"ttl", "2h"}});
    auto claims = partOf(stand.tokenOf(), 1);
    const auto now = toUnixSeconds(stand.fixture.clock.now());
    const json::object wanted{{"iss", kIssuer},         {"sub", stand.entity}, {"aud", "me"},       {"iat", now},
                              {"exp", now + 7200},      {"namespace", "root"}, {"who", "ann"},      {"all", {{"team", "red"}}},
                              {"team", "red"},          {"none", ""},          {"groups", {"all"}}, {"alias", ""},
                              {"maps", json::object{}}, {"now", now},          {"then", now + 3600}};
    QVERIFY2(claims == wanted, textOf(claims).constData());
    QCOMPARE(textOf(stand.read("oidc/token/app").at("ttl")), QByteArray{"7200"});
    // A group that the entity has left: the template gives nothing, and the token is still made.
    stand.must(stand.write("oidc/role/app", {{"template", R"({"who":{{identity.entity.name}}})"}}));
    QVERIFY(partOf(stand.tokenOf(), 1).contains("who"));
}

// A short template must not become a token of any length: the limit holds when a role is written and when its token is made.
void TestIdentityTokens::boundsWhatATemplateBecomes()
{
    Stand stand;
    json::object metadata;
    for (int i = 0; i < 60; ++i) metadata["k" + std::to_string(i)] = std::string(500, 'v');
    stand.must(stand.write("entity/id/" + stand.entity, {{"metadata", metadata}}));
    stand.prepare({{"algorithm", "EdDSA"}, {"allowed_client_ids", "*"}},
                  {{"template", R"({"a":{{identity.entity.metadata}},"b":{{identity.entity.metadata}},"c":{{identity.entity.metadata}}})"}});
    const auto jwt = stand.tokenOf();
    QVERIFY(jwt.size() < 1000);
    QCOMPARE(stand.faultOf(jwt), QByteArray{});
    const auto response = stand.write("oidc/role/long", {{"key", "k"}, {"template", "{\"a\":\"" + std::string(70'000, 'x') + "\"}"}});
    QCOMPARE(errorOf(response), QByteArray{"error parsing template: longer than 65536 bytes"});
}

// Everything that can be wrong with a token from outside. None of it is believed, and each answer says what is wrong.
void TestIdentityTokens::refusesForgedTokens_data()
{
    QTest::addColumn<int>("part");
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("fault");
    const QByteArray unsigned_ = "unable to validate the token signature";
    QTest::newRow("no algorithm") << 0 << QByteArray{R"({"alg":"none","kid":"KID"})"} << unsigned_;
    QTest::newRow("another algorithm") << 0 << QByteArray{R"({"alg":"HS256","kid":"KID"})"} << unsigned_;
    QTest::newRow("no key") << 0 << QByteArray{R"({"alg":"ES256"})"} << unsigned_;
    QTest::newRow("an unknown key") << 0 << QByteArray{R"({"alg":"ES256","kid":"x"})"} << unsigned_;
    QTest::newRow("a key that is no text") << 0 << QByteArray{R"({"alg":"ES256","kid":7})"} << unsigned_;
    QTest::newRow("a header that is no object") << 0 << QByteArray{"[]"} << QByteArray{"error parsing token: it is not a signed JWT in compact form"};
    QTest::newRow("other claims") << 1 << QByteArray{R"({"sub":"me"})"} << unsigned_;
    QTest::newRow("no signature") << 2 << QByteArray{} << unsigned_;
    QTest::newRow("a short signature") << 2 << QByteArray{"abcd"} << unsigned_;
    QTest::newRow("a signature of zeros") << 2 << QByteArray(64, '\0') << unsigned_;
    QTest::newRow("a signature of another length") << 2 << QByteArray(66, '\1') << unsigned_;
}

void TestIdentityTokens::refusesForgedTokens()
{
    QFETCH(int, part);
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, fault);
    Stand stand;
    stand.prepare();
    const auto jwt = stand.tokenOf();
    text.replace("KID", QByteArray::fromStdString(std::string{partOf(jwt, 0).at("kid").as_string()}));
    QCOMPARE(stand.faultOf(withPart(jwt, part, text.toStdString())), fault);
    QCOMPARE(stand.faultOf(jwt), QByteArray{});
    for (const auto* garbage : {"", "a", "a.b", "a.b.c.d", "a b.c.d"}) {
        QVERIFY(stand.faultOf(garbage).startsWith("error parsing token: "));
    }
    QCOMPARE(stand.faultOf(jwt, "another audience"), QByteArray{"error validating claims: validation failed, invalid audience claim (aud)"});
}

void TestIdentityTokens::anEndedTokenIsInactive()
{
    Stand stand;
    stand.prepare({{"algorithm", "ES256"}, {"allowed_client_ids", "*"}}, {{"ttl", "1h"}});
    const auto jwt = stand.tokenOf();
    stand.fixture.clock.advance(1h + 59s);
    QCOMPARE(stand.faultOf(jwt), QByteArray{});
    stand.fixture.clock.advance(2s);
    QCOMPARE(stand.faultOf(jwt), QByteArray{"error validating claims: validation failed, token is expired (exp)"});
}

// Clusters of a set share the keys, but each signs under its own address unless an operator has set one for all.
void TestIdentityTokens::anotherClustersAddressIsAnotherIssuer()
{
    Stand stand;
    stand.prepare();
    identity::IdentityBackend other{stand.router, "https://two:8200"};
    const auto introspected = [&](const std::string& jwt) {
        return stand.fixture.ask(other, {Operation::Update, "oidc/introspect", json::serialize(json::object{{"token", jwt}})}).rawBody;
    };
    QVERIFY(introspected(stand.tokenOf()).find("invalid issuer") != std::string::npos);
    const auto response = stand.write("oidc/config", {{"issuer", "https://all.example"}});
    QCOMPARE(response.warnings.size(), std::size_t{1});
    QVERIFY(introspected(stand.tokenOf()).find("true") != std::string::npos);
    QCOMPARE(textOf(partOf(stand.tokenOf(), 1).at("iss")), QByteArray{"\"https://all.example/v1/identity/oidc\""});
}

void TestIdentityTokens::disabledAndDeletedEntitiesAreInactive()
{
    Stand stand;
    stand.prepare();
    const auto jwt = stand.tokenOf();
    stand.must(stand.write("entity/id/" + stand.entity, {{"disabled", true}}));
    QCOMPARE(stand.faultOf(jwt), QByteArray{"entity is disabled"});
    stand.must(stand.ask(Operation::Delete, "entity/id/" + stand.entity));
    QCOMPARE(stand.faultOf(jwt), QByteArray{"entity was not found"});
    QCOMPARE(errorOf(stand.ask(Operation::Read, "oidc/token/app")), QByteArray{"no entity associated with the request's token"});
    stand.fixture.token = nullptr;
    QCOMPARE(errorOf(stand.ask(Operation::Read, "oidc/token/app")), QByteArray{"no entity associated with the request's token"});
}

void TestIdentityTokens::aRotatedKeyStillVerifies()
{
    Stand stand;
    stand.prepare();
    const auto first = stand.tokenOf();
    const auto next = [&] {
        const auto signer = partOf(first, 0).at("kid");
        for (const auto& each : stand.publishedKeys()) {
            if (each.at("kid") != signer) return each.at("kid");
        }
        return json::value{};
    }();
    stand.must(stand.write("oidc/key/k/rotate", {{"verification_ttl", "10m"}}));
    QVERIFY(partOf(stand.tokenOf(), 0).at("kid") == next); // verifiers could know it before it signed
    QCOMPARE(stand.publishedKeys().size(), std::size_t{3});
    QCOMPARE(stand.faultOf(first), QByteArray{});
    stand.fixture.clock.advance(10min);
    QCOMPARE(stand.faultOf(first), QByteArray{"unable to validate the token signature"});
    QCOMPARE(stand.publishedKeys().size(), std::size_t{2});
}

void TestIdentityTokens::rotatesByItsPeriod()
{
    Stand stand;
    stand.prepare({{"algorithm", "ES256"}, {"allowed_client_ids", "*"}, {"rotation_period", "1h"}, {"verification_ttl", "30m"}}, {{"ttl", "30m"}});
    const auto kid = [&] { return partOf(stand.tokenOf(), 0).at("kid"); };
    const auto first = kid();
    stand.fixture.clock.advance(59min);
    QVERIFY(!stand.maintain());
    QVERIFY(kid() == first);
    stand.fixture.clock.advance(1min);
    QVERIFY(stand.maintain());
    QVERIFY(!stand.maintain());
    QVERIFY(kid() != first);
    // A verifier is told to ask again when the next rotation is due.
    const auto headers = stand.ask(Operation::Read, "oidc/.well-known/keys").headers;
    QCOMPARE(headers.size(), std::size_t{1});
    QCOMPARE(headers[0].second, std::string{"max-age=3600"});
    stand.fixture.clock.advance(30min);
    QVERIFY(stand.maintain()); // forgets the former pair
    QVERIFY(!stand.maintain());
    QCOMPARE(stand.publishedKeys().size(), std::size_t{2});
}

// A private half that signs nothing any more is only a danger. Where pairs end: rotation, another algorithm, deletion.
void TestIdentityTokens::keepsNoPrivateHalfThatSignsNothing()
{
    Stand stand;
    stand.prepare();
    const auto count = [&](const std::string& folder) {
        std::size_t found = 0;
        for (const auto& [key, value] : stand.fixture.stored()) found += key.find(folder) != std::string::npos;
        return found;
    };
    QCOMPARE(count("oidc/private/"), std::size_t{2});
    stand.must(stand.write("oidc/key/k/rotate"));
    QCOMPARE(count("oidc/private/"), std::size_t{2});
    stand.must(stand.write("oidc/key/k", {{"algorithm", "EdDSA"}}));
    QCOMPARE(count("oidc/private/"), std::size_t{2});
    QCOMPARE(errorOf(stand.ask(Operation::Delete, "oidc/key/k")),
             QByteArray{R"(unable to delete key "k" because it is currently referenced by these roles: app)"});
    stand.must(stand.ask(Operation::Delete, "oidc/role/app"));
    stand.must(stand.ask(Operation::Delete, "oidc/key/k"));
    QCOMPARE(count("oidc/"), std::size_t{0});
    QCOMPARE(errorOf(stand.ask(Operation::Delete, "oidc/key/default")), QByteArray{"deletion of key \"default\" not allowed"});
}

void TestIdentityTokens::anotherAlgorithmMakesNewPairs()
{
    Stand stand;
    stand.prepare();
    const auto first = stand.tokenOf();
    stand.must(stand.write("oidc/key/k", {{"algorithm", "EdDSA"}}));
    const auto second = stand.tokenOf();
    QCOMPARE(textOf(partOf(second, 0).at("alg")), QByteArray{"\"EdDSA\""});
    QCOMPARE(stand.faultOf(first), QByteArray{});
    QCOMPARE(stand.faultOf(second), QByteArray{});
    // Without another algorithm, the pairs stay.
    stand.must(stand.write("oidc/key/k", {{"verification_ttl", "48h"}}));
    QVERIFY(partOf(stand.tokenOf(), 0).at("kid") == partOf(second, 0).at("kid"));
}

void TestIdentityTokens::theDefaultKeyIsThereWhenItIsAskedFor()
{
    Stand stand;
    QCOMPARE(textOf(stand.read("oidc/key/default").at("allowed_client_ids")), QByteArray{R"(["*"])"});
    QCOMPARE(textOf(dataOf(stand.ask(Operation::List, "oidc/key")).at("keys")), QByteArray{R"(["default"])"});
    stand.must(stand.write("oidc/role/app", {{"key", "default"}}));
    QCOMPARE(stand.faultOf(stand.tokenOf()), QByteArray{});
    QCOMPARE(stand.read("oidc/role/app").at("client_id").as_string().size(), std::size_t{26});
    // A key that lists other clients signs nothing for this one.
    stand.must(stand.write("oidc/key/k", {{"algorithm", "ES256"}, {"allowed_client_ids", "other"}}));
    stand.must(stand.write("oidc/role/app", {{"key", "k"}}));
    QCOMPARE(errorOf(stand.ask(Operation::Read, "oidc/token/app")),
             QByteArray{R"(the key "k" does not list the client ID of the role "app" as an allowed client ID)"});
    QCOMPARE(errorOf(stand.ask(Operation::Read, "oidc/token/none")), QByteArray{R"(role "none" not found)"});
}

void TestIdentityTokens::publishesOnlyKeysThatRolesUse()
{
    Stand stand;
    stand.must(stand.write("oidc/key/k", {{"algorithm", "ES256"}}));
    QCOMPARE(stand.publishedKeys().size(), std::size_t{0});
    QVERIFY(stand.ask(Operation::Read, "oidc/.well-known/keys").headers.empty());
    stand.must(stand.write("oidc/role/app", {{"key", "k"}}));
    QCOMPARE(stand.publishedKeys().size(), std::size_t{2});
    stand.must(stand.write("oidc/key/other", {{"algorithm", "ES256"}}));
    stand.must(stand.write("oidc/role/app", {{"key", "other"}}));
    stand.must(stand.ask(Operation::Delete, "oidc/key/k")); // no role uses it any more
    const auto provider = json::parse(stand.ask(Operation::Read, "oidc/.well-known/openid-configuration").rawBody).as_object();
    QCOMPARE(textOf(provider.at("jwks_uri")), textOf(json::value(std::string{kIssuer} + "/.well-known/keys")));
}

// The keys are shared. A secondary signs with its copy, and leaves rotation and every change to the primary.
void TestIdentityTokens::aSecondarySignsAndRotatesNothing()
{
    Stand stand;
    stand.prepare({{"algorithm", "ES256"}, {"allowed_client_ids", "*"}, {"rotation_period", "1h"}, {"verification_ttl", "30m"}}, {{"ttl", "30m"}});
    stand.fixture.access.shared = false;
    QCOMPARE(stand.faultOf(stand.tokenOf()), QByteArray{});
    stand.fixture.clock.advance(2h);
    QVERIFY(!stand.maintain());
    const auto response = stand.fixture.handle(stand.backend, stand.fixture.requestOf({Operation::Update, "oidc/key/k/rotate"}));
    QVERIFY(!response);
    QVERIFY(response.error().code == ErrorCode::ReadOnly);
}

// A member that was revoked as compromised has the private halves. What it signs must not be believed for a moment longer: not by this server, and not by
// programs that fetch the published keys. Other secrets of a set with the same rule: wrapping tokens, DR operation tokens.
void TestIdentityTokens::pairsThatARevokedMemberKnowsVerifyNothing()
{
    Stand stand;
    stand.prepare();
    const auto forged = stand.tokenOf();
    const auto kid = partOf(forged, 0).at("kid");
    const auto revoke = [&](std::uint64_t renewal) {
        const auto done = stand.fixture.inTransaction([&](mount::Context& context) -> Result<mount::Response> {
            trust::RekeyDue due;
            due.renewal = renewal;
            if (auto stored = due.store(*context.system); !stored) return std::move(stored).error();
            return mount::Response{};
        });
        if (!done) qFatal("%s", toString(done.error()).c_str());
    };
    revoke(1);
    QCOMPARE(stand.faultOf(forged), QByteArray{"unable to validate the token signature"});
    QCOMPARE(stand.publishedKeys().size(), std::size_t{0});
    const auto token = stand.tokenOf(); // makes new pairs
    QVERIFY(partOf(token, 0).at("kid") != kid);
    QCOMPARE(stand.faultOf(token), QByteArray{});
    QCOMPARE(stand.faultOf(forged), QByteArray{"unable to validate the token signature"});
    QCOMPARE(stand.publishedKeys().size(), std::size_t{2});
    // A key that nobody uses is replaced by the periodic work, and by a rotation.
    revoke(2);
    QVERIFY(stand.maintain());
    QVERIFY(!stand.maintain());
    QCOMPARE(stand.faultOf(token), QByteArray{"unable to validate the token signature"});
    const auto third = stand.tokenOf();
    revoke(3);
    stand.must(stand.write("oidc/key/k/rotate"));
    QCOMPARE(stand.faultOf(third), QByteArray{"unable to validate the token signature"});
    QCOMPARE(stand.publishedKeys().size(), std::size_t{2});
}

QTEST_GUILESS_MAIN(TestIdentityTokens)
#include "tst_identity_tokens.moc"
