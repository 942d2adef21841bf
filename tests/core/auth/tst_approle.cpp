#include "tests/core/backend_fixture.h"

#ifndef Q_MOC_RUN
#include "core/auth/approle/approle_backend.h"
#include "core/auth/approle/key_values.h"
#include "core/auth/approle/secret_id.h"
#endif

#include <QTest>

using namespace core;
using namespace core::auth;
using namespace testing_backend;
using policy::Operation;

class TestApprole : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void logsIn();
    void refusesLogins_data();
    void refusesLogins();
    void aSecretIdEndsAfterItsUses();
    void aRefusedLoginTakesNoUse();
    void aSecretIdEndsAfterItsTime();
    void networksBindLogins_data();
    void networksBindLogins();
    void aRoleThatNeedsNoSecretIdIgnoresOne();
    void aFormerRoleIdEnds();
    void twoRolesCannotHaveOneId();
    void aRoleMadeAgainKnowsNoFormerSecretId();
    void theStorageShowsNoId();
    void localSecretIdsAreLocal();
    void aSecondaryForwardsWhatAllShare();
    void tidyRemovesExpiredAndOrphanedIds();
    void tidyLeavesSharedIdsToThePrimary();
    void renewsByTheRoleAsItIs();
    void namesTheRoleForLockout();
    void readsKeyValues_data();
    void readsKeyValues();
};

namespace {

constexpr const char* kWrong = "invalid role or secret ID";

/// A mount of the method, as the pipeline makes it.
class Mounted : public Fixture {
public:
    Mounted() : Fixture{mountOf("auth/approle/", "approle")}
    {
        const auto done = inTransaction([&](mount::Context& context) -> Result<mount::Response> {
            if (auto made = backend.initialize(context); !made) return made.error();
            return mount::Response{};
        });
        if (!done) qFatal("initialize: %s", toString(done.error()).c_str());
    }

    mount::Response post(const char* path, const QByteArray& body = "{}") { return ask(backend, {Operation::Update, path, body.toStdString()}); }
    mount::Response read(const char* path) { return ask(backend, {Operation::Read, path}); }
    mount::Response remove(const char* path) { return ask(backend, {Operation::Delete, path}); }
    void makeRole(const QByteArray& fields = R"({"role_id":"web-id"})")
    {
        const auto made = post("role/web", fields);
        QVERIFY2(!made.isError, errorOf(made).constData());
    }
    void makeSecretId(const QByteArray& fields = R"({"secret_id":"s3cret"})")
    {
        const auto made = post("role/web/custom-secret-id", fields);
        QVERIFY2(!made.isError, errorOf(made).constData());
        accessor = QByteArray::fromStdString(std::string{made.data->at("secret_id_accessor").as_string()});
    }
    mount::Response logIn(const QByteArray& roleId = "web-id", const QByteArray& secretId = "s3cret")
    {
        return post("login", R"({"role_id":")" + roleId + R"(","secret_id":")" + secretId + "\"}");
    }
    int rowsBelow(std::string_view folder) const
    {
        int count = 0;
        for (const auto& [key, value] : stored()) count += key.find(folder) == std::string::npos ? 0 : 1;
        return count;
    }

    ApproleBackend backend;
    QByteArray accessor; // of the latest secret id
};

} // namespace

void TestApprole::logsIn()
{
    Mounted fixture;
    fixture.makeRole(R"({"role_id":"web-id","token_policies":"b,a","token_ttl":"20m"})");
    fixture.makeSecretId(R"({"secret_id":"s3cret","metadata":"{\"host\":\"w1\",\"role_name\":\"forged\"}"})");
    const auto answer = fixture.logIn(" web-id\\n", "s3cret\\n"); // as read from files
    QVERIFY2(answer.auth.has_value(), errorOf(answer).constData());
    QCOMPARE(answer.auth->ttl.count(), 1200);
    QCOMPARE(answer.auth->metadata.at("host"), std::string{"w1"});
    QCOMPARE(answer.auth->metadata.at("role_name"), std::string{"web"});
    QVERIFY(answer.auth->clientToken.empty()); // tokens are made by the pipeline
}

void TestApprole::refusesLogins_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<bool>("isCounted");
    QTest::newRow("nothing") << QByteArray{"{}"} << QByteArray{"missing role_id"} << false;
    QTest::newRow("no secret id") << QByteArray{R"({"role_id":"web-id"})"} << QByteArray{"missing secret_id"} << false;
    QTest::newRow("blank secret id") << QByteArray{R"({"role_id":"web-id","secret_id":" "})"} << QByteArray{"missing secret_id"} << false;
    QTest::newRow("unknown role") << QByteArray{R"({"role_id":"x","secret_id":"s3cret"})"} << QByteArray{kWrong} << false;
    QTest::newRow("the role's name") << QByteArray{R"({"role_id":"web","secret_id":"s3cret"})"} << QByteArray{kWrong} << false;
    QTest::newRow("wrong secret id") << QByteArray{R"({"role_id":"web-id","secret_id":"x"})"} << QByteArray{kWrong} << true;
}

void TestApprole::refusesLogins()
{
    QFETCH(QByteArray, body);
    QFETCH(QByteArray, text);
    QFETCH(bool, isCounted);
    Mounted fixture;
    fixture.makeRole();
    fixture.makeSecretId();
    const auto answer = fixture.post("login", body);
    QCOMPARE(errorOf(answer), text);
    QCOMPARE(answer.isWrongCredential, isCounted); // nobody can lock a role that does not exist
}

void TestApprole::aSecretIdEndsAfterItsUses()
{
    Mounted fixture;
    fixture.makeRole();
    fixture.makeSecretId(R"({"secret_id":"s3cret","num_uses":2})");
    QVERIFY(fixture.logIn().auth.has_value());
    const auto shown = fixture.post("role/web/secret-id/lookup", R"({"secret_id":"s3cret"})");
    QCOMPARE(shown.data->at("secret_id_num_uses").to_number<int>(), 1);
    QVERIFY(fixture.logIn().auth.has_value());
    QCOMPARE(errorOf(fixture.logIn()), QByteArray{kWrong});
    QVERIFY(!fixture.post("role/web/secret-id/lookup", R"({"secret_id":"s3cret"})").hasContent());
    QCOMPARE(fixture.rowsBelow("/accessor/"), 0);
}

void TestApprole::aRefusedLoginTakesNoUse()
{
    Mounted fixture;
    fixture.makeRole(R"({"role_id":"web-id","secret_id_bound_cidrs":"10.0.0.0/8"})"); // requests come from 127.0.0.1
    fixture.makeSecretId(R"({"secret_id":"s3cret","num_uses":1})");
    QVERIFY(fixture.logIn().isError);
    QVERIFY(!fixture.remove("role/web/secret-id-bound-cidrs").isError);
    QVERIFY(fixture.logIn().auth.has_value());
}

void TestApprole::aSecretIdEndsAfterItsTime()
{
    Mounted fixture;
    fixture.makeRole(R"({"role_id":"web-id","secret_id_ttl":"10m"})");
    fixture.makeSecretId();
    fixture.clock.advance(std::chrono::minutes{10} - std::chrono::nanoseconds{1});
    QVERIFY(fixture.logIn().auth.has_value());
    fixture.clock.advance(std::chrono::nanoseconds{1});
    QCOMPARE(errorOf(fixture.logIn()), QByteArray{kWrong});
}

void TestApprole::networksBindLogins_data()
{
    QTest::addColumn<QByteArray>("role");
    QTest::addColumn<QByteArray>("secretId");
    QTest::addColumn<QByteArray>("text");
    const QByteArray id = R"({"secret_id":"s3cret"})";
    const QByteArray any = R"({"role_id":"web-id"})";
    QTest::newRow("role, inside") << QByteArray{R"({"role_id":"web-id","secret_id_bound_cidrs":"127.0.0.0/8"})"} << id << QByteArray{};
    QTest::newRow("role, outside") << QByteArray{R"({"role_id":"web-id","secret_id_bound_cidrs":"10.0.0.0/8"})"} << id
                                   << QByteArray{"source address \"127.0.0.1\" unauthorized by CIDR restrictions on the role"};
    QTest::newRow("secret id, outside") << any << QByteArray{R"({"secret_id":"s3cret","cidr_list":"10.0.0.0/8"})"}
                                        << QByteArray{"source address \"127.0.0.1\" unauthorized through CIDR restrictions on the secret ID"};
    QTest::newRow("limited secret id, outside") << any << QByteArray{R"({"secret_id":"s3cret","cidr_list":"10.0.0.0/8","num_uses":3})"}
                                                << QByteArray{"source address \"127.0.0.1\" unauthorized by CIDR restrictions on the secret ID"};
    QTest::newRow("token, outside") << QByteArray{R"({"role_id":"web-id","token_bound_cidrs":"10.0.0.0/8"})"} << id
                                    << QByteArray{"permission denied"};
    QTest::newRow("the id's network for tokens") << any << QByteArray{R"({"secret_id":"s3cret","token_bound_cidrs":"127.0.0.1"})"} << QByteArray{};
    QTest::newRow("not within the role's") << QByteArray{R"({"role_id":"web-id","secret_id_bound_cidrs":"127.0.0.0/8"})"}
                                           << QByteArray{R"({"secret_id":"s3cret","cidr_list":"126.0.0.0/7"})"}
                                           << QByteArray{"failed to verify subset relationship between CIDR blocks on the role [\"127.0.0.0/8\"] and "
                                                         "CIDR blocks on the secret ID [\"126.0.0.0/7\"]"};
    QTest::newRow("no network") << any << QByteArray{R"({"secret_id":"s3cret","cidr_list":"127.0.0.1"})"}
                                << QByteArray{"failed to validate CIDR blocks"};
    QTest::newRow("no network for tokens") << any << QByteArray{R"({"secret_id":"s3cret","token_bound_cidrs":"here"})"}
                                           << QByteArray{"failed to validate token CIDR blocks"};
}

void TestApprole::networksBindLogins()
{
    QFETCH(QByteArray, role);
    QFETCH(QByteArray, secretId);
    QFETCH(QByteArray, text);
    Mounted fixture;
    fixture.makeRole(role);
    const auto made = fixture.post("role/web/custom-secret-id", secretId);
    const auto answer = made.isError ? made : fixture.logIn();
    QCOMPARE(errorOf(answer), text);
    QCOMPARE(answer.auth.has_value(), text.isEmpty());
}

void TestApprole::aRoleThatNeedsNoSecretIdIgnoresOne()
{
    Mounted fixture;
    QCOMPARE(errorOf(fixture.post("role/web", R"({"bind_secret_id":false})")), QByteArray{"at least one constraint should be enabled on the role"});
    fixture.makeRole(R"({"role_id":"web-id","bind_secret_id":false,"token_bound_cidrs":"127.0.0.0/8"})");
    QVERIFY(fixture.logIn("web-id", "anything").auth.has_value());
    QVERIFY(fixture.post("login", R"({"role_id":"web-id"})").auth.has_value());
    // The last thing that binds the role cannot be taken away, by no path.
    QVERIFY(fixture.remove("role/web/token-bound-cidrs").isError);
    QVERIFY(fixture.post("role/web", R"({"token_bound_cidrs":""})").isError);
    QVERIFY(fixture.post("role/web/token-bound-cidrs", R"({"token_bound_cidrs":""})").isError);
}

void TestApprole::aFormerRoleIdEnds()
{
    Mounted fixture;
    fixture.makeRole();
    fixture.makeSecretId();
    QVERIFY(!fixture.post("role/web/role-id", R"({"role_id":"new-id"})").isError);
    QCOMPARE(errorOf(fixture.logIn("web-id")), QByteArray{kWrong});
    QVERIFY(fixture.logIn("new-id").auth.has_value());
}

void TestApprole::twoRolesCannotHaveOneId()
{
    Mounted fixture;
    fixture.makeRole();
    QCOMPARE(errorOf(fixture.post("role/other", R"({"role_id":"web-id"})")), QByteArray{"role_id already in use"});
    QVERIFY(!fixture.post("role/other").isError);
    QCOMPARE(errorOf(fixture.post("role/other/role-id", R"({"role_id":"web-id"})")), QByteArray{"role_id already in use"});
    QVERIFY(!fixture.post("role/web/role-id", R"({"role_id":"web-id"})").isError); // its own
    QVERIFY(!fixture.remove("role/web").isError);
    QVERIFY(!fixture.post("role/other/role-id", R"({"role_id":"web-id"})").isError);
}

// A secret id must end with its role, also when a role of the same name and id is made at once, before the rows of the former one are removed.
void TestApprole::aRoleMadeAgainKnowsNoFormerSecretId()
{
    Mounted fixture;
    fixture.makeRole();
    fixture.makeSecretId();
    const auto formerAccessor = fixture.accessor;
    QVERIFY(!fixture.remove("role/web").isError);
    fixture.makeRole();
    QCOMPARE(errorOf(fixture.logIn()), QByteArray{kWrong});
    QVERIFY(!fixture.ask(fixture.backend, {Operation::List, "role/web/secret-id"}).hasContent());
    const auto destroyed = fixture.post("role/web/secret-id-accessor/destroy", R"({"secret_id_accessor":")" + formerAccessor + "\"}");
    QCOMPARE(destroyed.status, 403);
}

void TestApprole::theStorageShowsNoId()
{
    Mounted fixture;
    fixture.makeRole();
    fixture.makeSecretId();
    for (const auto& [key, value] : fixture.stored()) {
        for (const std::string_view id : {std::string_view{"s3cret"}, std::string_view{"web-id"}, std::string_view{fixture.accessor.constData()}}) {
            QVERIFY2(key.find(id) == std::string::npos && value.find(id) == std::string::npos, key.c_str());
        }
    }
}

void TestApprole::localSecretIdsAreLocal()
{
    Mounted fixture;
    fixture.makeRole(R"({"role_id":"web-id","local_secret_ids":true})");
    fixture.access = {.shared = false, .local = true}; // a performance secondary
    fixture.makeSecretId(R"({"secret_id":"s3cret","num_uses":1})");
    QVERIFY(fixture.logIn().auth.has_value());
    QCOMPARE(errorOf(fixture.logIn()), QByteArray{kWrong});
}

void TestApprole::aSecondaryForwardsWhatAllShare()
{
    Mounted fixture;
    fixture.makeRole();
    fixture.makeSecretId();
    fixture.makeSecretId(R"({"secret_id":"once","num_uses":1})");
    fixture.access = {.shared = false, .local = true};
    QVERIFY(fixture.logIn().auth.has_value()); // writes nothing
    for (const Fixture::Ask& ask : std::initializer_list<Fixture::Ask>{
             {Operation::Update, "login", R"({"role_id":"web-id","secret_id":"once"})"},
             {Operation::Update, "role/web/secret-id", "{}"},
             {Operation::Update, "role/web/secret-id/destroy", R"({"secret_id":"s3cret"})"},
             {Operation::Update, "role/web/token-ttl", R"({"token_ttl":"1m"})"},
             {Operation::Update, "role/web", R"({"token_ttl":"1m"})"},
             {Operation::Create, "role/new", "{}"},
             {Operation::Delete, "role/web"},
         }) {
        const auto answer = fixture.handle(fixture.backend, fixture.requestOf(ask));
        QVERIFY2(!answer && answer.error().code == ErrorCode::ReadOnly, ask.path.c_str());
    }
}

void TestApprole::tidyRemovesExpiredAndOrphanedIds()
{
    Mounted fixture;
    fixture.makeRole();
    fixture.makeSecretId(R"({"secret_id":"short","ttl":"1m"})");
    fixture.makeSecretId(R"({"secret_id":"long","ttl":"1h"})");
    fixture.makeSecretId(R"({"secret_id":"endless"})");
    fixture.clock.advance(std::chrono::minutes{1});
    QCOMPARE(fixture.post("tidy/secret-id").status, 202);
    QCOMPARE(fixture.rowsBelow("/secret_id/"), 2);
    QCOMPARE(fixture.rowsBelow("/accessor/"), 2);
    QCOMPARE(fixture.rowsBelow("/secret_id_expiry/"), 1);
    QVERIFY(fixture.logIn("web-id", "long").auth.has_value());
    QVERIFY(!fixture.remove("role/web").isError);
    QCOMPARE(fixture.post("tidy/secret-id").status, 202);
    for (const auto folder : {"/secret_id/", "/accessor/", "/secret_id_expiry/", "/role/", "/role_id/", "/folder/"})
        QCOMPARE(fixture.rowsBelow(folder), 0);
}

void TestApprole::tidyLeavesSharedIdsToThePrimary()
{
    Mounted fixture;
    fixture.makeRole(R"({"role_id":"web-id","local_secret_ids":true})");
    fixture.makeSecretId(R"({"secret_id":"own","ttl":"1m"})");
    QVERIFY(!fixture.post("role/all").isError);
    QVERIFY(!fixture.post("role/all/custom-secret-id", R"({"secret_id":"shared","ttl":"1m"})").isError);
    fixture.clock.advance(std::chrono::minutes{1});
    fixture.access = {.shared = false, .local = true};
    QCOMPARE(fixture.post("tidy/secret-id").status, 202);
    QCOMPARE(fixture.rowsBelow("/secret_id/"), 1);
    fixture.access = {};
    QCOMPARE(fixture.post("tidy/secret-id").status, 202);
    QCOMPARE(fixture.rowsBelow("/secret_id/"), 0);
}

void TestApprole::renewsByTheRoleAsItIs()
{
    Mounted fixture;
    fixture.makeRole();
    auto token = std::make_shared<token::TokenEntry>();
    token->metadata["role_name"] = "web";
    fixture.token = token;
    const auto renew = [&] { return fixture.ask(fixture.backend, {Operation::Renew, "login"}); };
    QCOMPARE(renew().auth->ttl.count(), 0);
    QVERIFY(!fixture.post("role/web/token-ttl", R"({"token_ttl":"5m"})").isError);
    QCOMPARE(renew().auth->ttl.count(), 300);
    QVERIFY(!fixture.remove("role/web").isError);
    QCOMPARE(errorOf(renew()), QByteArray{"role \"web\" does not exist during renewal"});
}

void TestApprole::namesTheRoleForLockout()
{
    Mounted fixture;
    const auto aliasOf = [&](const char* body) { return fixture.backend.loginAlias(fixture.requestOf({Operation::Update, "login", body})); };
    QCOMPARE(aliasOf(R"({"role_id":" web-id "})"), std::string{"web-id"});
    QCOMPARE(aliasOf(R"({"role_id":7})"), std::string{});
    QCOMPARE(aliasOf("{}"), std::string{});
}

void TestApprole::readsKeyValues_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("read"); // key=value pairs, or the error
    QTest::newRow("nothing") << QByteArray{" "} << QByteArray{};
    QTest::newRow("JSON") << QByteArray{R"({"Host":"W1"})"} << QByteArray{"Host=W1;"};
    QTest::newRow("JSON in base64") << QByteArray{R"({"Host":"W1"})"}.toBase64() << QByteArray{"Host=W1;"};
    QTest::newRow("pairs") << QByteArray{"b = 2,A=X"} << QByteArray{"a=x;b=2;"};
    QTest::newRow("a word") << QByteArray{"host"} << QByteArray{"failed to parse the input: invalid <key,value> format"};
    QTest::newRow("two equals signs") << QByteArray{"a=b=c"} << QByteArray{"failed to parse the input: invalid <key,value> format"};
    QTest::newRow("no value") << QByteArray{"a="} << QByteArray{"failed to parse the input: invalid <key,value> pair: key: \"a\" value: \"\""};
    QTest::newRow("no value in JSON") << QByteArray{R"({"a":""})"} << QByteArray{"invalid value for key \"a\""};
    QTest::newRow("numbers") << QByteArray{R"({"a":1})"} << QByteArray{"failed to parse the input: invalid <key,value> format"};
}

void TestApprole::readsKeyValues()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, read);
    const auto parsed = approle::parseKeyValues(text.toStdString());
    QByteArray found;
    if (!parsed) found = QByteArray::fromStdString(parsed.error().detail);
    else {
        for (const auto& [key, value] : *parsed) found += QByteArray::fromStdString(key + "=" + value + ";");
    }
    QCOMPARE(found, read);
}

QTEST_GUILESS_MAIN(TestApprole)
#include "tst_approle.moc"
