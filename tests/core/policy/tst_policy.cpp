#include "core/policy/acl.h"
#include "core/policy/operation.h"
#include "core/policy/pattern.h"
#include "core/policy/policy.h"

#include <QtTest>

using namespace core;
using namespace core::policy;
using namespace std::chrono_literals;

class TestPolicy : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void operationsHaveTheAuditsNames();
    void documentsAreRead();
    void capabilitiesAreRead_data();
    void capabilitiesAreRead();
    void mistakesAreNamed_data();
    void mistakesAreNamed();
    void patternsMatch_data();
    void patternsMatch();
    void patternsReachBelow_data();
    void patternsReachBelow();
    void templatesAreFilledIn_data();
    void templatesAreFilledIn();
    void builtInPoliciesParse();
};

namespace {

Pattern patternOf(const QString& path)
{
    return *makePattern(path.toStdString(), {});
}

} // namespace

void TestPolicy::operationsHaveTheAuditsNames()
{
    const std::vector<std::string_view> names = {"create", "read", "update", "patch", "delete", "list", "help", "revoke", "renew", "rollback"};
    for (std::size_t at = 0; at < names.size(); ++at) {
        const auto operation = static_cast<Operation>(at);
        QVERIFY(toString(operation) == names[at]);
        QVERIFY(operationFromText(names[at]) == operation);
    }
    QVERIFY(!operationFromText("write"));
}

void TestPolicy::documentsAreRead()
{
    const auto policy = parsePolicy("app", R"(
        name = "ignored"
        path "/secret/data/+/x*" {
          comment = "a leading slash is removed"
          capabilities = ["create", "read"]
          allowed_parameters = { "TTL" = ["1h", 5, true] "*" = [] }
          denied_parameters = { "Bar" = [] }
          required_parameters = ["Name"]
          min_wrapping_ttl = "1s"
          max_wrapping_ttl = 90
        })");
    QVERIFY2(policy, policy ? "" : policy.error().detail.c_str());
    QCOMPARE(policy->name, std::string{"app"});
    QCOMPARE(policy->rules.size(), std::size_t{1});
    const auto& rule = policy->rules.front();
    QCOMPARE(rule.path, std::string{"secret/data/+/x*"});
    const auto& permissions = rule.permissions;
    QCOMPARE(permissions.capabilities, capability::kCreate | capability::kRead);
    QCOMPARE(permissions.allowedParameters.at("ttl").size(), std::size_t{3});
    QVERIFY(permissions.allowedParameters.at("ttl")[1] == boost::json::value(5));
    QVERIFY(permissions.allowedParameters.at("*").empty());
    QVERIFY(permissions.deniedParameters.at("bar").empty());
    QVERIFY(permissions.requiredParameters == std::vector<std::string>{"name"});
    QVERIFY(permissions.wrappingTtlMin == 1s);
    QVERIFY(permissions.wrappingTtlMax == 90s);

    const auto json = parsePolicy("j", R"({"path": {"a/*": {"capabilities": ["list"]}, "b": {"policy": "read"}}})");
    QVERIFY(json);
    QCOMPARE(json->rules.size(), std::size_t{2});
    QCOMPARE(json->rules[1].permissions.capabilities, capability::kRead | capability::kList);
}

void TestPolicy::capabilitiesAreRead_data()
{
    QTest::addColumn<QString>("body");
    QTest::addColumn<QStringList>("names");
    QTest::newRow("all") << R"(capabilities = ["update","create","sudo","read","patch","list","delete"])"
                         << QStringList{"create", "delete", "list", "patch", "read", "sudo", "update"};
    QTest::newRow("none") << R"(capabilities = [])" << QStringList{"deny"};
    QTest::newRow("absent") << "" << QStringList{"deny"};
    QTest::newRow("deny wins") << R"(capabilities = ["read","deny","update"])" << QStringList{"deny"};
    QTest::newRow("legacy deny") << R"(policy = "deny")" << QStringList{"deny"};
    QTest::newRow("legacy read") << R"(policy = "read")" << QStringList{"list", "read"};
    QTest::newRow("legacy write") << R"(policy = "write")" << QStringList{"create", "delete", "list", "read", "update"};
    QTest::newRow("legacy sudo") << R"(policy = "sudo")" << QStringList{"create", "delete", "list", "read", "sudo", "update"};
    QTest::newRow("both") << R"(policy = "read" capabilities = ["patch"])" << QStringList{"list", "patch", "read"};
}

void TestPolicy::capabilitiesAreRead()
{
    QFETCH(QString, body);
    QFETCH(QStringList, names);
    const auto policy = parsePolicy("p", "path \"x\" { " + body.toStdString() + " }");
    QVERIFY2(policy, policy ? "" : policy.error().detail.c_str());
    QStringList found;
    for (const auto& name : capabilityNames(policy->rules[0].permissions.capabilities)) found << QString::fromStdString(name);
    QCOMPARE(found, names);
}

void TestPolicy::mistakesAreNamed_data()
{
    QTest::addColumn<QString>("document");
    QTest::addColumn<QString>("detail");
    QTest::newRow("syntax") << "path \"x\" {\n  capabilities = [\"read\n}"
                            << "failed to parse policy: At 2:19: literal not terminated";
    QTest::newRow("top key") << "paths \"x\" {}"
                             << "failed to parse policy: invalid key 'paths' on line 1";
    QTest::newRow("path key") << "path \"x\" {\n  capability = []\n}"
                              << R"(failed to parse policy: path "x": invalid key 'capability' on line 2)";
    QTest::newRow("capability") << R"(path "x" { capabilities = ["read", "write"] })"
                                << R"(failed to parse policy: path "x": invalid capability "write")";
    QTest::newRow("legacy") << R"(path "x" { policy = "admin" })"
                            << R"(failed to parse policy: path "x": invalid policy "admin")";
    QTest::newRow("wildcards") << R"(path "a/+*" {})"
                               << R"(failed to parse policy: path "a/+*": invalid use of wildcards ('+*' is forbidden))";
    QTest::newRow("template") << R"(path "a/{{identity.entity.id/b" {})"
                              << "failed to parse policy: failed to validate policy templating: unbalanced templating characters";
    QTest::newRow("ttl") << R"(path "x" { min_wrapping_ttl = "soon" })"
                         << "failed to parse policy: error parsing min_wrapping_ttl: time: invalid duration \"soon\"";
    QTest::newRow("ttl order") << R"(path "x" { min_wrapping_ttl = "9s" max_wrapping_ttl = "8s" })"
                               << "failed to parse policy: max_wrapping_ttl cannot be less than min_wrapping_ttl";
    QTest::newRow("list") << R"(path "x" { capabilities = "read" })"
                          << "failed to parse policy: At 1:27: capabilities must be a list of strings";
    QTest::newRow("element") << R"(path "x" { required_parameters = [1] })"
                             << "failed to parse policy: At 1:35: required_parameters must be a list of strings";
    QTest::newRow("parameter") << R"(path "x" { allowed_parameters = { "a" = "b" } })"
                               << R"(failed to parse policy: At 1:41: allowed_parameters: the values of "a" must be a list)";
    QTest::newRow("no block") << R"(path = "x")"
                              << "failed to parse policy: At 1:1: 'path' must be a block";
    QTest::newRow("json") << R"({"path": )"
                          << "failed to parse policy: At 1:10: expected: STRING | NUMBER | BOOL | LBRACE | LBRACK got: EOF";
}

void TestPolicy::mistakesAreNamed()
{
    QFETCH(QString, document);
    QFETCH(QString, detail);
    const auto policy = parsePolicy("p", document.toStdString());
    QVERIFY(!policy);
    QVERIFY(policy.error().code == ErrorCode::InvalidArgument);
    QCOMPARE(QString::fromStdString(policy.error().detail), detail);
}

void TestPolicy::patternsMatch_data()
{
    QTest::addColumn<QString>("pattern");
    QTest::addColumn<QString>("path");
    QTest::addColumn<bool>("isMatch");
    QTest::newRow("exact") << "a/b"
                           << "a/b" << true;
    QTest::newRow("exact shorter") << "a/b"
                                   << "a" << false;
    QTest::newRow("exact longer") << "a/b"
                                  << "a/b/" << false;
    QTest::newRow("prefix") << "a/*"
                            << "a/b/c" << true;
    QTest::newRow("prefix itself") << "a/*"
                                   << "a/" << true;
    QTest::newRow("prefix shorter") << "a/*"
                                    << "a" << false;
    QTest::newRow("prefix in a word") << "a/b*"
                                      << "a/bcd" << true;
    QTest::newRow("everything") << "*"
                                << "" << true;
    QTest::newRow("star inside is literal") << "a/*/b"
                                            << "a/x/b" << false;
    QTest::newRow("star inside itself") << "a/*/b"
                                        << "a/*/b" << true;
    QTest::newRow("segment") << "a/+/c"
                             << "a/b/c" << true;
    QTest::newRow("one segment only") << "a/+/c"
                                      << "a/b/b/c" << false;
    QTest::newRow("segment first") << "+/b"
                                   << "a/b" << true;
    QTest::newRow("segment last") << "a/+"
                                  << "a/b" << true;
    QTest::newRow("segment last, deeper") << "a/+"
                                          << "a/b/c" << false;
    QTest::newRow("segment last, list") << "a/+"
                                        << "a/b/" << false;
    QTest::newRow("only a segment") << "+"
                                    << "a" << true;
    QTest::newRow("two segments") << "+/x/+"
                                  << "a/x/b" << true;
    QTest::newRow("two segments, other middle") << "+/x/+"
                                                << "a/y/b" << false;
    QTest::newRow("segment and prefix") << "a/+/b*"
                                        << "a/z/bcd/e" << true;
    QTest::newRow("segment and prefix, short") << "a/+/b*"
                                               << "a/z/" << false;
    QTest::newRow("segment and all below") << "a/+/*"
                                           << "a/z/y/x" << true;
    QTest::newRow("plus in a word is literal") << "a/b+/c"
                                               << "a/bx/c" << false;
    QTest::newRow("plus in a word itself") << "a/b+/c"
                                           << "a/b+/c" << true;
}

void TestPolicy::patternsMatch()
{
    QFETCH(QString, pattern);
    QFETCH(QString, path);
    QFETCH(bool, isMatch);
    QCOMPARE(patternOf(pattern).matches(path.toStdString()), isMatch);
}

void TestPolicy::patternsReachBelow_data()
{
    QTest::addColumn<QString>("pattern");
    QTest::addColumn<bool>("canMatch");
    QTest::newRow("below") << "secret/data/x" << true;
    QTest::newRow("itself") << "secret/" << true;
    QTest::newRow("all") << "*" << true;
    QTest::newRow("above") << "sec*" << true;
    QTest::newRow("segment") << "+/data/x" << true;
    QTest::newRow("segment too short") << "+" << false;
    QTest::newRow("other") << "kv/x" << false;
    QTest::newRow("other segment") << "kv/+/x" << false;
    QTest::newRow("shorter") << "secret" << false;
}

void TestPolicy::patternsReachBelow()
{
    QFETCH(QString, pattern);
    QFETCH(bool, canMatch);
    QCOMPARE(patternOf(pattern).canMatchBelow("secret/"), canMatch);
}

void TestPolicy::templatesAreFilledIn_data()
{
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("text"); // null: the rule is left out
    QTest::addColumn<int>("wildcardCount");
    QTest::addColumn<bool>("isPrefix");
    QTest::newRow("none") << "a/b"
                          << "a/b" << 0 << false;
    QTest::newRow("value") << "a/{{identity.entity.id}}/*"
                           << "a/e1/" << 0 << true;
    QTest::newRow("blanks") << "a/{{ identity.entity.id }}"
                            << "a/e1" << 0 << false;
    QTest::newRow("two") << "{{identity.entity.id}}/{{identity.entity.id}}"
                         << "e1/e1" << 0 << false;
    QTest::newRow("unknown") << "a/{{identity.entity.metadata.x}}" << QString{} << 0 << false;
    QTest::newRow("empty value") << "a/{{empty}}/*" << QString{} << 0 << false;
    QTest::newRow("plus in a value is literal") << "a/{{plus}}/+"
                                                << "a/+/+" << 1 << false;
    QTest::newRow("star in a value is literal") << "a/{{star}}"
                                                << "a/*" << 0 << false;
}

void TestPolicy::templatesAreFilledIn()
{
    QFETCH(QString, path);
    QFETCH(QString, text);
    QFETCH(int, wildcardCount);
    QFETCH(bool, isPrefix);
    const auto pattern = makePattern(path.toStdString(), [](std::string_view expression) -> std::optional<std::string> {
        if (expression == "identity.entity.id") return "e1";
        if (expression == "plus") return "+";
        if (expression == "star") return "*";
        if (expression == "empty") return "";
        return std::nullopt;
    });
    QCOMPARE(pattern.has_value(), !text.isNull());
    if (!pattern) return;
    QCOMPARE(QString::fromStdString(pattern->text), text);
    QCOMPARE(pattern->wildcards.size(), static_cast<std::size_t>(wildcardCount));
    QCOMPARE(pattern->isPrefix, isPrefix);
}

void TestPolicy::builtInPoliciesParse()
{
    const auto byDefault = parsePolicy(kDefaultPolicyName, defaultPolicyDocument());
    QVERIFY2(byDefault, byDefault ? "" : byDefault.error().detail.c_str());
    const auto wrapping = parsePolicy(kResponseWrappingPolicyName, responseWrappingPolicyDocument());
    QVERIFY(wrapping);
    const auto acl = Acl::create({std::make_shared<const Policy>(*byDefault)});
    QVERIFY(acl);
    QVERIFY((*acl)->allow({"auth/token/lookup-self", Operation::Read, nullptr, {}}).isAllowed);
    QVERIFY((*acl)->allow({"cubbyhole/x/y", Operation::Create, nullptr, {}}).isAllowed);
    QVERIFY(!(*acl)->allow({"secret/data/x", Operation::Read, nullptr, {}}).isAllowed);
    QVERIFY(!(*acl)->allow({"identity/entity/id/", Operation::Read, nullptr, {}}).isAllowed);
    QVERIFY(isImmutablePolicy("root") && isImmutablePolicy("response-wrapping") && !isImmutablePolicy("default"));
}

QTEST_APPLESS_MAIN(TestPolicy)
#include "tst_policy.moc"
