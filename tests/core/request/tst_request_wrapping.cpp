#include "tests/core/request/notebook.h"

#include <boost/json.hpp>

using namespace testing_house;
using namespace std::chrono_literals;
namespace json = boost::json;

class TestRequestWrapping : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void wrapsAndUnwrapsOnce();
    void wrapsAsJwt();
    void burnsATokenGivenTwice();
};

void TestRequestWrapping::wrapsAndUnwrapsOnce()
{
    Fixture f;
    QVERIFY(!f.write("a", "secret").isError);
    const auto wrap = [](mount::Request& request) { request.wrapTtl = 60s; };
    const auto wrapped = f.house.send(Operation::Read, "notes/a", {}, {}, wrap);
    QVERIFY(wrapped.wrap && !wrapped.data);
    QCOMPARE(wrapped.wrap->ttl.count(), 60);
    QCOMPARE(QString::fromStdString(wrapped.wrap->creationPath), QStringLiteral("notes/a"));
    // Neither errors nor empty answers are wrapped.
    QVERIFY(!f.house.send(Operation::Read, "notes/none", {}, {}, wrap).wrap);
    QVERIFY(!f.house.send(Operation::Read, "notes/fails", {}, {}, wrap).wrap);

    // As the token of the request, and only once.
    const auto opened = f.house.update("sys/wrapping/unwrap", {}, wrapped.wrap->token);
    QVERIFY2(!opened.isError, qPrintable(firstError(opened)));
    QCOMPARE(opened.data->at("value").as_string().c_str(), "secret");
    const auto again = f.house.update("sys/wrapping/unwrap", {}, wrapped.wrap->token);
    QCOMPARE(again.status, 400);
    QCOMPARE(firstError(again), QStringLiteral("wrapping token is not valid or does not exist"));

    // In the body, by another token; expired.
    const auto second = f.house.send(Operation::Read, "notes/a", {}, {}, wrap);
    QVERIFY(!f.house.update("sys/wrapping/unwrap", {{"token", second.wrap->token}}).isError);
    QCOMPARE(f.house.update("sys/wrapping/unwrap", {{"token", second.wrap->token}}).status, 400);
    const auto third = f.house.send(Operation::Read, "notes/a", {}, {}, wrap);
    f.house.clock.advance(60s);
    QCOMPARE(f.house.update("sys/wrapping/unwrap", {{"token", third.wrap->token}}).status, 400);
    QCOMPARE(f.house.keyCount("l/sys/wrapping/"), 1u); // until the next tick
}

void TestRequestWrapping::wrapsAsJwt()
{
    Fixture f;
    QVERIFY(!f.write("a", "secret").isError);
    const auto wrapped = f.house.send(Operation::Read, "notes/a", {}, {}, [](mount::Request& request) {
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
    QCOMPARE(f.house.update("sys/wrapping/unwrap", {}, foreign).status, 400);
    const auto opened = f.house.update("sys/wrapping/unwrap", {}, wrapped.wrap->token);
    QVERIFY2(!opened.isError, qPrintable(firstError(opened)));
    QCOMPARE(opened.data->at("value").as_string().c_str(), "secret");
    QCOMPARE(f.house.update("sys/wrapping/unwrap", {}, wrapped.wrap->token).status, 400);
}

void TestRequestWrapping::burnsATokenGivenTwice()
{
    Fixture f;
    QVERIFY(!f.write("a", "secret").isError);
    const auto wrapped = f.house.send(Operation::Read, "notes/a", {}, {}, [](auto& request) { request.wrapTtl = 60s; });
    const auto token = wrapped.wrap->token;
    QCOMPARE(f.house.update("sys/wrapping/unwrap", {{"token", token}}, token).status, 400);
    QCOMPARE(f.house.update("sys/wrapping/unwrap", {{"token", token}}).status, 400);
    QCOMPARE(f.house.keyCount("l/sys/wrapping/"), 0u);
}

QTEST_GUILESS_MAIN(TestRequestWrapping)
#include "tst_request_wrapping.moc"
