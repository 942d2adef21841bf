#include "core/engine/cubbyhole/cubbyhole_backend.h"
#include "core/http/message.h"
#include "tests/core/request/notebook.h"

#include <boost/json.hpp>

using namespace testing_stack;
using namespace std::chrono_literals;
namespace json = boost::json;

class TestRequestWrapping : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void wrapsAndUnwrapsOnce();
    void wrapsAsJwt();
    void burnsATokenGivenTwice();
    void oldClientsReadTheCubbyhole();
    void namesWhatIsWrongWithAToken_data();
    void namesWhatIsWrongWithAToken();
};

void TestRequestWrapping::wrapsAndUnwrapsOnce()
{
    Fixture f;
    QVERIFY(!f.write("a", "secret").isError);
    const auto wrap = [](mount::Request& request) { request.wrapTtl = 60s; };
    const auto wrapped = f.stack.send(Operation::Read, "notes/a", {}, {}, wrap);
    QVERIFY(wrapped.wrap && !wrapped.data);
    QCOMPARE(wrapped.wrap->ttl.count(), 60);
    QCOMPARE(QString::fromStdString(wrapped.wrap->creationPath), QStringLiteral("notes/a"));
    // Errors and empty answers are not wrapped.
    QVERIFY(!f.stack.send(Operation::Read, "notes/none", {}, {}, wrap).wrap);
    QVERIFY(!f.stack.send(Operation::Read, "notes/fails", {}, {}, wrap).wrap);

    // The wrapping token as the token of the request; it works only once.
    const auto opened = f.stack.update("sys/wrapping/unwrap", {}, wrapped.wrap->token);
    QVERIFY2(!opened.isError, qPrintable(firstError(opened)));
    QCOMPARE(opened.data->at("value").as_string().c_str(), "secret");
    const auto again = f.stack.update("sys/wrapping/unwrap", {}, wrapped.wrap->token);
    QCOMPARE(again.status, 400);
    QCOMPARE(firstError(again), QStringLiteral("wrapping token is not valid or does not exist"));

    // The wrapping token in the body, with another token for the request. Then an expired one.
    const auto second = f.stack.send(Operation::Read, "notes/a", {}, {}, wrap);
    QVERIFY(!f.stack.update("sys/wrapping/unwrap", {{"token", second.wrap->token}}).isError);
    QCOMPARE(f.stack.update("sys/wrapping/unwrap", {{"token", second.wrap->token}}).status, 400);
    const auto third = f.stack.send(Operation::Read, "notes/a", {}, {}, wrap);
    f.stack.clock.advance(60s);
    QCOMPARE(f.stack.update("sys/wrapping/unwrap", {{"token", third.wrap->token}}).status, 400);
    QCOMPARE(f.stack.keyCount("l/sys/wrapping/"), 1u); // stays until the next tick
}

void TestRequestWrapping::wrapsAsJwt()
{
    Fixture f;
    QVERIFY(!f.write("a", "secret").isError);
    const auto wrapped = f.stack.send(Operation::Read, "notes/a", {}, {}, [](mount::Request& request) {
        request.wrapTtl = 30min;
        request.isWrapFormatJwt = true;
    });
    QVERIFY(wrapped.wrap);
    QVERIFY(crypto::looksLikeJwt(wrapped.wrap->token));
    const auto claims = json::parse(valueOf(crypto::unverifiedClaims(wrapped.wrap->token))).as_object();
    QCOMPARE(claims.at("addr").as_string().c_str(), "https://a:8200");
    QCOMPARE(claims.at("type").as_string().c_str(), "wrapping");
    QCOMPARE(claims.at("accessor").as_string().c_str(), "");
    QCOMPARE(claims.at("exp").as_int64() - claims.at("iat").as_int64(), 1800);
    QCOMPARE(claims.at("iat").as_int64() - claims.at("nbf").as_int64(), 5);
    QVERIFY(claims.at("jti").as_string().starts_with("hvs."));

    const auto foreign = crypto::Es512Key::generate().sign(json::serialize(claims));
    QCOMPARE(f.stack.update("sys/wrapping/unwrap", {}, foreign).status, 400);
    const auto opened = f.stack.update("sys/wrapping/unwrap", {}, wrapped.wrap->token);
    QVERIFY2(!opened.isError, qPrintable(firstError(opened)));
    QCOMPARE(opened.data->at("value").as_string().c_str(), "secret");
    QCOMPARE(f.stack.update("sys/wrapping/unwrap", {}, wrapped.wrap->token).status, 400);
}

void TestRequestWrapping::burnsATokenGivenTwice()
{
    Fixture f;
    QVERIFY(!f.write("a", "secret").isError);
    const auto wrapped = f.stack.send(Operation::Read, "notes/a", {}, {}, [](auto& request) { request.wrapTtl = 60s; });
    const auto token = wrapped.wrap->token;
    QCOMPARE(f.stack.update("sys/wrapping/unwrap", {{"token", token}}, token).status, 400);
    QCOMPARE(f.stack.update("sys/wrapping/unwrap", {{"token", token}}).status, 400);
    QCOMPARE(f.stack.keyCount("l/sys/wrapping/"), 0u);
}

// The class: a call that ends a wrapping token must give out what it held. Other ways to read it: unwrap and rewrap (above), also by JWT. A look-up
// leaves the token as it is. The token's policy refuses all other paths, and such a refusal costs the use, as in Vault. Old clients read
// `cubbyhole/response`.
void TestRequestWrapping::oldClientsReadTheCubbyhole()
{
    RequestStack stack{[](mount::BackendRegistry& registry, RequestStack& self) {
        registry.add(
            mount::TableKind::Secrets, "cubbyhole",
            {.make = [&self](const mount::MountEntry&) { return std::make_shared<engine::CubbyholeBackend>(self.wrapping, http::envelopeOf); },
             .isMountable = false});
    }};
    QVERIFY(!stack.send(Operation::Create, "cubbyhole/a", {{"value", "secret"}}).isError);
    const auto wrapped = stack.send(Operation::Read, "cubbyhole/a", {}, {}, [](mount::Request& request) { request.wrapTtl = 60s; });
    QVERIFY(wrapped.wrap);
    const auto opened = stack.read("cubbyhole/response", wrapped.wrap->token);
    QVERIFY2(!opened.isError && opened.data, qPrintable(firstError(opened)));
    const auto body = json::parse(opened.data->at("response").as_string()).as_object();
    QCOMPARE(body.at("data").at("value").as_string().c_str(), "secret");
    QVERIFY(body.at("auth").is_null() && body.contains("request_id"));
    QCOMPARE(opened.warnings.size(), 1u);
    QCOMPARE(stack.read("cubbyhole/response", wrapped.wrap->token).status, 403); // only once
    QCOMPARE(stack.keyCount("l/sys/wrapping/"), 0u);
    // For all other tokens this is an ordinary path.
    QVERIFY(!stack.read("cubbyhole/response").hasContent());
    QVERIFY(!stack.send(Operation::Create, "cubbyhole/response", {{"mine", 1}}).isError);
    QVERIFY(stack.read("cubbyhole/response").warnings.empty());
}

void TestRequestWrapping::namesWhatIsWrongWithAToken_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<bool>("hasToken");
    QTest::addColumn<int>("status");
    QTest::addColumn<QString>("error");
    const auto invalid = QStringLiteral("wrapping token is not valid or does not exist");
    QTest::newRow("none") << QByteArray{"{}"} << false << 403 << QStringLiteral("error validating wrapping token: token is empty");
    QTest::newRow("null") << QByteArray{R"({"token":null})"} << false << 403 << QStringLiteral("error validating wrapping token: token is empty");
    QTest::newRow("empty") << QByteArray{R"({"token":""})"} << true << 403
                           << QStringLiteral("error validating wrapping token: empty token in request body");
    QTest::newRow("number") << QByteArray{R"({"token":5})"} << true << 403
                            << QStringLiteral("error validating wrapping token: could not decode token in request body");
    QTest::newRow("list") << QByteArray{R"({"token":["x"]})"} << false << 403
                          << QStringLiteral("error validating wrapping token: could not decode token in request body");
    QTest::newRow("another's") << QByteArray{"{}"} << true << 400 << invalid;
    QTest::newRow("unknown") << QByteArray{R"({"token":"nonsense"})"} << true << 400 << invalid;
}

void TestRequestWrapping::namesWhatIsWrongWithAToken()
{
    QFETCH(QByteArray, body);
    QFETCH(bool, hasToken);
    QFETCH(int, status);
    QFETCH(QString, error);
    Fixture f;
    for (const auto* path : {"sys/wrapping/unwrap", "sys/wrapping/lookup", "sys/wrapping/rewrap"}) {
        const auto answer = f.stack.send(Operation::Update, path, json::parse(body.toStdString()).as_object(), {}, [&](mount::Request& request) {
            if (!hasToken) request.clientToken.clear();
        });
        QCOMPARE(firstError(answer), error);
        QCOMPARE(answer.status, status);
    }
}

QTEST_GUILESS_MAIN(TestRequestWrapping)
#include "tst_request_wrapping.moc"
