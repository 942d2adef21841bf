#include "core/http/cors.h"
#include "core/server/process/host_info.h"
#include "core/server/process/in_flight.h"
#include "core/sys/settings/cors.h"
#include "core/sys/settings/key_rotation.h"
#include "core/sys/node/version_history.h"
#include "tests/core/sys/sys_stack.h"

using namespace testing_sys;
using namespace std::chrono_literals;

/// The small paths of sys/ that clients and operators use: decoded tokens, rules for web pages, automatic rotation, versions, and
/// running requests.
class TestSysUpkeep : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void decodesTokens_data();
    void decodesTokens();
    void keepsCorsRules();
    void judgesOrigins_data();
    void judgesOrigins();
    void rotatesWhenItIsDue();
    void aDamagedRotationRowIsReplaced();
    void listsVersions();
    void listsWhatIsInFlight();
    void tellsOfTheHost();

private:
    struct Upkeep : RequestStack {
        Upkeep()
        {
            addDecodeTokenRoute(sys.routes());
            addCorsRoutes(sys.routes());
            addKeyRotationRoutes(sys.routes());
            addVersionHistoryRoutes(sys.routes());
        }
    };
};

void TestSysUpkeep::decodesTokens_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("token");
    QTest::addColumn<QByteArray>("error");
    const auto row = [](const char* name, const char* body, const char* token, const char* error) {
        QTest::newRow(name) << QByteArray{body} << QByteArray{token} << QByteArray{error};
    };
    // "hvs.abc" with the password "ABCDEFG", byte by byte.
    row("without padding", R"({"encoded_token":"KTQwaiQkJA","otp":"ABCDEFG"})", "hvs.abc", "");
    row("with padding", R"({"encoded_token":"KTQwaiQkJA==","otp":"ABCDEFG"})", "hvs.abc", "");
    row("short password", R"({"encoded_token":"KTQwaiQkJA","otp":"ABC"})", "", "error xoring token: length of byte slices is not equivalent: 7 != 3");
    row("no base64", R"({"encoded_token":"K!","otp":"A"})", "", "error decoding base64'd token: illegal base64 data at input byte 1");
    row("another password", R"({"encoded_token":"QDQwaiQkJA","otp":"ABCDEFG"})", "",
        "encoded_token and otp do not belong together: what they give is no text");
    row("no password", R"({"encoded_token":"KTQwaiQkJA"})", "", "missing otp");
    row("nothing", "{}", "", "missing encoded_token");
}

void TestSysUpkeep::decodesTokens()
{
    QFETCH(QByteArray, body);
    QFETCH(QByteArray, token);
    QFETCH(QByteArray, error);
    Upkeep stack;
    const auto answer = stack.write("decode-token", body.toStdString());
    QCOMPARE(errorOf(answer), error);
    if (error.isEmpty()) QCOMPARE(QByteArray::fromStdString(std::string{answer.data->at("token").as_string()}), token);
}

void TestSysUpkeep::keepsCorsRules()
{
    Upkeep stack;
    QCOMPARE(textOf(dataOf(stack.read("config/cors")).at("enabled")), QByteArray{"false"});
    QCOMPARE(errorOf(stack.write("config/cors")), QByteArray{"at least one origin or the wildcard must be provided"});
    QCOMPARE(errorOf(stack.write("config/cors", R"({"allowed_origins":["*","http://a"]})")),
             QByteArray{"to allow all origins the '*' must be the only value for allowed_origins"});
    QVERIFY(stack.write("config/cors", R"({"allowed_origins":["http://a\r\nX-Evil: 1"]})").isError);
    QVERIFY(stack.write("config/cors", R"({"allowed_origins":["http://a"],"allowed_headers":["X Y"]})").isError);
    QVERIFY(!stack.write("config/cors", R"({"allowed_origins":"http://a,http://b","allowed_headers":["X-Own"]})").isError);
    const auto shown = dataOf(stack.read("config/cors"));
    QCOMPARE(textOf(shown.at("allowed_origins")), QByteArray{R"(["http://a","http://b"])"});
    QCOMPARE(shown.at("allowed_headers").as_array().size(), 11u);
    QCOMPARE(textOf(shown.at("allowed_headers").as_array().back()), QByteArray{"\"X-Own\""});
    QVERIFY(stack.fixture.stored().contains(std::string{kCorsKey})); // each cluster has its own
    QVERIFY(!stack.ask(Operation::Delete, "config/cors").isError);
    QCOMPARE(textOf(dataOf(stack.read("config/cors")).at("enabled")), QByteArray{"false"});
}

void TestSysUpkeep::judgesOrigins_data()
{
    QTest::addColumn<QByteArray>("method");
    QTest::addColumn<QByteArray>("origin");
    QTest::addColumn<QByteArray>("asked");
    QTest::addColumn<bool>("hasRules");
    QTest::addColumn<int>("status"); // 0: the request continues
    QTest::addColumn<int>("headerCount");
    const auto row = [](const char* name, const char* method, const char* origin, const char* asked, bool hasRules, int status, int count) {
        QTest::newRow(name) << QByteArray{method} << QByteArray{origin} << QByteArray{asked} << hasRules << status << count;
    };
    row("no rules", "GET", "http://c", "", false, 0, 0);
    row("no origin", "GET", "", "", true, 0, 0);
    row("allowed", "GET", "http://a", "", true, 0, 2);
    row("another", "GET", "http://c", "", true, 403, 0);
    row("another's preflight", "OPTIONS", "http://c", "GET", true, 403, 0);
    row("preflight", "OPTIONS", "http://a", "LIST", true, 204, 5);
    row("preflight of an odd method", "OPTIONS", "http://a", "TRACE", true, 405, 0);
    row("preflight of no method", "OPTIONS", "http://a", "", true, 405, 0);
}

void TestSysUpkeep::judgesOrigins()
{
    QFETCH(QByteArray, method);
    QFETCH(QByteArray, origin);
    QFETCH(QByteArray, asked);
    QFETCH(bool, hasRules);
    QFETCH(int, status);
    QFETCH(int, headerCount);
    const CorsRules rules{.origins = {"http://a", "http://b"}, .headers = {}};
    http::Message message;
    message.method = method.toStdString();
    if (!origin.isEmpty()) message.headers.push_back({"origin", origin.toStdString()});
    if (!asked.isEmpty()) message.headers.push_back({"access-control-request-method", asked.toStdString()});
    const auto verdict = http::judgeOrigin(message, hasRules ? &rules : nullptr);
    QCOMPARE(verdict.reply ? verdict.reply->status : 0, status);
    QCOMPARE(int(verdict.headers.size()), headerCount);
    if (headerCount > 0) QCOMPARE(verdict.headers.front().value, origin.toStdString());
    QVERIFY((CorsRules{.origins = {"*"}, .headers = {}}).allows("http://anywhere"));
}

void TestSysUpkeep::rotatesWhenItIsDue()
{
    Upkeep stack;
    const auto shown = dataOf(stack.read("rotate/config"));
    QCOMPARE(shown.at("max_operations").to_number<std::int64_t>(), 3'865'470'566);
    QCOMPARE(textOf(shown.at("interval")), QByteArray{"0"});
    QCOMPARE(errorOf(stack.write("rotate/config", R"({"interval":"1h"})")), QByteArray{"interval must be greater or equal to 24h0m0s"});
    QCOMPARE(errorOf(stack.write("rotate/config", R"({"interval":-1})")), QByteArray{"interval must be greater or equal to 24h0m0s"});
    QCOMPARE(errorOf(stack.write("rotate/config", R"({"max_operations":5})")),
             QByteArray{"max_operations must be in the range [1000000,3865470566]"});
    QVERIFY(!stack.write("rotate/config", R"({"max_operations":2000000,"interval":"48h"})").isError);
    QCOMPARE(textOf(dataOf(stack.read("rotate/config")).at("interval")), QByteArray{"\"48h0m0s\""});
    KeyRotation rotation;
    const auto answer = stack.fixture.inTransaction([&](mount::Context& context) -> Result<mount::Response> {
        auto loaded = loadKeyRotation(*context.system);
        if (!loaded) return loaded.error();
        rotation = *loaded;
        return mount::Response{};
    });
    QVERIFY(answer.has_value());
    const auto now = stack.fixture.clock.now();
    QVERIFY(!rotation.isDue({.term = 1, .installedAt = now, .encryptionCount = 1'999'999}, now + 47h));
    QVERIFY(rotation.isDue({.term = 1, .installedAt = now, .encryptionCount = 2'000'000}, now));
    QVERIFY(rotation.isDue({.term = 1, .installedAt = now, .encryptionCount = 0}, now + 48h));
    rotation.isEnabled = false;
    QVERIFY(!rotation.isDue({.term = 1, .installedAt = now, .encryptionCount = 2'000'000}, now + 48h));
}

/// The class: a damaged row of settings can be neither read nor written again.
void TestSysUpkeep::aDamagedRotationRowIsReplaced()
{
    Upkeep stack;
    const auto damaged = stack.fixture.inTransaction([](mount::Context& context) -> Result<mount::Response> {
        if (auto put = context.system->shared("core/rotate/").put("config", "no JSON"); !put) return put.error();
        return mount::Response{};
    });
    QVERIFY(damaged.has_value());
    const auto asked = stack.fixture.handle(stack.sys, stack.fixture.requestOf({policy::Operation::Read, "rotate/config"}));
    QVERIFY(!asked && asked.error().code == ErrorCode::Corrupt);
    QVERIFY(!stack.write("rotate/config", R"({"interval":"48h"})").isError);
    const auto shown = dataOf(stack.read("rotate/config"));
    QCOMPARE(textOf(shown.at("interval")), QByteArray{"\"48h0m0s\""});
    QCOMPARE(shown.at("max_operations").to_number<std::int64_t>(), 3'865'470'566);
}

void TestSysUpkeep::listsVersions()
{
    Upkeep stack;
    QVERIFY(!stack.ask(Operation::List, "version-history/").hasContent());
    const auto note = [&] {
        bool isNew = false;
        const auto noted = stack.fixture.inTransaction([&](mount::Context& context) -> Result<mount::Response> {
            // The rows of an older program.
            auto old = context.system->local("core/versions/").put("0.0.9", R"({"timestamp_installed":"2020-01-01T00:00:00Z","build_date":"x"})");
            if (!old) return old.error();
            auto added = noteVersion(*context.system, stack.fixture.clock.now());
            if (!added) return added.error();
            isNew = *added;
            return mount::Response{};
        });
        return noted.has_value() && isNew;
    };
    QVERIFY(note());
    QVERIFY(!note()); // only once
    const auto listed = dataOf(stack.ask(Operation::List, "version-history/"));
    QCOMPARE(listed.at("keys").as_array().size(), 2u);
    QCOMPARE(textOf(listed.at("keys").as_array().front()), QByteArray{"\"0.0.9\""});
    const auto& newest = listed.at("key_info").at(listed.at("keys").as_array().back().as_string());
    QCOMPARE(textOf(newest.at("previous_version")), QByteArray{"\"0.0.9\""});
    QVERIFY(!buildDate().empty());
    QCOMPARE(std::string{newest.at("build_date").as_string()}, std::string{buildDate()});
}

void TestSysUpkeep::listsWhatIsInFlight()
{
    server::InFlight inFlight;
    mount::Request request;
    request.id = "r-1";
    request.path = "secret/data/a";
    request.operation = Operation::Update;
    request.remoteAddress = "10.0.0.1";
    request.remotePort = 5;
    {
        const auto first = inFlight.began(request, WallTime{});
        request.id = "r-2";
        const auto second = inFlight.began(request, WallTime{});
        const auto listed = inFlight.describe();
        QCOMPARE(listed.size(), 2u);
        QCOMPARE(listed.at("r-1").at("request_path").as_string().c_str(), "/v1/secret/data/a");
        QCOMPARE(listed.at("r-1").at("client_remote_address").as_string().c_str(), "10.0.0.1:5");
    }
    QVERIFY(inFlight.describe().empty());
}

void TestSysUpkeep::tellsOfTheHost()
{
    const auto info = server::hostInfo(WallTime{std::chrono::hours{24 * 365 * 50}});
    QVERIFY(info.at("memory").at("total").to_number<std::uint64_t>() > 0);
    QVERIFY(!info.at("cpu_times").as_array().empty());
    QVERIFY(!info.at("host").at("hostname").as_string().empty());
    const auto nothing = server::hostInfo(WallTime{}, "/nonexistent"); // unknown values are left out, not invented
    QVERIFY(nothing.at("memory").as_object().empty());
    QVERIFY(nothing.at("cpu").as_array().empty());
}

QTEST_GUILESS_MAIN(TestSysUpkeep)
#include "tst_sys_upkeep.moc"
