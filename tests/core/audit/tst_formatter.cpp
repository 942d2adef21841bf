#include "core/audit/formatter.h"
#include "core/crypto/jwt.h"

#include <QtTest>

#include <boost/json.hpp>

using namespace core;
namespace json = boost::json;

class TestFormatter : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void hashesEveryStringOfTheData();
    void hashesSplicedText_data();
    void hashesSplicedText();
    void leavesOutWhatIsEmpty();
    void followsTheDevicesOptions();
    void leavesTunedKeysClear();
    void textsOfRefusalsAreHashed();
    void hashesAWrappingJwtByItsId();
    void logsListedHeadersOnly();
    void hashIsHmacOfTheSalt();
    void queriesAreHashed_data();
    void queriesAreHashed();
    void longDataOfTheRefusedIsOmitted_data();
    void longDataOfTheRefusedIsOmitted();
};

namespace {

json::object entryOf(const audit::Formatter& formatter, const audit::Record& record, const std::map<std::string, bool>& headers = {})
{
    const auto line = formatter.line(record, WallTime{std::chrono::seconds{1'700'000'000}}, headers);
    if (!line.ends_with("}\n") || line.find('\n') != line.size() - 1) qFatal("not one line");
    return json::parse(line).as_object();
}

audit::DeviceOptions optionsWith(const std::function<void(audit::DeviceOptions&)>& change)
{
    audit::DeviceOptions options;
    change(options);
    return options;
}

QString text(const json::value& value)
{
    return QString::fromUtf8(value.as_string().c_str());
}

} // namespace

void TestFormatter::hashesEveryStringOfTheData()
{
    const audit::Formatter formatter{{}, "salt"};
    mount::Request request;
    request.data = json::parse(R"({"a":"x","n":5,"t":true,"z":null,"l":["x",{"deep":"x"}],"o":{"k":"x"}})").as_object();
    const auto hash = QString::fromStdString(formatter.hash("x"));
    const auto data = entryOf(formatter, {.request = request}).at("request").at("data").as_object();
    QCOMPARE(text(data.at("a")), hash);
    QCOMPARE(data.at("n").as_int64(), 5);
    QCOMPARE(data.at("t").as_bool(), true);
    QVERIFY(data.at("z").is_null());
    QCOMPARE(text(data.at("l").at(0)), hash);
    QCOMPARE(text(data.at("l").at(1).at("deep")), hash);
    QCOMPARE(text(data.at("o").at("k")), hash);
}

void TestFormatter::hashesSplicedText_data()
{
    QTest::addColumn<bool>("isWhole");
    QTest::newRow("members of data") << false;
    QTest::newRow("the whole of data") << true;
}

void TestFormatter::hashesSplicedText()
{
    QFETCH(bool, isWhole);
    const audit::Formatter formatter{{}, "salt"};
    const mount::Request request;
    mount::Response response;
    if (isWhole) {
        response.wholeDataText = R"({"data":{"k":"canary","n":1}})";
    } else {
        response.dataText.emplace_back("data", R"({"k":"canary","n":1})");
        response.data = json::object{{"metadata", json::object{{"version", 1}}}};
    }
    const auto line = formatter.line({.request = request, .response = &response}, {}, {});
    QVERIFY(line.find("canary") == std::string::npos);
    const auto entry = json::parse(line).as_object();
    QCOMPARE(text(entry.at("type")), QStringLiteral("response"));
    QCOMPARE(text(entry.at("response").at("data").at("data").at("k")), QString::fromStdString(formatter.hash("canary")));
    QCOMPARE(entry.at("response").at("data").at("data").at("n").as_int64(), 1);
}

void TestFormatter::leavesOutWhatIsEmpty()
{
    const audit::Formatter formatter{{}, "salt"};
    const mount::Request request;
    const auto entry = entryOf(formatter, {.request = request});
    QCOMPARE(text(entry.at("time")), QStringLiteral("2023-11-14T22:13:20Z"));
    QVERIFY(!entry.contains("error") && !entry.contains("response"));
    const auto& fields = entry.at("request").as_object();
    for (const char* name : {"data", "client_token", "wrap_ttl", "headers", "replication_cluster", "remote_port", "mount_point"}) {
        QVERIFY2(!fields.contains(name), name);
    }
    QCOMPARE(text(fields.at("namespace").at("id")), QStringLiteral("root"));
    QCOMPARE(text(entryOf(formatter, {.request = request, .error = "no"}).at("error")), QStringLiteral("no"));
}

void TestFormatter::followsTheDevicesOptions()
{
    mount::Request request;
    request.operation = policy::Operation::List;
    request.clientToken = "hvs.x";
    auto token = std::make_shared<token::TokenEntry>();
    token->accessor = "acc";
    request.token = token;
    mount::Response response;
    response.data = json::object{{"keys", {"a", "b"}}};
    const audit::Record record{.request = request, .operation = policy::Operation::List, .response = &response};

    const audit::Formatter raw{optionsWith([](auto& options) { options.isRaw = true; }), "salt"};
    auto entry = entryOf(raw, record);
    QCOMPARE(text(entry.at("request").at("client_token")), QStringLiteral("hvs.x"));
    QCOMPARE(text(entry.at("response").at("data").at("keys").at(0)), QStringLiteral("a"));

    const audit::Formatter clear{optionsWith([](auto& options) {
                                     options.isAccessorHashed = false;
                                     options.areListsElided = true;
                                 }),
                                 "salt"};
    entry = entryOf(clear, record);
    QCOMPARE(text(entry.at("auth").at("accessor")), QStringLiteral("acc"));
    QCOMPARE(text(entry.at("auth").at("client_token")), QString::fromStdString(clear.hash("hvs.x")));
    QCOMPARE(entry.at("response").at("data").at("keys").as_int64(), 2);

    const audit::Formatter prefixed{optionsWith([](auto& options) { options.prefix = "@cee: "; }), "salt"};
    QVERIFY(prefixed.line(record, {}, {}).starts_with("@cee: {"));
}

void TestFormatter::leavesTunedKeysClear()
{
    const audit::Formatter formatter{{}, "salt"};
    mount::Request request;
    request.data = json::object{{"open", "x"}, {"shut", "x"}};
    mount::MountRoute route;
    route.entry.auditNonHmacRequestKeys = {"open"};
    const auto data = entryOf(formatter, {.request = request, .route = &route}).at("request").at("data");
    QCOMPARE(text(data.at("open")), QStringLiteral("x"));
    QCOMPARE(text(data.at("shut")), QString::fromStdString(formatter.hash("x")));

    // The key that counts is the one nearest to the text.
    request.data = json::parse(R"({"open":{"deep":"x","list":[{"open":["x"]}]},"shut":{"open":"x"}})").as_object();
    const auto deep = entryOf(formatter, {.request = request, .route = &route}).at("request").at("data");
    QCOMPARE(text(deep.at("open").at("deep")), QString::fromStdString(formatter.hash("x")));
    QCOMPARE(text(deep.at("open").at("list").at(0).at("open").at(0)), QStringLiteral("x"));
    QCOMPARE(text(deep.at("shut").at("open")), QStringLiteral("x"));
}

/// The class: a value of a request is in clear in the audit log, here through an error text that quotes it. It could occur in each refusal of a
/// wrong value: durations, numbers, types of mounts, levels, in a body and in a query. What holds: the text of a 400 is hashed as data; texts of
/// other refusals hold paths and no values.
void TestFormatter::textsOfRefusalsAreHashed()
{
    const audit::Formatter formatter{{}, "salt"};
    const mount::Request request;
    const auto wrong = mount::Response::badRequest("time: invalid duration \"canary\"");
    const auto entry = entryOf(formatter, {.request = request, .response = &wrong, .error = wrong.errors.front()});
    QVERIFY(!entry.contains("error"));
    QCOMPARE(text(entry.at("response").at("data").at("error")), QString::fromStdString(formatter.hash(wrong.errors.front())));
    const audit::Formatter raw{optionsWith([](auto& options) { options.isRaw = true; }), "salt"};
    QCOMPARE(text(entryOf(raw, {.request = request, .response = &wrong, .error = wrong.errors.front()}).at("response").at("data").at("error")),
             QString::fromStdString(wrong.errors.front()));
    const auto fault = mount::Response::error(500, "1 error occurred:\n\t* invalid 'limit' provided: parsing \"canary\": invalid syntax\n\n");
    QVERIFY(!entryOf(formatter, {.request = request, .response = &fault, .error = fault.errors.front()}).contains("error"));
    const auto plain = mount::Response::error(500, "internal error");
    QCOMPARE(text(entryOf(formatter, {.request = request, .response = &plain, .error = plain.errors.front()}).at("error")),
             QStringLiteral("internal error"));
    const auto denied = mount::Response::error(403, "permission denied");
    QCOMPARE(text(entryOf(formatter, {.request = request, .response = &denied, .error = denied.errors.front()}).at("error")),
             QStringLiteral("permission denied"));
}

void TestFormatter::hashesAWrappingJwtByItsId()
{
    const audit::Formatter formatter{{}, "salt"};
    const mount::Request request;
    mount::Response response;
    response.wrap = mount::WrapInfo{};
    response.wrap->token = crypto::Es512Key::generate().sign(R"({"jti":"hvs.inner"})");
    const auto entry = entryOf(formatter, {.request = request, .response = &response});
    QCOMPARE(text(entry.at("response").at("wrap_info").at("token")), QString::fromStdString(formatter.hash("hvs.inner")));
}

void TestFormatter::logsListedHeadersOnly()
{
    const audit::Formatter formatter{{}, "salt"};
    mount::Request request;
    request.headers = {{"user-agent", "curl"}, {"x-secret", "s"}, {"x-plain", "p"}};
    const auto headers = entryOf(formatter, {.request = request}, {{"x-plain", false}, {"user-agent", true}}).at("request").at("headers");
    QCOMPARE(headers.as_object().size(), 2u);
    QCOMPARE(text(headers.at("x-plain").at(0)), QStringLiteral("p"));
    QCOMPARE(text(headers.at("user-agent").at(0)), QString::fromStdString(formatter.hash("curl")));

    // What proves who calls is hashed, though the list says clear.
    request.headers = {{"x-vault-token", "hvs.x"}, {"authorization", "Bearer hvs.x"}, {"proxy-authorization", "p"}, {"cookie", "c"}};
    const auto secrets = entryOf(formatter, {.request = request},
                                 {{"x-vault-token", false}, {"authorization", false}, {"proxy-authorization", false}, {"cookie", false}})
                             .at("request")
                             .at("headers")
                             .as_object();
    QCOMPARE(secrets.size(), 4u);
    for (const auto& [name, values] : secrets) QVERIFY2(text(values.at(0)).startsWith(u"hmac-sha256:"), std::string{name}.c_str());
}

void TestFormatter::hashIsHmacOfTheSalt()
{
    // RFC 4231, test case 2
    const audit::Formatter formatter{{}, "Jefe"};
    QCOMPARE(QString::fromStdString(formatter.hash("what do ya want for nothing?")),
             QStringLiteral("hmac-sha256:5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
}

/// The class: a secret reaches the audit log beside the fields that are hashed. It could occur in every text of an entry that a caller
/// chooses: the query (here), headers (only those that an operator lists), the error (never names values), the path (which is no secret).
/// What holds: no value of a query, of any verb, is written in clear unless the device has log_raw.
void TestFormatter::queriesAreHashed_data()
{
    QTest::addColumn<QByteArray>("uri");
    QTest::addColumn<QByteArray>("written"); // <x> means the hash of x
    QTest::newRow("no query") << QByteArray{"/v1/a/b"} << QByteArray{"/v1/a/b"};
    QTest::newRow("one") << QByteArray{"/v1/a?token=x"} << QByteArray{"/v1/a?token=<x>"};
    QTest::newRow("several") << QByteArray{"/v1/a?b=x&c=y&b=z"} << QByteArray{"/v1/a?b=<x>&c=<y>&b=<z>"};
    QTest::newRow("decoded") << QByteArray{"/v1/a?b=%78+y%2"} << QByteArray{"/v1/a?b=<x y%2>"};
    QTest::newRow("without a name") << QByteArray{"/v1/a?secret"} << QByteArray{"/v1/a?<secret>"};
    QTest::newRow("empty") << QByteArray{"/v1/a?b=&&c="} << QByteArray{"/v1/a?b=&&c="};
    QTest::newRow("second equals sign") << QByteArray{"/v1/a?b=x=y"} << QByteArray{"/v1/a?b=<x=y>"};
    QTest::newRow("too many") << "/v1/a?" + QByteArray{"b&"}.repeated(64) + "b"
                              << "/v1/a?<" + QByteArray{"b&"}.repeated(64) + "b>";
}

void TestFormatter::queriesAreHashed()
{
    QFETCH(QByteArray, uri);
    QFETCH(QByteArray, written);
    const audit::Formatter formatter{{}, "salt"};
    auto expected = written;
    while (expected.contains('<')) {
        const auto from = expected.indexOf('<');
        const auto to = expected.indexOf('>');
        const auto hash = QByteArray::fromStdString(formatter.hash(expected.mid(from + 1, to - from - 1).toStdString()));
        expected.replace(from, to - from + 1, hash);
    }
    for (const auto operation : {policy::Operation::Read, policy::Operation::Update, policy::Operation::Delete, policy::Operation::List}) {
        mount::Request request;
        request.operation = operation;
        request.uri = uri.toStdString();
        const auto entry = entryOf(formatter, {.request = request, .operation = operation});
        QCOMPARE(text(entry.at("request").at("request_uri")), QString::fromUtf8(expected));
    }
}

/// The class: a stranger makes the server do more work than the request is worth. It could occur in every step that looks at all values of
/// a body: parsing (bounded in http), policy parameters (after the token), the audit log (here, twice a request). What holds: of a request
/// without a token, or refused before its execution, the log has the size of long data, not its values.
void TestFormatter::longDataOfTheRefusedIsOmitted_data()
{
    QTest::addColumn<int>("valueCount");
    QTest::addColumn<int>("bodyBytes");
    QTest::addColumn<bool>("isRefused");
    QTest::addColumn<bool>("isWritten");
    QTest::newRow("short") << 10 << 100 << true << true;
    QTest::newRow("many values") << 100'000 << 400'000 << true << false;
    QTest::newRow("large body") << 1 << 1'000'000 << true << false;
    QTest::newRow("many values of a query") << 1'000 << 0 << true << false;
    QTest::newRow("allowed") << 1'000 << 400'000 << false << true;
}

void TestFormatter::longDataOfTheRefusedIsOmitted()
{
    QFETCH(int, valueCount);
    QFETCH(int, bodyBytes);
    QFETCH(bool, isRefused);
    QFETCH(bool, isWritten);
    mount::Request request;
    request.uri = "/v1/a?b";
    request.bodyBytes = static_cast<std::size_t>(bodyBytes);
    json::array values;
    for (int at = 0; at < valueCount; ++at) values.emplace_back("x");
    request.data = json::object{{"list", std::move(values)}};
    const audit::Formatter formatter{{}, "salt"};
    const auto line = formatter.line({.request = request, .isDataOmitted = isRefused}, {}, {});
    const auto entry = json::parse(line).at("request").as_object();
    QCOMPARE(entry.contains("data"), isWritten);
    QCOMPARE(entry.contains("data_omitted_bytes"), !isWritten);
    if (!isWritten) QVERIFY(line.size() < 2'000);
    if (!isWritten) QVERIFY(entry.at("data_omitted_bytes").to_number<int>() > 0);
}

QTEST_APPLESS_MAIN(TestFormatter)
#include "tst_formatter.moc"
