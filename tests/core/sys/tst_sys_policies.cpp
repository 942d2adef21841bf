#include "tests/core/sys/sys_stack.h"

#include <QTest>

using namespace testing_sys;

class TestSysPolicies : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void policiesLive();
    void refusesPolicies_data();
    void refusesPolicies();
    void legacyPoliciesShowRules();
    void capabilitiesOfTokens();
    void resultantAclShowsRules();
    void passwordPoliciesLive();
    void refusesPasswordPolicies();
};

void TestSysPolicies::policiesLive()
{
    RequestStack stack;
    QCOMPARE(textOf(dataOf(stack.ask(Operation::List, "policies/acl/")).at("keys")), QByteArray{R"(["default","root"])"});
    const std::string document = R"(path "secret/a" { capabilities = ["read"] })";
    const std::string body = boost::json::serialize(boost::json::object{{"policy", document}});
    QVERIFY(!stack.write("policies/acl/Ops", body).hasContent());
    const auto read = dataOf(stack.read("policies/acl/OPS"));
    QCOMPARE(textOf(read.at("name")), QByteArray{"\"ops\""});
    QCOMPARE(read.at("policy").as_string(), boost::json::string_view{document});
    stack.write("policies/acl/coded", "{\"policy\":\"" + QByteArray::fromStdString(document).toBase64().toStdString() + "\"}");
    QVERIFY(dataOf(stack.read("policies/acl/coded")).at("policy").as_string().starts_with("path"));
    QCOMPARE(textOf(dataOf(stack.read("policies/acl")).at("keys")), QByteArray{R"(["coded","default","ops","root"])"});
    QVERIFY(!stack.ask(Operation::Delete, "policies/acl/ops").isError);
    QVERIFY(!stack.ask(Operation::Delete, "policies/acl/ops").isError);
    QVERIFY(!stack.read("policies/acl/ops").hasContent());
    QCOMPARE(textOf(dataOf(stack.read("policies/acl/root")).at("policy")), QByteArray{"\"\""});
}

void TestSysPolicies::refusesPolicies_data()
{
    QTest::addColumn<int>("operation");
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("text");
    const QByteArray good{R"({"policy":"path \"x\" { capabilities = [\"read\"] }"})"};
    QTest::newRow("empty") << int(Operation::Update) << QByteArray{"ops"} << QByteArray{R"({"policy":""})"}
                           << QByteArray{"'policy' parameter not supplied or empty"};
    QTest::newRow("root") << int(Operation::Update) << QByteArray{"root"} << good << QByteArray{"cannot update \"root\" policy"};
    QTest::newRow("response-wrapping") << int(Operation::Update) << QByteArray{"response-wrapping"} << good
                                       << QByteArray{"cannot update \"response-wrapping\" policy"};
    QTest::newRow("delete root") << int(Operation::Delete) << QByteArray{"root"} << QByteArray{} << QByteArray{"cannot delete \"root\" policy"};
    QTest::newRow("delete default") << int(Operation::Delete) << QByteArray{"default"} << QByteArray{} << QByteArray{"cannot delete default policy"};
}

void TestSysPolicies::refusesPolicies()
{
    QFETCH(int, operation);
    QFETCH(QByteArray, name);
    QFETCH(QByteArray, body);
    QFETCH(QByteArray, text);
    RequestStack stack;
    for (const std::string folder : {"policies/acl/", "policy/"}) {
        const auto answer = stack.ask(Operation(operation), folder + name.toStdString(), body.toStdString());
        QCOMPARE(answer.status, 400);
        QCOMPARE(errorOf(answer), text);
    }
    const auto damaged = stack.write("policies/acl/ops", R"({"policy":"path \"x\" { capabilities = [\"fly\"] }"})");
    QCOMPARE(damaged.status, 400);
    QVERIFY(errorOf(damaged).startsWith("failed to parse policy: "));
}

void TestSysPolicies::legacyPoliciesShowRules()
{
    RequestStack stack;
    const auto written = stack.write("policy/ops", R"({"rules":"path \"x\" { policy = \"read\" }"})");
    QCOMPARE(written.warnings.size(), 1u);
    const auto read = stack.read("policy/ops");
    QVERIFY(read.isInjected);
    QVERIFY(dataOf(read).contains("rules"));
    QVERIFY(dataOf(stack.read("policy")).contains("policies"));
}

void TestSysPolicies::capabilitiesOfTokens()
{
    RequestStack stack;
    stack.write("policies/acl/ops",
                R"({"policy":"path \"a/*\" { capabilities = [\"update\",\"read\",\"create\"] } path \"a/b\" { capabilities = [\"deny\"] }"})");
    const auto token = stack.makeToken({"ops"});
    const auto answer = stack.write("capabilities", R"({"token":")" + token.id + R"(","paths":["/a/x","a/b","c"]})");
    QVERIFY(answer.isInjected);
    QCOMPARE(textOf(*answer.data), QByteArray{R"({"/a/x":["create","read","update"],"a/b":["deny"],"c":["deny"]})"});
    const auto single = stack.write("capabilities-accessor", R"({"accessor":")" + token.accessor + R"(","path":"a/x"})");
    QCOMPARE(textOf(single.data->at("capabilities")), QByteArray{R"(["create","read","update"])"});
    QCOMPARE(textOf(stack.write("capabilities-self", R"({"paths":"x"})").data->at("x")), QByteArray{R"(["root"])"});
    QCOMPARE(errorOf(stack.write("capabilities-self", "{}")), QByteArray{"paths must be supplied"});
    QCOMPARE(errorOf(stack.write("capabilities", R"({"token":"hvs.none","paths":"x"})")), QByteArray{"invalid token"});
    QCOMPARE(errorOf(stack.write("capabilities-accessor", R"({"paths":"x"})")), QByteArray{"missing accessor"});
}

void TestSysPolicies::resultantAclShowsRules()
{
    RequestStack stack;
    QCOMPARE(dataOf(stack.read("internal/ui/resultant-acl")).at("root").as_bool(), true);
    stack.write("policies/acl/ops", R"({"policy":"path \"a/*\" { capabilities = [\"read\"] } path \"b\" { capabilities = [\"list\"] }"})");
    stack.become(stack.makeToken({"ops"}));
    const auto acl = dataOf(stack.read("internal/ui/resultant-acl"));
    QCOMPARE(textOf(acl.at("exact_paths")), QByteArray{R"({"b":{"capabilities":["list"]}})"});
    QCOMPARE(textOf(acl.at("glob_paths")), QByteArray{R"({"a/":{"capabilities":["read"]}})"});
    stack.fixture.token.reset();
    QCOMPARE(stack.read("internal/ui/resultant-acl").status, 204);
}

void TestSysPolicies::passwordPoliciesLive()
{
    RequestStack stack;
    QVERIFY(!stack.ask(Operation::List, "policies/password/").hasContent());
    const std::string document = "length = 5\nrule \"charset\" { charset = \"q\" }";
    const auto body = [](std::string_view text) { return boost::json::serialize(boost::json::object{{"policy", text}}); };
    QVERIFY(!stack.write("policies/password/Ops", body(document)).hasContent());
    QCOMPARE(dataOf(stack.read("policies/password/Ops")).at("policy").as_string(), boost::json::string_view{document});
    QCOMPARE(stack.read("policies/password/ops").status, 404); // names keep their case
    QCOMPARE(errorOf(stack.read("policies/password/ops")), QByteArray{"1 error occurred:\n\t* policy does not exist\n\n"});
    QCOMPARE(textOf(dataOf(stack.read("policies/password/Ops/generate")).at("password")), QByteArray{"\"qqqqq\""});
    QCOMPARE(stack.read("policies/password/none/generate").status, 404);
    stack.write("policies/password/coded", body(QByteArray::fromStdString(document).toBase64().toStdString()));
    QCOMPARE(dataOf(stack.read("policies/password/coded")).at("policy").as_string(), boost::json::string_view{document});
    QCOMPARE(textOf(dataOf(stack.read("policies/password")).at("keys")), QByteArray{R"(["Ops","coded"])"});
    QVERIFY(!stack.ask(Operation::Delete, "policies/password/Ops").isError);
    QVERIFY(!stack.ask(Operation::Delete, "policies/password/Ops").isError);
    QCOMPARE(textOf(dataOf(stack.read("policies/password")).at("keys")), QByteArray{R"(["coded"])"});
}

// A policy is refused when it is written, and not when an engine needs a password from it.
void TestSysPolicies::refusesPasswordPolicies()
{
    RequestStack stack;
    const auto write = [&](std::string_view document, std::string_view name = "p") {
        return stack.write("policies/password/" + std::string{name}, boost::json::serialize(boost::json::object{{"policy", document}}));
    };
    const auto text = [](const char* inner) { return QByteArray{"1 error occurred:\n\t* "} + inner + "\n\n"; };
    const std::string rule = "rule \"charset\" { charset = \"abc\" min-chars = 1 }";
    QCOMPARE(errorOf(write("")), text("missing policy"));
    QCOMPARE(errorOf(write("length = 3\n" + rule)), text("passwords must be between 4 and 100 characters"));
    QCOMPARE(errorOf(write("length = 101\n" + rule)), text("passwords must be between 4 and 100 characters"));
    QCOMPARE(errorOf(write("length = 0\n" + rule)), text("invalid password policy: 1 error occurred:\n\t* length must be > 0\n\n"));
    std::string hopeless = "length = 26\n";
    for (char c = 'a'; c <= 'z'; ++c) hopeless += "rule \"charset\" { charset = \"" + std::string{c} + "\" min-chars = 1 }\n";
    QCOMPARE(errorOf(write(hopeless)), text("unable to construct test password from provided policy: are the rules impossible?"));
    QCOMPARE(write("length = 5\n" + rule, "a/../b").status, 400);
    QCOMPARE(stack.read("policies/password/p").status, 404);
}

QTEST_GUILESS_MAIN(TestSysPolicies)
#include "tst_sys_policies.moc"
