#include "tests/core/backend_fixture.h"

#ifndef Q_MOC_RUN
#include "core/auth/userpass/userpass_backend.h"
#endif

#include <QTest>

using namespace core;
using namespace core::auth;
using namespace testing_backend;
using policy::Operation;

class TestUserpass : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void logsIn();
    void refusesLogins_data();
    void refusesLogins();
    void bindsLoginsToNetworks();
    void readsBackWithoutThePassword();
    void refusesBadUsers_data();
    void refusesBadUsers();
    void updatesKeepWhatIsNotGiven();
    void changesPasswordAndPolicies();
    void takesHashesFromElsewhere();
    void listsAndDeletes();
    void renewsWhileThePoliciesStand();
    void saysWhatHashes_data();
    void saysWhatHashes();
    void existenceFollowsTheUser();
    void wrongCredentialsOfUsersAreReported();

private:
    void add(Fixture& fixture, const char* fields = R"({"password":"pw","token_policies":"dev,ops","token_ttl":"1h"})");
    UserpassBackend m_userpass;
};

namespace {

mount::MountEntry userpassMount()
{
    return mountOf("auth/userpass/", "userpass");
}

} // namespace

void TestUserpass::add(Fixture& fixture, const char* fields)
{
    const auto added = fixture.ask(m_userpass, {Operation::Create, "users/Alice", fields});
    QVERIFY2(!added.isError, errorOf(added).constData());
}

void TestUserpass::logsIn()
{
    Fixture fixture{userpassMount()};
    add(fixture);
    const auto answer = fixture.ask(m_userpass, {Operation::Update, "login/aLICE", R"({"password":"pw"})"});
    QVERIFY(answer.auth.has_value());
    QCOMPARE(answer.auth->policies, (std::vector<std::string>{"dev", "ops"}));
    QCOMPARE(answer.auth->metadata.at("username"), std::string{"alice"});
    QCOMPARE(answer.auth->displayName, std::string{"alice"});
    QCOMPARE(answer.auth->ttl.count(), 3600);
    QVERIFY(answer.auth->isRenewable);
    QVERIFY(answer.auth->clientToken.empty()); // tokens are made by the pipeline
}

void TestUserpass::refusesLogins_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("wrong password") << QByteArray{"login/alice"} << QByteArray{R"({"password":"no"})"} << QByteArray{"invalid username or password"};
    QTest::newRow("unknown user") << QByteArray{"login/bob"} << QByteArray{R"({"password":"pw"})"} << QByteArray{"invalid username or password"};
    QTest::newRow("no password") << QByteArray{"login/alice"} << QByteArray{"{}"} << QByteArray{"missing password"};
    QTest::newRow("overlong") << QByteArray{"login/alice"} << QByteArray{"{\"password\":\"" + QByteArray(100, 'p') + "\"}"}
                              << QByteArray{"invalid username or password"};
    QTest::newRow("list") << QByteArray{"login/alice"} << QByteArray{R"({"password":["pw"]})"}
                          << QByteArray{"Field validation failed: error converting input for field \"password\": expected type 'string', got list"};
}

void TestUserpass::refusesLogins()
{
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, body);
    QFETCH(QByteArray, text);
    Fixture fixture{userpassMount()};
    add(fixture);
    const auto answer = fixture.ask(m_userpass, {Operation::Update, path.toStdString(), body.toStdString()});
    QCOMPARE(answer.status, 400);
    QCOMPARE(errorOf(answer), text);
    QVERIFY(!answer.auth);
}

void TestUserpass::bindsLoginsToNetworks()
{
    Fixture fixture{userpassMount()};
    add(fixture, R"({"password":"pw","token_bound_cidrs":"10.0.0.0/8"})");
    auto request = fixture.requestOf({Operation::Update, "login/alice", R"({"password":"pw"})"});
    QCOMPARE(fixture.handle(m_userpass, request)->status, 403);
    request.remoteAddress = "10.9.8.7";
    QVERIFY(fixture.handle(m_userpass, request)->auth.has_value());
}

void TestUserpass::readsBackWithoutThePassword()
{
    Fixture fixture{userpassMount()};
    add(fixture);
    const auto data = dataOf(fixture.ask(m_userpass, {Operation::Read, "users/alice"}));
    QCOMPARE(textOf(data.at("token_policies")), QByteArray{R"(["dev","ops"])"});
    QCOMPARE(data.at("token_ttl").as_int64(), 3600);
    QCOMPARE(textOf(data.at("token_bound_cidrs")), QByteArray{"[]"});
    for (const auto& member : data) QVERIFY(member.key().starts_with("token_"));
}

void TestUserpass::refusesBadUsers_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("no password") << QByteArray{"users/bob"} << QByteArray{R"({"token_policies":"a"})"} << 400 << QByteArray{"missing password"};
    QTest::newRow("long password") << QByteArray{"users/bob"} << QByteArray{"{\"password\":\"" + QByteArray(73, 'p') + "\"}"} << 400
                                   << QByteArray{"password length exceeds 72 bytes"};
    QTest::newRow("not a hash") << QByteArray{"users/bob"} << QByteArray{R"({"password_hash":"x"})"} << 400
                                << QByteArray{"'password_hash' is not a valid bcrypt hash"};
    QTest::newRow("ttl") << QByteArray{"users/bob"} << QByteArray{R"({"password":"p","token_ttl":"2h","token_max_ttl":"1h"})"} << 400
                         << QByteArray{"'token_ttl' cannot be greater than 'token_max_ttl'"};
    QTest::newRow("name") << QByteArray{"users/bo b"} << QByteArray{R"({"password":"p"})"} << 404
                          << QByteArray{"1 error occurred:\n\t* unsupported path\n\n"};
    QTest::newRow("unknown user's password") << QByteArray{"users/bob/password"} << QByteArray{R"({"password":"p"})"} << 500
                                             << QByteArray{"username does not exist"};
    QTest::newRow("unknown user's policies") << QByteArray{"users/bob/policies"} << QByteArray{R"({"token_policies":"p"})"} << 500
                                             << QByteArray{"username does not exist"};
}

void TestUserpass::refusesBadUsers()
{
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, body);
    QFETCH(int, status);
    QFETCH(QByteArray, text);
    Fixture fixture{userpassMount()};
    const auto answer = fixture.ask(m_userpass, {Operation::Update, path.toStdString(), body.toStdString()});
    QCOMPARE(answer.status, status);
    QCOMPARE(errorOf(answer), text);
    QVERIFY(fixture.stored().empty());
}

void TestUserpass::updatesKeepWhatIsNotGiven()
{
    Fixture fixture{userpassMount()};
    add(fixture);
    fixture.ask(m_userpass, {Operation::Update, "users/alice", R"({"token_max_ttl":"2h"})"});
    const auto answer = fixture.ask(m_userpass, {Operation::Update, "login/alice", R"({"password":"pw"})"});
    QVERIFY(answer.auth.has_value());
    QCOMPARE(answer.auth->ttl.count(), 3600);
    QCOMPARE(answer.auth->maxTtl.count(), 7200);
}

void TestUserpass::changesPasswordAndPolicies()
{
    Fixture fixture{userpassMount()};
    add(fixture);
    fixture.ask(m_userpass, {Operation::Update, "users/alice/password", R"({"password":"new"})"});
    fixture.ask(m_userpass, {Operation::Update, "users/alice/policies", R"({"token_policies":["x"],"password":"ignored"})"});
    QVERIFY(fixture.ask(m_userpass, {Operation::Update, "login/alice", R"({"password":"pw"})"}).isError);
    const auto answer = fixture.ask(m_userpass, {Operation::Update, "login/alice", R"({"password":"new"})"});
    QCOMPARE(answer.auth->policies, (std::vector<std::string>{"x"}));
    QCOMPARE(errorOf(fixture.ask(m_userpass, {Operation::Update, "users/alice/password", "{}"})), QByteArray{"missing password"});
}

void TestUserpass::takesHashesFromElsewhere()
{
    Fixture fixture{userpassMount()};
    add(fixture, R"({"password_hash":"$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"})");
    QVERIFY(fixture.ask(m_userpass, {Operation::Update, "login/alice", R"({"password":"U*U"})"}).auth.has_value());
}

void TestUserpass::listsAndDeletes()
{
    Fixture fixture{userpassMount()};
    QVERIFY(!fixture.ask(m_userpass, {Operation::List, "users/"}).hasContent());
    add(fixture);
    QCOMPARE(textOf(dataOf(fixture.ask(m_userpass, {Operation::List, "users/"})).at("keys")), QByteArray{R"(["alice"])"});
    fixture.ask(m_userpass, {Operation::Delete, "users/ALICE"});
    QVERIFY(!fixture.ask(m_userpass, {Operation::Read, "users/alice"}).hasContent());
    QVERIFY(fixture.stored().empty());
}

void TestUserpass::renewsWhileThePoliciesStand()
{
    Fixture fixture{userpassMount()};
    add(fixture);
    auto token = std::make_shared<token::TokenEntry>();
    token->policies = {"default", "dev", "ops"};
    fixture.token = token;
    QVERIFY(fixture.ask(m_userpass, {Operation::Renew, "login/alice"}).auth.has_value());
    fixture.ask(m_userpass, {Operation::Update, "users/alice/policies", R"({"token_policies":"dev"})"});
    QCOMPARE(errorOf(fixture.ask(m_userpass, {Operation::Renew, "login/alice"})), QByteArray{"policies have changed, not renewing"});
    fixture.ask(m_userpass, {Operation::Delete, "users/alice"});
    QVERIFY(fixture.ask(m_userpass, {Operation::Renew, "login/alice"}).isError);
}

void TestUserpass::saysWhatHashes_data()
{
    QTest::addColumn<int>("operation");
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<bool>("hashes");
    QTest::newRow("login") << int(Operation::Update) << QByteArray{"login/alice"} << true;
    QTest::newRow("write") << int(Operation::Create) << QByteArray{"users/alice"} << true;
    QTest::newRow("password") << int(Operation::Update) << QByteArray{"users/alice/password"} << true;
    QTest::newRow("read") << int(Operation::Read) << QByteArray{"users/alice"} << false;
    QTest::newRow("list") << int(Operation::List) << QByteArray{"users/"} << false;
}

void TestUserpass::saysWhatHashes()
{
    QFETCH(int, operation);
    QFETCH(QByteArray, path);
    QFETCH(bool, hashes);
    Fixture fixture{userpassMount()};
    QCOMPARE(m_userpass.hashesPassword(fixture.requestOf({Operation(operation), path.toStdString()})), hashes);
}

void TestUserpass::existenceFollowsTheUser()
{
    Fixture fixture{userpassMount()};
    QCOMPARE(fixture.exists(m_userpass, {Operation::Update, "users/alice"}), std::optional{false});
    add(fixture);
    QCOMPARE(fixture.exists(m_userpass, {Operation::Update, "users/ALICE"}), std::optional{true});
    QCOMPARE(fixture.exists(m_userpass, {Operation::Update, "login/alice"}), std::optional<bool>{});
}

void TestUserpass::wrongCredentialsOfUsersAreReported()
{
    Fixture fixture{userpassMount()};
    add(fixture);
    QVERIFY(fixture.ask(m_userpass, {Operation::Update, "login/alice", R"({"password":"no"})"}).isWrongCredential);
    QVERIFY(!fixture.ask(m_userpass, {Operation::Update, "login/nobody", R"({"password":"no"})"}).isWrongCredential);
    QVERIFY(!fixture.ask(m_userpass, {Operation::Update, "login/alice", R"({"password":"pw"})"}).isWrongCredential);
    QCOMPARE(m_userpass.loginAlias(fixture.requestOf({Operation::Update, "login/aLICE"})), std::string{"alice"});
    QCOMPARE(m_userpass.loginAlias(fixture.requestOf({Operation::Update, "users/alice"})), std::string{});
    QCOMPARE(m_userpass.loginAlias(fixture.requestOf({Operation::Read, "login/alice"})), std::string{});
}

QTEST_GUILESS_MAIN(TestUserpass)
#include "tst_userpass.moc"
