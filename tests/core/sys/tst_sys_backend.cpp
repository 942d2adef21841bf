#include "tests/core/sys/sys_stack.h"

#ifndef Q_MOC_RUN
#include "core/mount/codec.h"
#endif

#include <QTemporaryDir>
#include <QTest>

using namespace testing_sys;

class TestSysBackend : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void wrappingRoundTrip();
    void wrapNeedsAWrapTtl();
    void auditDevicesLive();
    void auditedHeadersLive();
    void toolsHash_data();
    void toolsHash();
    void toolsRandom_data();
    void toolsRandom();
    void revokePrefixEndsTokens();
    void warnsOfWhatItIgnores();
    void listsAndEndsLeasesOfTokens();
    void leasesAreUnknown();
    void answersUnknownPathsAndVerbs();
    void doesForSecondariesWhatIsShared_data();
    void doesForSecondariesWhatIsShared();
};

void TestSysBackend::wrappingRoundTrip()
{
    RequestStack stack;
    token::Wrapping::Made made;
    const auto wrapped = stack.fixture.inTransaction([&](mount::Context& context) -> Result<mount::Response> {
        mount::Response inner;
        inner.wholeDataText = R"({"n":123456789012345678901234567890})";
        auto result = stack.wrapping.wrap(*context.system, {.content = mount::encodeResponse(inner),
                                                            .createdAt = context.clock.now(),
                                                            .ttl = std::chrono::seconds{60},
                                                            .creationPath = "secret/a",
                                                            .isJwt = false,
                                                            .wrappedAccessor = {},
                                                            .creator = {}});
        if (!result) return result.error();
        made = *result;
        return mount::Response{};
    });
    QVERIFY(wrapped.has_value());
    const auto body = [](const std::string& token) { return R"({"token":")" + token + "\"}"; };
    const auto seen = dataOf(stack.write("wrapping/lookup", body(made.token)));
    QCOMPARE(textOf(seen.at("creation_path")), QByteArray{"\"secret/a\""});
    QCOMPARE(seen.at("creation_ttl").as_int64(), 60);

    const auto again = stack.write("wrapping/rewrap", body(made.token));
    QVERIFY(again.wrap.has_value());
    QCOMPARE(again.wrap->creationPath, std::string{"secret/a"});
    QCOMPARE(again.wrap->ttl.count(), 60);
    const QByteArray invalid{"wrapping token is not valid or does not exist"};
    QCOMPARE(errorOf(stack.write("wrapping/unwrap", body(made.token))), invalid);
    QCOMPARE(stack.write("wrapping/unwrap", body(again.wrap->token)).wholeDataText, std::string{R"({"n":123456789012345678901234567890})"});
    QCOMPARE(errorOf(stack.write("wrapping/unwrap", body(again.wrap->token))), invalid);
    QCOMPARE(errorOf(stack.write("wrapping/lookup", body("hvs.nothing"))), invalid);
    QCOMPARE(textOf(dataOf(stack.read("wrapping/pubkey")).at("jwt_curve")), QByteArray{"\"p521\""});
}

void TestSysBackend::wrapNeedsAWrapTtl()
{
    RequestStack stack;
    QCOMPARE(errorOf(stack.write("wrapping/wrap", R"({"a":1})")), QByteArray{"endpoint requires response wrapping to be used"});
    auto request = stack.fixture.requestOf({Operation::Update, "wrapping/wrap", R"({"a":1.50})"});
    request.wrapTtl = std::chrono::seconds{60};
    QCOMPARE(stack.fixture.handle(stack.sys, request)->wholeDataText, std::string{R"({"a":1.50})"});
}

void TestSysBackend::auditDevicesLive()
{
    QTemporaryDir directory;
    const auto file = directory.filePath(u"audit.log"_qs).toStdString();
    RequestStack stack;
    QVERIFY(!stack.write("audit/file", R"({"type":"file","description":"d","options":{"file_path":")" + file + "\"}}").isError);
    const auto listed = dataOf(stack.read("audit")).at("file/").as_object();
    QCOMPARE(textOf(listed.at("options").at("file_path")), textOf(boost::json::string{file}));
    const auto hash = stack.write("audit-hash/file", R"({"input":"secret"})");
    QVERIFY(hash.isInjected);
    QVERIFY(hash.data->at("hash").as_string().starts_with("hmac-sha256:"));
    QVERIFY(stack.write("audit-hash/other", R"({"input":"secret"})").isError);
    QVERIFY(errorOf(stack.write("audit/bad", R"({"type":"file","options":{"file_path":"/proc/nonexistent/audit.log"}})"))
                .startsWith("audit backend failed test message: "));
    stack.ask(Operation::Delete, "audit/file");
    QVERIFY(dataOf(stack.read("audit")).empty());
}

void TestSysBackend::auditedHeadersLive()
{
    RequestStack stack;
    const std::string folder = "config/auditing/request-headers";
    QCOMPARE(errorOf(stack.read(folder + "/x-a")), QByteArray{"Could not find header in config"});
    stack.write(folder + "/X-A", R"({"hmac":true})");
    stack.write(folder + "/x-b");
    QCOMPARE(textOf(*stack.read(folder + "/x-A").data), QByteArray{R"({"x-A":{"hmac":true}})"}); // under the name in the request
    QCOMPARE(textOf(*stack.read(folder).data), QByteArray{R"({"headers":{"x-a":{"hmac":true},"x-b":{"hmac":false}}})"});
    stack.ask(Operation::Delete, folder + "/x-a");
    QCOMPARE(textOf(*stack.read(folder).data), QByteArray{R"({"headers":{"x-b":{"hmac":false}}})"});
}

void TestSysBackend::toolsHash_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("sum");
    QTest::addColumn<QByteArray>("error");
    // Digests of "abc", FIPS 180-4 and FIPS 202 examples.
    QTest::newRow("default") << QByteArray{"tools/hash"} << QByteArray{R"({"input":"YWJj"})"}
                             << QByteArray{"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"} << QByteArray{};
    QTest::newRow("by path") << QByteArray{"tools/hash/sha2-224"} << QByteArray{R"({"input":"YWJj"})"}
                             << QByteArray{"23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"} << QByteArray{};
    QTest::newRow("sha3") << QByteArray{"tools/hash"} << QByteArray{R"({"input":"YWJj","algorithm":"sha3-256"})"}
                          << QByteArray{"3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"} << QByteArray{};
    QTest::newRow("base64") << QByteArray{"tools/hash"} << QByteArray{R"({"input":"YWJj","format":"base64"})"}
                            << QByteArray{"ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="} << QByteArray{};
    QTest::newRow("algorithm") << QByteArray{"tools/hash/md5"} << QByteArray{R"({"input":"YWJj"})"} << QByteArray{}
                               << QByteArray{"unsupported algorithm md5"};
    QTest::newRow("format") << QByteArray{"tools/hash"} << QByteArray{R"({"input":"YWJj","format":"x"})"} << QByteArray{}
                            << QByteArray{"unsupported encoding format x; must be \"hex\" or \"base64\""};
    QTest::newRow("base64 cut short") << QByteArray{"tools/hash"} << QByteArray{R"({"input":"AAA"})"} << QByteArray{}
                                      << QByteArray{"unable to decode input as base64: illegal base64 data at input byte 0"};
    QTest::newRow("two faults") << QByteArray{"tools/hash"} << QByteArray{R"({"input":"YWJj","format":"x","algorithm":"y"})"} << QByteArray{}
                                << QByteArray{"unsupported encoding format x; must be \"hex\" or \"base64\""};
}

void TestSysBackend::toolsHash()
{
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, body);
    QFETCH(QByteArray, sum);
    QFETCH(QByteArray, error);
    RequestStack stack;
    const auto answer = stack.write(path.toStdString(), body.toStdString());
    QCOMPARE(errorOf(answer), error);
    if (error.isEmpty()) QCOMPARE(textOf(answer.data->at("sum")), "\"" + sum + "\"");
}

void TestSysBackend::toolsRandom_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<int>("length"); // length of the text
    QTest::addColumn<QByteArray>("error");
    QTest::newRow("default") << QByteArray{"tools/random"} << QByteArray{} << 44 << QByteArray{};
    QTest::newRow("by path, hex") << QByteArray{"tools/random/5"} << QByteArray{R"({"format":"hex"})"} << 10 << QByteArray{};
    QTest::newRow("source") << QByteArray{"tools/random/all/3"} << QByteArray{} << 4 << QByteArray{};
    QTest::newRow("field") << QByteArray{"tools/random"} << QByteArray{R"({"bytes":"3"})"} << 4 << QByteArray{};
    QTest::newRow("too few") << QByteArray{"tools/random/0"} << QByteArray{} << 0 << QByteArray{"\"bytes\" cannot be less than 1"};
    QTest::newRow("too many") << QByteArray{"tools/random/131073"} << QByteArray{} << 0 << QByteArray{"\"bytes\" should be less than 131072"};
}

void TestSysBackend::toolsRandom()
{
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, body);
    QFETCH(int, length);
    QFETCH(QByteArray, error);
    RequestStack stack;
    const auto answer = stack.write(path.toStdString(), body.toStdString());
    QCOMPARE(errorOf(answer), error);
    if (error.isEmpty()) QCOMPARE(int(answer.data->at("random_bytes").as_string().size()), length);
}

void TestSysBackend::revokePrefixEndsTokens()
{
    RequestStack stack;
    const auto alice = stack.makeToken({"default"}, "auth/people/login/alice");
    const auto bob = stack.makeToken({"default"}, "auth/people/login/bob");
    QCOMPARE(stack.write("leases/revoke-prefix/auth/people/login/al").status, 204); // not a folder of leases
    QVERIFY(!stack.write("capabilities", R"({"token":")" + alice.id + R"(","paths":"x"})").isError);
    QCOMPARE(stack.write("leases/revoke-prefix/auth/people/login/alice", R"({"sync":false})").status, 202);
    QVERIFY(stack.write("capabilities", R"({"token":")" + alice.id + R"(","paths":"x"})").isError);
    QVERIFY(!stack.write("capabilities", R"({"token":")" + bob.id + R"(","paths":"x"})").isError);
    QCOMPARE(stack.write("leases/revoke-prefix/auth/people", R"({"sync":true})").status, 204);
    QVERIFY(stack.write("capabilities", R"({"token":")" + bob.id + R"(","paths":"x"})").isError);
}

// The class: fields without effect are most likely misspelt. An answer with content names them; an answer without content (204) does not change.
// Other backends use the same function for these warnings: kv, cubbyhole, token, userpass.
void TestSysBackend::warnsOfWhatItIgnores()
{
    RequestStack stack;
    const std::string start = "Endpoint ignored these unrecognized parameters: ";
    QCOMPARE(stack.ask(Operation::Read, "mounts", R"({"x":"1"})").warnings, std::vector<std::string>{start + "[x]"});
    QVERIFY(stack.read("mounts").warnings.empty());
    const auto hashed = stack.write("tools/hash/sha2-256", R"({"input":"YWJj","urlalgorithm":"md5","b":1,"a":2})");
    QCOMPARE(hashed.warnings,
             (std::vector<std::string>{start + "[a b]", "Endpoint replaced the value of these parameters with the values captured from the "
                                                        "endpoint's path: [urlalgorithm]"}));
    const auto written = stack.write("policies/acl/p", R"({"policy":"path \"x\" {}","odd":1})");
    QVERIFY(written.warnings.empty());
}

void TestSysBackend::listsAndEndsLeasesOfTokens()
{
    RequestStack stack;
    const auto alice = stack.makeToken({"default"}, "auth/people/login/alice");
    const auto listed = stack.ask(Operation::List, "leases/lookup/auth/people/login/alice/");
    QCOMPARE(listed.data->at("keys").as_array().size(), 1u);
    const auto id = "auth/people/login/alice/" + std::string{listed.data->at("keys").at(0).as_string()};
    const auto shown = dataOf(stack.write("leases/lookup", R"({"lease_id":")" + id + R"("})"));
    QCOMPARE(std::string{shown.at("id").as_string()}, id);
    QCOMPARE(shown.at("ttl").to_number<int>(), 3600);
    QVERIFY(shown.at("last_renewal").is_null());
    QCOMPARE(errorOf(stack.write("leases/renew", R"({"lease_id":")" + id + R"("})")), QByteArray{"tokens cannot be renewed through this endpoint"});
    QCOMPARE(stack.ask(Operation::List, "leases/lookup/").data->at("keys").at(0).as_string().c_str(), "auth/");
    QCOMPARE(stack.write("leases/revoke", R"({"lease_id":")" + id + R"("})").status, 204);
    QVERIFY(stack.write("capabilities", R"({"token":")" + alice.id + R"(","paths":"x"})").isError);
    QVERIFY(!stack.ask(Operation::List, "leases/lookup/").hasContent());
    QCOMPARE(errorOf(stack.write("leases/lookup", R"({"lease_id":")" + id + R"("})")), QByteArray{"invalid lease"});
    // This build has no irrevocable leases, and other kinds are not counted.
    QCOMPARE(textOf(*stack.ask(Operation::Read, "leases/count", R"({"type":"irrevocable"})").data), QByteArray{R"({"lease_count":0,"counts":{}})"});
    QVERIFY(!stack.read("leases/count").hasContent());
    QCOMPARE(textOf(*stack.ask(Operation::Read, "leases", R"({"type":"irrevocable","limit":"none"})").data),
             QByteArray{R"({"lease_count":0,"leases":[]})"});
    for (const auto* limit : {"0", "-1", "x"}) {
        QCOMPARE(stack.ask(Operation::Read, "leases", R"({"type":"irrevocable","limit":")" + std::string{limit} + R"("})").status, 500);
    }
}

void TestSysBackend::leasesAreUnknown()
{
    RequestStack stack;
    QCOMPARE(errorOf(stack.write("leases/lookup", R"({"lease_id":"a/b"})")), QByteArray{"invalid lease"});
    QCOMPARE(errorOf(stack.write("leases/lookup")), QByteArray{"lease_id must be specified"});
    QCOMPARE(errorOf(stack.write("leases/renew", R"({"lease_id":"a/b"})")), QByteArray{"lease not found"});
    QCOMPARE(errorOf(stack.write("renew/a/b")), QByteArray{"lease not found"});
    QCOMPARE(stack.write("leases/revoke", R"({"lease_id":"a/b","sync":true})").status, 204);
    QCOMPARE(stack.write("leases/tidy").status, 202);
    QCOMPARE(stack.write("leases/tidy").warnings.front(), std::string{"Tidy operation already in progress."});
}

void TestSysBackend::answersUnknownPathsAndVerbs()
{
    RequestStack stack;
    QCOMPARE(stack.read("nowhere/at/all").status, 404);
    QCOMPARE(errorOf(stack.read("nowhere")), QByteArray{"1 error occurred:\n\t* unsupported path\n\n"});
    QCOMPARE(stack.ask(Operation::Delete, "remount").status, 405);
    QVERIFY(!stack.sys.help("mounts/x/tune").empty());
    QVERIFY(dataOf(stack.read("license/features")).contains("features"));
    QVERIFY(stack.sys.isUnauthenticated(Operation::Read, "internal/ui/mounts/secret/x"));
    QVERIFY(stack.sys.isUnauthenticated(Operation::Update, "wrapping/lookup"));
    QVERIFY(!stack.sys.isUnauthenticated(Operation::Update, "wrapping/unwrap"));
    const mount::PathSet sudo{stack.sys.sudoPaths()};
    for (const auto* path :
         {"auth/people", "auth/a/b/tune", "audit", "audit/file", "remount", "leases/revoke-force/x", "config/auditing/request-headers/x"}) {
        QVERIFY2(sudo.contains(path), path);
    }
    for (const auto* path : {"auth", "mounts/x", "policies/acl/x", "leases/lookup", "audit-hash/file"}) QVERIFY2(!sudo.contains(path), path);
}

void TestSysBackend::doesForSecondariesWhatIsShared_data()
{
    QTest::addColumn<int>("operation");
    QTest::addColumn<QString>("path");
    QTest::addColumn<bool>("isDone");
    const auto row = [](Operation operation, const char* path, bool isDone) {
        QTest::addRow("%s %s", std::string{policy::toString(operation)}.c_str(), path) << static_cast<int>(operation) << QString{path} << isDone;
    };
    for (const auto* path : {"mounts/a", "mounts/a/tune", "auth/a", "remount", "policies/acl/a", "policy/a", "config/auditing/request-headers/a"}) {
        row(Operation::Update, path, true);
    }
    for (const auto* path : {"mounts/a", "auth/a", "audit/a", "policies/acl/a", "config/auditing/request-headers/a"})
        row(Operation::Delete, path, true);
    row(Operation::Read, "wrapping/pubkey", true); // the first call makes the key
    for (const auto* path : {"mounts", "mounts/cubbyhole", "auth", "internal/ui/mounts", "policies/acl/default", "license/status", "audit"}) {
        row(Operation::Read, path, false);
    }
    for (const auto* path : {"leases/revoke", "leases/revoke-prefix/a", "revoke/a", "wrapping/wrap", "wrapping/unwrap", "wrapping/rewrap",
                             "capabilities", "tools/random", "audit-hash/a"}) {
        row(Operation::Update, path, false);
    }
}

void TestSysBackend::doesForSecondariesWhatIsShared()
{
    QFETCH(int, operation);
    QFETCH(QString, path);
    QFETCH(bool, isDone);
    RequestStack stack;
    auto request = stack.fixture.requestOf({static_cast<Operation>(operation), path.toStdString(), "{}"});
    request.replicationCluster = "a-secondary";
    const auto response = stack.fixture.handle(stack.sys, request);
    const bool isRefused = !response && response.error().code == ErrorCode::PermissionDenied;
    QCOMPARE(isRefused, !isDone); // the data is not valid for the handlers, so they can refuse it
}

QTEST_GUILESS_MAIN(TestSysBackend)
#include "tst_sys_backend.moc"
