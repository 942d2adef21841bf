#include "core/policy/acl.h"
#include "core/policy/acl_cache.h"

#include <boost/json/parse.hpp>

#include <QtTest>

using namespace core;
using namespace core::policy;
using namespace std::chrono_literals;

class TestAcl : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void theMostSpecificRuleDecides_data();
    void theMostSpecificRuleDecides();
    void operationsNeedTheirCapability_data();
    void operationsNeedTheirCapability();
    void samePathsOfPoliciesMerge();
    void parametersAreChecked_data();
    void parametersAreChecked();
    void mergedParametersUnite_data();
    void mergedParametersUnite();
    void wrappingTtlsAreChecked_data();
    void wrappingTtlsAreChecked();
    void rootMayEverythingAlone();
    void capabilitiesAreListed_data();
    void capabilitiesAreListed();
    void listsAreCheckedWithAndWithoutTheSlash_data();
    void listsAreCheckedWithAndWithoutTheSlash();
    void accessBelowAMountIsFound_data();
    void accessBelowAMountIsFound();
    void rulesAreShown();
    void templatesAreFilledForOneEntity();
    void cacheBuildsOncePerSetAndForgets();
    void cacheDropsWhatChangedDuringARead();
};

namespace {

std::shared_ptr<const Policy> policyOf(const char* name, const std::string& document)
{
    auto policy = parsePolicy(name, document);
    if (!policy) qFatal("%s", policy.error().detail.c_str());
    return std::make_shared<const Policy>(*std::move(policy));
}

// "a/*=read,list; a/b=deny" as a document.
std::string documentOf(const QString& brief)
{
    QString document;
    for (const auto& rule : brief.split(';', Qt::SkipEmptyParts)) {
        const auto parts = rule.trimmed().split('=');
        document += "path \"" + parts[0] + "\" { capabilities = [\"" + parts[1].split(',').join("\",\"") + "\"] }\n";
    }
    return document.toStdString();
}

std::shared_ptr<const Acl> aclOf(const QString& brief)
{
    return *Acl::create({policyOf("p", documentOf(brief))});
}

boost::json::object objectOf(const QString& json)
{
    return boost::json::parse(json.toStdString()).as_object();
}

} // namespace

void TestAcl::theMostSpecificRuleDecides_data()
{
    QTest::addColumn<QString>("rules");
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("operation");
    QTest::addColumn<bool>("isAllowed");
    QTest::newRow("no rule") << "a=read"
                             << "b"
                             << "read" << false;
    QTest::newRow("exact") << "a=read"
                           << "a"
                           << "read" << true;
    QTest::newRow("exact beats prefix") << "a/*=read; a/b=deny"
                                        << "a/b"
                                        << "read" << false;
    QTest::newRow("exact allow beats broader deny") << "a/*=deny; a/b=read"
                                                    << "a/b"
                                                    << "read" << true;
    QTest::newRow("exact beats a longer segment rule") << "a/+=deny; a/b=read"
                                                       << "a/b"
                                                       << "read" << true;
    QTest::newRow("longest prefix") << "a/*=read; a/b/*=deny; *=read"
                                    << "a/b/c"
                                    << "read" << false;
    QTest::newRow("shorter prefix elsewhere") << "a/*=read; a/b/*=deny"
                                              << "a/c"
                                              << "read" << true;
    QTest::newRow("only the winner counts") << "a/*=read; a/b*=update"
                                            << "a/b"
                                            << "read" << false;
    QTest::newRow("everything") << "*=read"
                                << "any/where"
                                << "read" << true;
    QTest::newRow("list falls back to the exact rule without slash") << "a/b=list"
                                                                     << "a/b/"
                                                                     << "list" << true;
    QTest::newRow("list prefers the rule with slash") << "a/b=list; a/b/=deny"
                                                      << "a/b/"
                                                      << "list" << false;
    QTest::newRow("read does not fall back") << "a/b=read"
                                             << "a/b/"
                                             << "read" << false;
    QTest::newRow("list falls back before prefixes") << "a/*=deny; a/b=list"
                                                     << "a/b/"
                                                     << "list" << true;
    // §10.3 step 3, one row for each criterion, both ways round
    QTest::newRow("a: later wildcard wins") << "a/+/c*=deny; a/b/*=read"
                                            << "a/b/c"
                                            << "read" << true;
    QTest::newRow("a: later plus wins") << "+/b/c=deny; a/+/c=read"
                                        << "a/b/c"
                                        << "read" << true;
    QTest::newRow("a: prefix loses to a later plus") << "a/*=deny; a/b/+=read"
                                                     << "a/b/c"
                                                     << "read" << true;
    QTest::newRow("b: no star wins") << "a/+/*=deny; a/+/c=read"
                                     << "a/b/c"
                                     << "read" << true;
    QTest::newRow("b: star loses to plus at the same place") << "a/*=deny; a/+=read"
                                                             << "a/b"
                                                             << "read" << true;
    QTest::newRow("c: fewer plus wins") << "a/+/+/d=deny; a/+/c/d=read"
                                        << "a/b/c/d"
                                        << "read" << true;
    QTest::newRow("d: longer wins") << "a/+/*=deny; a/+/c*=read"
                                    << "a/b/c"
                                    << "read" << true;
    QTest::newRow("segment rule alone") << "a/+/c=read"
                                        << "a/x/c"
                                        << "read" << true;
    QTest::newRow("segment rule elsewhere") << "a/+/c=read"
                                            << "a/x/d"
                                            << "read" << false;
}

void TestAcl::theMostSpecificRuleDecides()
{
    QFETCH(QString, rules);
    QFETCH(QString, path);
    QFETCH(QString, operation);
    QFETCH(bool, isAllowed);
    const auto operationValue = *operationFromText(operation.toStdString());
    const auto pathText = path.toStdString();
    QCOMPARE(aclOf(rules)->allow({pathText, operationValue, nullptr, {}}).isAllowed, isAllowed);
    // The order of the rules, and whether one policy or several hold them, makes no difference.
    Acl::Policies policies;
    auto reversed = rules.split(';');
    std::ranges::reverse(reversed);
    for (const auto& rule : reversed) policies.push_back(policyOf("q", documentOf(rule)));
    QCOMPARE((*Acl::create(policies))->allow({pathText, operationValue, nullptr, {}}).isAllowed, isAllowed);
}

void TestAcl::operationsNeedTheirCapability_data()
{
    QTest::addColumn<QString>("operation");
    QTest::addColumn<QString>("capability");
    QTest::newRow("create") << "create"
                            << "create";
    QTest::newRow("read") << "read"
                          << "read";
    QTest::newRow("update") << "update"
                            << "update";
    QTest::newRow("patch") << "patch"
                           << "patch";
    QTest::newRow("delete") << "delete"
                            << "delete";
    QTest::newRow("list") << "list"
                          << "list";
    QTest::newRow("revoke") << "revoke"
                            << "update";
    QTest::newRow("renew") << "renew"
                           << "update";
    QTest::newRow("rollback") << "rollback"
                              << "update";
}

void TestAcl::operationsNeedTheirCapability()
{
    QFETCH(QString, operation);
    QFETCH(QString, capability);
    const auto operationValue = *operationFromText(operation.toStdString());
    QStringList others = {"create", "read", "update", "patch", "delete", "list", "sudo"};
    others.removeAll(capability);
    const auto acl = aclOf("a=" + capability); // the decision points into it
    const auto granted = acl->allow({"a", operationValue, nullptr, {}});
    QVERIFY(granted.isAllowed && !granted.hasSudo && !granted.isRoot);
    QCOMPARE(granted.grantingPolicies.size(), std::size_t{1});
    QCOMPARE(granted.grantingPolicies[0], std::string{"p"});
    const auto refused = aclOf("a=" + others.join(','))->allow({"a", operationValue, nullptr, {}});
    QVERIFY(!refused.isAllowed && refused.hasSudo && refused.grantingPolicies.empty());
    QVERIFY(aclOf("b=deny")->allow({"a", Operation::Help, nullptr, {}}).isAllowed);
}

void TestAcl::samePathsOfPoliciesMerge()
{
    const auto reads = policyOf("reads", documentOf("a/*=read,list"));
    const auto writes = policyOf("writes", documentOf("a/*=update,read"));
    const auto denies = policyOf("denies", documentOf("a/*=deny"));
    const auto both = *Acl::create({reads, writes});
    QVERIFY(both->capabilities("a/x") == (std::vector<std::string>{"list", "read", "update"}));
    const auto read = both->allow({"a/x", Operation::Read, nullptr, {}});
    QVERIFY(std::ranges::equal(read.grantingPolicies, std::vector<std::string>{"reads", "writes"}));
    const auto list = both->allow({"a/x/", Operation::List, nullptr, {}});
    QVERIFY(std::ranges::equal(list.grantingPolicies, std::vector<std::string>{"reads"}));
    for (const auto& policies : {Acl::Policies{reads, denies, writes}, {denies, reads}, {reads, denies}}) {
        const auto acl = *Acl::create(policies);
        QVERIFY(!acl->allow({"a/x", Operation::Read, nullptr, {}}).isAllowed);
        QVERIFY(acl->capabilities("a/x") == std::vector<std::string>{"deny"});
    }
}

void TestAcl::parametersAreChecked_data()
{
    QTest::addColumn<QString>("conditions");
    QTest::addColumn<QString>("data"); // empty: no data
    QTest::addColumn<bool>("isAllowed");
    QTest::newRow("none") << ""
                          << R"({"a":1})" << true;
    QTest::newRow("allowed name") << R"(allowed_parameters = { "a" = [] })"
                                  << R"({"a":1})" << true;
    QTest::newRow("other name") << R"(allowed_parameters = { "a" = [] })"
                                << R"({"b":1})" << false;
    QTest::newRow("one of two") << R"(allowed_parameters = { "a" = [] })"
                                << R"({"a":1,"b":1})" << false;
    QTest::newRow("no data") << R"(allowed_parameters = { "a" = [] })"
                             << "" << true;
    QTest::newRow("empty data") << R"(allowed_parameters = { "a" = [] })"
                                << "{}" << true;
    QTest::newRow("any name") << R"(allowed_parameters = { "*" = [] })"
                              << R"({"b":1})" << true;
    QTest::newRow("any name, one bound") << R"(allowed_parameters = { "*" = [] "a" = ["x"] })"
                                         << R"({"b":1,"a":"x"})" << true;
    QTest::newRow("any name, one bound otherwise") << R"(allowed_parameters = { "*" = [] "a" = ["x"] })"
                                                   << R"({"b":1,"a":"y"})" << false;
    QTest::newRow("value") << R"(allowed_parameters = { "a" = ["x","y"] })"
                           << R"({"a":"y"})" << true;
    QTest::newRow("other value") << R"(allowed_parameters = { "a" = ["x","y"] })"
                                 << R"({"a":"z"})" << false;
    QTest::newRow("prefix value") << R"(allowed_parameters = { "a" = ["x*"] })"
                                  << R"({"a":"xyz"})" << true;
    QTest::newRow("suffix value") << R"(allowed_parameters = { "a" = ["*z"] })"
                                  << R"({"a":"xyz"})" << true;
    QTest::newRow("inner value") << R"(allowed_parameters = { "a" = ["*y*"] })"
                                 << R"({"a":"xyz"})" << true;
    QTest::newRow("inner star is literal") << R"(allowed_parameters = { "a" = ["x*z"] })"
                                           << R"({"a":"xyz"})" << false;
    QTest::newRow("lone star is literal") << R"(allowed_parameters = { "a" = ["*"] })"
                                          << R"({"a":"x"})" << false;
    QTest::newRow("number") << R"(allowed_parameters = { "a" = [5] })"
                            << R"({"a":5})" << true;
    QTest::newRow("number as fraction") << R"(allowed_parameters = { "a" = [5] })"
                                        << R"({"a":5.0})" << true;
    QTest::newRow("other number") << R"(allowed_parameters = { "a" = [5] })"
                                  << R"({"a":6})" << false;
    QTest::newRow("number is no text") << R"(allowed_parameters = { "a" = [5] })"
                                       << R"({"a":"5"})" << false;
    QTest::newRow("boolean") << R"(allowed_parameters = { "a" = [true] })"
                             << R"({"a":true})" << true;
    QTest::newRow("list") << R"(allowed_parameters = { "a" = [["x"]] })"
                          << R"({"a":["x"]})" << true;
    QTest::newRow("names have no case") << R"(allowed_parameters = { "AbC" = [] })"
                                        << R"({"aBc":1})" << true;
    QTest::newRow("denied name") << R"(denied_parameters = { "a" = [] })"
                                 << R"({"a":1})" << false;
    QTest::newRow("denied other name") << R"(denied_parameters = { "a" = [] })"
                                       << R"({"b":1})" << true;
    QTest::newRow("denied value") << R"(denied_parameters = { "a" = ["x*"] })"
                                  << R"({"a":"xy"})" << false;
    QTest::newRow("denied other value") << R"(denied_parameters = { "a" = ["x*"] })"
                                        << R"({"a":"y"})" << true;
    QTest::newRow("all denied") << R"(denied_parameters = { "*" = [] })"
                                << R"({"b":1})" << false;
    QTest::newRow("all denied, no data") << R"(denied_parameters = { "*" = [] })"
                                         << "" << true;
    QTest::newRow("denied beats allowed") << R"(allowed_parameters = { "a" = [] } denied_parameters = { "a" = [] })"
                                          << R"({"a":1})" << false;
    QTest::newRow("denied names have no case") << R"(denied_parameters = { "password" = [] })"
                                               << R"({"PASSWORD":"x"})" << false;
    QTest::newRow("required") << R"(required_parameters = ["a"])"
                              << R"({"a":1})" << true;
    QTest::newRow("required, names of policies have no case") << R"(required_parameters = ["A"])"
                                                              << R"({"a":1})" << true;
    QTest::newRow("required, but in another case") << R"(required_parameters = ["a"])"
                                                   << R"({"A":1})" << false; // no backend would see this field
    QTest::newRow("required absent") << R"(required_parameters = ["a"])"
                                     << R"({"b":1})" << false;
    QTest::newRow("required, no data") << R"(required_parameters = ["a"])"
                                       << "" << false;
}

void TestAcl::parametersAreChecked()
{
    QFETCH(QString, conditions);
    QFETCH(QString, data);
    QFETCH(bool, isAllowed);
    const auto acl =
        *Acl::create({policyOf("p", R"(path "x" { capabilities = ["create","read","update","patch","delete"] )" + conditions.toStdString() + " }")});
    boost::json::object fields;
    if (!data.isEmpty()) fields = objectOf(data);
    const auto* given = data.isEmpty() ? nullptr : &fields;
    for (const auto operation : {Operation::Create, Operation::Read, Operation::Update, Operation::Patch}) {
        QCOMPARE(acl->allow({"x", operation, given, {}}).isAllowed, isAllowed);
    }
    QVERIFY(acl->allow({"x", Operation::Delete, given, {}}).isAllowed); // parameters do not matter there
}

void TestAcl::mergedParametersUnite_data()
{
    QTest::addColumn<QString>("data");
    QTest::addColumn<bool>("isAllowed");
    QTest::newRow("value of the first") << R"({"a":"x","r":1,"q":1})" << true;
    QTest::newRow("value of the second") << R"({"a":"y","r":1,"q":1})" << true;
    QTest::newRow("value of none") << R"({"a":"z","r":1,"q":1})" << false;
    QTest::newRow("empty list stays open") << R"({"b":"anything","r":1,"q":1})" << true;
    QTest::newRow("denied by the second") << R"({"c":1,"r":1,"q":1})" << false;
    QTest::newRow("required by the first") << R"({"a":"x","q":1})" << false;
    QTest::newRow("required by the second") << R"({"a":"x","r":1})" << false;
}

void TestAcl::mergedParametersUnite()
{
    QFETCH(QString, data);
    QFETCH(bool, isAllowed);
    const auto first = policyOf("first", R"(path "p" { capabilities = ["update"]
        allowed_parameters = { "a" = ["x"] "b" = [] "c" = [] "r" = [] "q" = [] } required_parameters = ["r"] })");
    const auto second = policyOf("second", R"(path "p" { capabilities = ["update"]
        allowed_parameters = { "a" = ["y"] "b" = ["only"] } denied_parameters = { "c" = [] } required_parameters = ["q"] })");
    const auto fields = objectOf(data);
    for (const auto& policies : {Acl::Policies{first, second}, {second, first}}) {
        QCOMPARE((*Acl::create(policies))->allow({"p", Operation::Update, &fields, {}}).isAllowed, isAllowed);
    }
}

void TestAcl::wrappingTtlsAreChecked_data()
{
    QTest::addColumn<QString>("first");
    QTest::addColumn<QString>("second");
    QTest::addColumn<int>("ttlSeconds"); // negative: no wrapping
    QTest::addColumn<bool>("isAllowed");
    QTest::newRow("no bound, none") << ""
                                    << "" << -1 << true;
    QTest::newRow("no bound, some") << ""
                                    << "" << 60 << true;
    QTest::newRow("min, none") << R"(min_wrapping_ttl = "1s")"
                               << "" << -1 << false;
    QTest::newRow("min, less") << R"(min_wrapping_ttl = "10s")"
                               << "" << 9 << false;
    QTest::newRow("min, equal") << R"(min_wrapping_ttl = "10s")"
                                << "" << 10 << true;
    QTest::newRow("max, none") << R"(max_wrapping_ttl = "90s")"
                               << "" << -1 << false;
    QTest::newRow("max, equal") << R"(max_wrapping_ttl = "90s")"
                                << "" << 90 << true;
    QTest::newRow("max, more") << R"(max_wrapping_ttl = "90s")"
                               << "" << 91 << false;
    QTest::newRow("smaller max of two") << R"(max_wrapping_ttl = "90s")"
                                        << R"(max_wrapping_ttl = "60s")" << 61 << false;
    QTest::newRow("smaller min of two") << R"(min_wrapping_ttl = "30s")"
                                        << R"(min_wrapping_ttl = "20s")" << 20 << true;
    QTest::newRow("max below min after merging") << R"(min_wrapping_ttl = "30s")"
                                                 << R"(max_wrapping_ttl = "20s")" << 25 << false;
}

void TestAcl::wrappingTtlsAreChecked()
{
    QFETCH(QString, first);
    QFETCH(QString, second);
    QFETCH(int, ttlSeconds);
    QFETCH(bool, isAllowed);
    const auto document = [](const QString& bounds) { return R"(path "x" { capabilities = ["read","list"] )" + bounds.toStdString() + " }"; };
    const auto acl = *Acl::create({policyOf("f", document(first)), policyOf("s", document(second))});
    AclRequest request{"x", Operation::Read, nullptr, {}};
    if (ttlSeconds >= 0) request.wrappingTtl = std::chrono::seconds{ttlSeconds};
    QCOMPARE(acl->allow(request).isAllowed, isAllowed);
    request.operation = Operation::List;
    QCOMPARE(acl->allow(request).isAllowed, isAllowed);
}

void TestAcl::rootMayEverythingAlone()
{
    const auto root = std::make_shared<const Policy>(Policy{"root", {}});
    const auto acl = *Acl::create({root});
    const auto decision = acl->allow({"sys/anything", Operation::Delete, nullptr, {}});
    QVERIFY(decision.isAllowed && decision.isRoot && decision.hasSudo);
    QCOMPARE(decision.grantingPolicies[0], std::string{"root"});
    QVERIFY(acl->capabilities("x") == std::vector<std::string>{"root"});
    QVERIFY(acl->hasAccessBelow("secret/"));
    const auto mixed = Acl::create({root, policyOf("p", documentOf("a=read"))});
    QVERIFY(!mixed);
    QCOMPARE(mixed.error().detail, std::string{"other policies present along with root"});
    const auto none = *Acl::create({});
    QVERIFY(!none->allow({"x", Operation::Read, nullptr, {}}).isAllowed);
}

/// The class: a LIST path ends in '/', and a rule can have that or not. So a rule is overlooked, and the worst case is a `deny`. It could occur in
/// every kind of rule (exact, prefix, with '+') and at each use of rules: allow(), and capabilities() for sys/capabilities. An upload
/// needs `update`, and sys/internal/ui/resultant-acl shows the rules as they are. What holds: exact rules are tried in both forms. Of all
/// others that match either form, the most specific `deny` wins over less specific rules, then the most specific `list`.
/// hasAccessBelow() is about the paths below, and keeps the slash.
void TestAcl::listsAreCheckedWithAndWithoutTheSlash_data()
{
    QTest::addColumn<QString>("document");
    QTest::addColumn<QString>("path");
    QTest::addColumn<bool>("isAllowed");
    QTest::newRow("deny by segment") << "kv/*=list;kv/+/private=deny"
                                     << "kv/a/private/" << false;
    QTest::newRow("another segment") << "kv/*=list;kv/+/private=deny"
                                     << "kv/a/public/" << true;
    QTest::newRow("granted by segment") << "kv/+=list"
                                        << "kv/a/" << true;
    QTest::newRow("segment rule with slash") << "kv/+/=list"
                                             << "kv/a/" << true;
    QTest::newRow("two segments") << "kv/+=list"
                                  << "kv/a/b/" << false;
    QTest::newRow("segment prefix") << "kv/+/b*=list"
                                    << "kv/a/b/" << true;
    QTest::newRow("prefix") << "kv/a*=list"
                            << "kv/a/" << true;
    QTest::newRow("prefix with slash only") << "kv/a/*=list"
                                            << "kv/a/" << true;
    QTest::newRow("a deny of what is below denies the list") << "kv/*=list;kv/a/*=deny"
                                                             << "kv/a/" << false;
    QTest::newRow("a list of what is below grants the list") << "kv/*=create;kv/a/*=list"
                                                             << "kv/a/" << true;
    QTest::newRow("a list of what is below, against a deny above") << "kv/*=deny;kv/a/*=list"
                                                                   << "kv/a/" << true;
    QTest::newRow("another right below takes no list away") << "kv/*=list;kv/a/*=read"
                                                            << "kv/a/" << true;
    QTest::newRow("a deny between a list and another right") << "kv/*=list;kv/a*=deny;kv/a/*=read"
                                                             << "kv/a/" << false;
    QTest::newRow("a list between a deny and another right") << "kv/*=deny;kv/a*=list;kv/a/*=read"
                                                             << "kv/a/" << true;
    QTest::newRow("no list in any") << "kv/*=create;kv/a/*=read"
                                    << "kv/a/" << false;
    QTest::newRow("segment with slash denies") << "kv/*=list;kv/+/=deny"
                                               << "kv/a/" << false;
    QTest::newRow("segment prefix denies below") << "kv/*=list;kv/+/b/*=deny"
                                                 << "kv/a/b/" << true; // its '+' comes as early, and it ends in '*' too
    QTest::newRow("segment denies, longer prefix lists") << "kv/+=deny;kv/a/*=list"
                                                         << "kv/a/" << true;
    QTest::newRow("segment lists, longer prefix denies") << "kv/+=list;kv/a/*=deny"
                                                         << "kv/a/" << false;
    QTest::newRow("segment lists, shorter prefix denies") << "kv/+=list;kv/*=deny"
                                                          << "kv/a/" << true;
    QTest::newRow("exact without slash against a deny below") << "kv/a=list;kv/a/*=deny"
                                                              << "kv/a/" << true;
    QTest::newRow("everything denied but this") << "*=deny;kv/a*=list"
                                                << "kv/a/" << true;
    QTest::newRow("exact without slash") << "kv/*=deny;kv/a=list"
                                         << "kv/a/" << true;
    QTest::newRow("exact with slash wins") << "kv/a=deny;kv/a/=list"
                                           << "kv/a/" << true;
    QTest::newRow("nothing") << "kv/b=list"
                             << "kv/a/" << false;
}

void TestAcl::listsAreCheckedWithAndWithoutTheSlash()
{
    QFETCH(QString, document);
    QFETCH(QString, path);
    QFETCH(bool, isAllowed);
    const auto acl = *Acl::create({policyOf("p", documentOf(document))});
    const auto plain = path.toStdString();
    QCOMPARE(acl->allow({plain, Operation::List, nullptr, {}}).isAllowed, isAllowed);
    const auto capabilities = acl->capabilities(plain);
    QCOMPARE(std::ranges::find(capabilities, "list") != capabilities.end(), isAllowed);
}

void TestAcl::capabilitiesAreListed_data()
{
    QTest::addColumn<QString>("path");
    QTest::addColumn<QStringList>("names");
    QTest::newRow("exact") << "a/b" << QStringList{"read", "sudo"};
    QTest::newRow("exact without slash") << "a/b/" << QStringList{"read", "sudo"};
    QTest::newRow("prefix") << "a/c" << QStringList{"create", "list", "update"};
    QTest::newRow("deny") << "a/d" << QStringList{"deny"};
    QTest::newRow("nothing") << "z" << QStringList{"deny"};
}

void TestAcl::capabilitiesAreListed()
{
    QFETCH(QString, path);
    QFETCH(QStringList, names);
    const auto acl = aclOf("a/b=sudo,read; a/*=update,create,list; a/d=deny");
    QStringList found;
    for (const auto& name : acl->capabilities(path.toStdString())) found << QString::fromStdString(name);
    QCOMPARE(found, names);
}

void TestAcl::accessBelowAMountIsFound_data()
{
    QTest::addColumn<QString>("rules");
    QTest::addColumn<bool>("hasAccess");
    QTest::newRow("exact below") << "secret/data/x=read" << true;
    QTest::newRow("prefix below") << "secret/data/x/*=list" << true;
    QTest::newRow("prefix above") << "*=read" << true;
    QTest::newRow("segment") << "+/data/x=read" << true;
    QTest::newRow("elsewhere") << "kv/*=read" << false;
    QTest::newRow("denied") << "secret/*=deny" << false;
    QTest::newRow("denied within a broader allow") << "*=read; secret/*=deny" << false;
    QTest::newRow("allowed within a denial") << "secret/*=deny; secret/data/x=read" << true;
}

void TestAcl::accessBelowAMountIsFound()
{
    QFETCH(QString, rules);
    QFETCH(bool, hasAccess);
    QCOMPARE(aclOf(rules)->hasAccessBelow("secret/"), hasAccess);
}

void TestAcl::rulesAreShown()
{
    const auto rules = aclOf("b/*=read; a/+/c=update; a=list")->rules();
    QCOMPARE(rules.size(), std::size_t{3});
    QCOMPARE(rules[0].path, std::string{"a"});
    QVERIFY(!rules[0].isGlob);
    QCOMPARE(rules[1].path, std::string{"a/+/c"});
    QVERIFY(rules[1].isGlob);
    QCOMPARE(rules[2].path, std::string{"b/*"});
    QCOMPARE(rules[2].capabilities, capability::kRead);
}

void TestAcl::templatesAreFilledForOneEntity()
{
    const auto base = *Acl::create({policyOf("p", R"(path "a" { capabilities = ["read"] }
                                                     path "own/{{name}}/*" { capabilities = ["read"] }
                                                     path "x/{{none}}" { capabilities = ["read"] })"),
                                    policyOf("q", R"(path "own/ann/*" { capabilities = ["list"] })")});
    QVERIFY(base->hasTemplates());
    const auto isAllowed = [](const Acl& acl, std::string_view path) { return acl.allow({path, Operation::Read, nullptr, {}}).isAllowed; };
    QVERIFY(!isAllowed(*base, "own/ann/x")); // without an entity
    const auto filledFor = [&](const char* name) {
        return base->filled([name](std::string_view expression) { return expression == "name" ? std::optional<std::string>{name} : std::nullopt; });
    };
    const auto ann = filledFor("ann");
    const auto star = filledFor("*");
    QVERIFY(isAllowed(*ann, "a") && isAllowed(*ann, "own/ann/x"));
    QVERIFY(!isAllowed(*ann, "own/bob/x") && !isAllowed(*ann, "x/none"));
    QCOMPARE(ann->capabilities("own/ann/x"), (std::vector<std::string>{"list", "read"})); // one rule of two policies
    QVERIFY(!isAllowed(*star, "own/ann/x"));                                              // a value is no wildcard
    QVERIFY(!ann->hasTemplates());
    QVERIFY(!(*Acl::create({policyOf("q", documentOf("a=read"))}))->hasTemplates());
}

void TestAcl::cacheBuildsOncePerSetAndForgets()
{
    AclCache cache{2};
    int loads = 0;
    const auto load = [&](std::string_view name) -> Result<std::shared_ptr<const Policy>> {
        ++loads;
        if (name == "gone") return std::shared_ptr<const Policy>{};
        if (name == "broken") return Error{ErrorCode::Corrupt, "page"};
        return policyOf(std::string{name}.c_str(), documentOf("a=read"));
    };
    const auto first = *cache.get({"x", "y"}, load);
    const auto again = *cache.get({"y", "x", "x"}, load);
    QCOMPARE(first, again);
    QCOMPARE(loads, 2);
    QVERIFY(!(*cache.get({"gone"}, load))->allow({"a", Operation::Read, nullptr, {}}).isAllowed);
    QVERIFY(!cache.get({"broken"}, load));
    QVERIFY((*cache.get({"root"}, load))->isRoot());
    QVERIFY(*cache.get({"x", "y"}, load) != nullptr); // above its limit the cache starts again

    const auto before = *cache.get({"x"}, load);
    cache.invalidate();
    QVERIFY(*cache.get({"x"}, load) != before);
    QVERIFY(before->allow({"a", Operation::Read, nullptr, {}}).isAllowed); // still complete for a request that holds it
}

void TestAcl::cacheDropsWhatChangedDuringARead()
{
    AclCache cache;
    QString rules = "a=read";
    const auto slowly = [&](std::string_view) -> Result<std::shared_ptr<const Policy>> {
        auto policy = policyOf("x", documentOf(rules));
        rules = "a=deny"; // the policy changes while the old one is being loaded
        cache.invalidate();
        return policy;
    };
    QVERIFY((*cache.get({"x"}, slowly))->allow({"a", Operation::Read, nullptr, {}}).isAllowed);
    const auto load = [&](std::string_view) -> Result<std::shared_ptr<const Policy>> { return policyOf("x", documentOf(rules)); };
    QVERIFY(!(*cache.get({"x"}, load))->allow({"a", Operation::Read, nullptr, {}}).isAllowed);
}

QTEST_APPLESS_MAIN(TestAcl)
#include "tst_acl.moc"
