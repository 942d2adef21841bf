#ifndef Q_MOC_RUN // moc of Qt 6.4 cannot read all of gcc 12's standard library
#include "core/route/openapi.h"

#include <boost/json/serialize.hpp>

#include <algorithm>
#endif

#include <QTest>

using namespace core;
using namespace core::route;

namespace json = boost::json;

/// The OpenAPI document of a table. Class of faults: a document that says something else than the table that routes, so that a generated client calls
/// paths that do not exist, or hides those that do. It could also occur in help texts and in the lists of sudo paths, which come from the same table.
class TestOpenApi : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void showsEveryPathAndVerb();
    void showsNoWriteToAFolder();
    void namesThePartsOfAPath();
    void divides_data();
    void divides();
    void saysWhatAPathNeeds();
    void showsThePathsThatMatch();
    void joinsMounts();
    void givesEachSchemaItsOwnName();
    void putsAParameterForTheMount();

private:
    static QByteArray textOf(const json::value& value) { return QByteArray::fromStdString(json::serialize(value)); }
};

namespace {

Result<mount::Response> nothing(Call&)
{
    return mount::Response{};
}

RouteTable sample()
{
    RouteTable table;
    table.openBelow("login/");
    table.add({.verbs = Verb::Write, .pattern = "login/<name@>", .handle = nothing, .fields = FieldList{"password"}, .help = "Logs in."});
    table.add({.verbs = Verb::Renew, .pattern = "login/<name@>", .handle = nothing});
    table.add({.verbs = Verb::List, .pattern = "users", .handle = nothing, .fields = kNoFields, .help = "Lists."});
    table.add({.verbs = Verb::Write,
               .pattern = "users/:name",
               .handle = nothing,
               .exists = [](Call&) { return Result<bool>{true}; },
               .fields = FieldList{{"name", FieldType::Text, "Of the user."},
                                   {"policies", FieldType::TextList, "What it can do."},
                                   {"ttl", FieldType::Duration, {}, "\"1h\""},
                                   {"uses", FieldType::Integer, {}, "0"}},
               .help = "A user.\n\nMore of it."});
    table.add({.verbs = Verb::Read, .pattern = "users/:name", .handle = nothing, .needsSudo = true, .fields = FieldList{"version"}});
    table.add({.verbs = Verb::Delete, .pattern = "users/:name", .handle = nothing});
    table.add({.verbs = Verb::Read | Verb::Write | Verb::Patch | Verb::List,
               .pattern = "*path",
               .handle = nothing,
               .openVerbs = Verb::Read,
               .help = "Any."});
    table.add({.verbs = Verb::Read, .pattern = "/", .handle = nothing}); // a refusal
    return table;
}

} // namespace

void TestOpenApi::showsEveryPathAndVerb()
{
    const auto paths = openApiPaths(sample());
    QByteArrayList shown;
    for (const auto& [path, item] : paths) {
        for (const char* verb : {"get", "post", "patch", "delete"}) {
            if (item.as_object().contains(verb)) shown.push_back(QByteArray{verb} + " " + std::string{path}.c_str());
        }
    }
    std::ranges::sort(shown);
    QCOMPARE(shown.join(", "), "delete /users/{name}, get /users/, get /users/{name}, get /{path}, get /{path}/, patch /{path}, post /login/{name}, "
                               "post /users/{name}, post /{path}");
}

void TestOpenApi::showsNoWriteToAFolder()
{
    RouteTable table;
    table.add({.verbs = Verb::Read | Verb::Write | Verb::Patch | Verb::List, .pattern = "/", .handle = nothing, .help = "The root."});
    const auto paths = openApiPaths(table);
    const auto& item = paths.at("/").as_object();
    QVERIFY(item.contains("get") && !item.contains("post") && !item.contains("patch"));
}

void TestOpenApi::namesThePartsOfAPath()
{
    const auto paths = openApiPaths(sample());
    QCOMPARE(textOf(paths.at("/users/{name}").at("parameters")),
             R"([{"name":"name","in":"path","description":"Of the user.","schema":{"type":"string"},"required":true}])");
    QVERIFY(!paths.at("/users/").as_object().contains("parameters"));
}

void TestOpenApi::divides_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("verb");
    QTest::addColumn<QByteArray>("member");
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("body") << QByteArray{"/users/{name}"} << QByteArray{"post"} << QByteArray{"requestBody"}
                          << QByteArray{R"({"content":{"application/json":{"schema":{"type":"object","properties":{"policies":{"type":"array",)"
                                        R"("items":{"type":"string"},"description":"What it can do."},"ttl":{"type":"string","format":"duration",)"
                                        R"("default":"1h"},"uses":{"type":"integer","default":0}}}}}})"};
    QTest::newRow("query") << QByteArray{"/users/{name}"} << QByteArray{"get"} << QByteArray{"parameters"}
                           << QByteArray{R"([{"name":"version","in":"query","schema":{"type":"string"}}])"};
    QTest::newRow("list") << QByteArray{"/users/"} << QByteArray{"get"} << QByteArray{"parameters"}
                          << QByteArray{R"([{"name":"list","in":"query","description":"Must be set to `true`","schema":{"type":"string",)"
                                        R"("enum":["true"]},"required":true}])"};
    QTest::newRow("any body") << QByteArray{"/{path}"} << QByteArray{"patch"} << QByteArray{"requestBody"}
                              << QByteArray{
                                     R"({"content":{"application/merge-patch+json":{"schema":{"type":"object","additionalProperties":true}}}})"};
    QTest::newRow("first line") << QByteArray{"/users/{name}"} << QByteArray{"post"} << QByteArray{"summary"} << QByteArray{R"("A user.")"};
    QTest::newRow("answers") << QByteArray{"/users/{name}"} << QByteArray{"delete"} << QByteArray{"responses"}
                             << QByteArray{R"({"204":{"description":"Done. The body is empty."}})"};
}

void TestOpenApi::divides()
{
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, verb);
    QFETCH(QByteArray, member);
    QFETCH(QByteArray, text);
    const auto paths = openApiPaths(sample());
    QCOMPARE(textOf(paths.at(path.toStdString()).at(verb.toStdString()).at(member.toStdString())), text);
}

void TestOpenApi::saysWhatAPathNeeds()
{
    const auto paths = openApiPaths(sample());
    const auto has = [&](const char* path, const char* member) { return paths.at(path).as_object().contains(member); };
    QVERIFY(has("/login/{name}", "x-vault-unauthenticated"));
    QVERIFY(!has("/users/", "x-vault-unauthenticated"));
    QVERIFY(!has("/{path}", "x-vault-unauthenticated")); // it is open for reading only
    QVERIFY(paths.at("/{path}").at("get").as_object().contains("security"));
    QVERIFY(!paths.at("/{path}").at("post").as_object().contains("security"));
    QVERIFY(has("/users/{name}", "x-vault-sudo") && !has("/users/", "x-vault-sudo"));
    QVERIFY(has("/users/{name}", "x-vault-createSupported") && !has("/{path}", "x-vault-createSupported"));
}

void TestOpenApi::showsThePathsThatMatch()
{
    QCOMPARE(openApiPaths(sample(), "users/ann").size(), std::size_t{3}); // and those of the rest of the mount, as its path and its list
    QVERIFY(openApiPaths(sample(), "users/ann").contains("/users/{name}"));
    QVERIFY(openApiPaths(sample(), "users/").contains("/users/"));
}

void TestOpenApi::joinsMounts()
{
    OpenApiDocument document{"1.2.3"};
    document.add({.path = "auth/people/", .tag = "auth", .parameter = {}}, openApiPaths(sample()));
    document.add({.path = "secret/", .tag = "secrets", .parameter = {}}, openApiPaths(sample(), "a/b"));
    const auto made = std::move(document).finish();
    QCOMPARE(textOf(made.at("openapi")), R"("3.0.2")");
    QCOMPARE(textOf(made.at("info").at("version")), R"("1.2.3")");
    const auto& paths = made.at("paths").as_object();
    QVERIFY(paths.contains("/auth/people/users/{name}") && paths.contains("/secret/{path}"));
    QCOMPARE(textOf(paths.at("/auth/people/users/").at("get").at("operationId")), R"("listAuthPeopleUsers")");
    QCOMPARE(textOf(paths.at("/secret/{path}").at("get").at("tags")), R"(["secrets"])");
}

/// Two paths can have one name in camel case. Each operation and each schema needs a name of its own, or a generator loses one of them.
void TestOpenApi::givesEachSchemaItsOwnName()
{
    RouteTable table;
    for (const char* pattern : {"a-b", "a/b"})
        table.add({.verbs = Verb::Write, .pattern = pattern, .handle = nothing, .fields = FieldList{"x"}, .help = "X."});
    OpenApiDocument document{"1"};
    document.add({}, openApiPaths(table));
    const auto made = std::move(document).finish();
    QCOMPARE(made.at("components").at("schemas").as_object().size(), std::size_t{2});
    QByteArrayList references;
    for (const auto& [path, item] : made.at("paths").as_object()) {
        references.push_back(textOf(item.at("post").at("requestBody").at("content").at("application/json").at("schema").at("$ref")));
    }
    std::ranges::sort(references);
    QCOMPARE(references.join(" "), R"("#/components/schemas/ABRequest" "#/components/schemas/ABRequest_2")");
}

void TestOpenApi::putsAParameterForTheMount()
{
    OpenApiDocument document{"1"};
    document.add({.path = "auth/people/", .tag = "auth", .parameter = "userpass_mount_path"}, openApiPaths(sample(), "users/"));
    const auto made = std::move(document).finish();
    const auto& item = made.at("paths").at("/auth/{userpass_mount_path}/users/");
    QCOMPARE(textOf(item.at("parameters").at(0).at("schema")), R"({"type":"string","default":"people"})");
}

QTEST_APPLESS_MAIN(TestOpenApi)
#include "tst_openapi.moc"
