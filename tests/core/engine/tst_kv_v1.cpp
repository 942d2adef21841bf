#include "tests/core/backend_fixture.h"

#ifndef Q_MOC_RUN
#include "core/engine/cubbyhole/cubbyhole_backend.h"
#include "core/engine/kv/kv_v1_backend.h"
#include "core/http/message.h"
#endif

#include <QTest>

using namespace core;
using namespace core::engine;
using namespace testing_backend;
using policy::Operation;

class TestKvV1 : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void keepsTheText_data();
    void keepsTheText();
    void replacesTheWholeValue();
    void refusesBadWrites_data();
    void refusesBadWrites();
    void showsALeaseForInformation_data();
    void showsALeaseForInformation();
    void listsKeys();
    void deletionAlwaysSucceeds();
    void existenceFollowsTheValue();
    void writesFieldsThatDidNotComeAsJson();
    void patchIsNotSupported();
    void cubbyholesArePrivate();
    void cubbyholesAreBounded();
    void cubbyholesEndWithTheirToken();
    void batchTokensHaveNoCubbyhole();

private:
    KvV1Backend m_kv;
    SeededRandom m_random{1};
    token::TokenStore m_tokens{m_random};
    token::Wrapping m_wrapping{m_tokens, [] { return std::string{}; }};
    CubbyholeBackend m_cubbyhole{m_wrapping, http::envelopeOf};
};

namespace {

std::shared_ptr<token::TokenEntry> tokenOf(const std::string& name)
{
    auto token = std::make_shared<token::TokenEntry>();
    token->id = "hvs." + name;
    token->cubbyholeId = "cubby-" + name;
    return token;
}

} // namespace

void TestKvV1::keepsTheText_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("plain") << QByteArray{R"({"foo":"bar"})"} << QByteArray{R"({"foo":"bar"})"};
    QTest::newRow("large number") << QByteArray{R"({"n":123456789012345678901234567890})"} << QByteArray{R"({"n":123456789012345678901234567890})"};
    QTest::newRow("spaces around") << QByteArray{" {\"a\": 1}\n"} << QByteArray{R"({"a": 1})"};
}

void TestKvV1::keepsTheText()
{
    QFETCH(QByteArray, body);
    QFETCH(QByteArray, text);
    Fixture fixture;
    QVERIFY(!fixture.ask(m_kv, {Operation::Create, "app", body.toStdString()}).hasContent());
    const auto read = fixture.ask(m_kv, {Operation::Read, "app"});
    QCOMPARE(QByteArray::fromStdString(read.wholeDataText), text);
    for (const auto& [key, sealed] : fixture.stored()) QVERIFY(sealed.find("1234567890") == std::string::npos);
}

void TestKvV1::replacesTheWholeValue()
{
    Fixture fixture;
    fixture.ask(m_kv, {Operation::Create, "app", R"({"a":1,"b":2})"});
    fixture.ask(m_kv, {Operation::Update, "app", R"({"c":3})"});
    QCOMPARE(fixture.ask(m_kv, {Operation::Read, "app"}).wholeDataText, std::string{R"({"c":3})"});
}

void TestKvV1::refusesBadWrites_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("no path") << QByteArray{""} << QByteArray{R"({"a":1})"} << QByteArray{"missing path"};
    QTest::newRow("folder") << QByteArray{"a/"} << QByteArray{R"({"a":1})"} << QByteArray{"cannot write to a path ending in '/'"};
    QTest::newRow("no body") << QByteArray{"a"} << QByteArray{""} << QByteArray{"missing data fields"};
    QTest::newRow("no fields") << QByteArray{"a"} << QByteArray{"{}"} << QByteArray{"missing data fields"};
}

void TestKvV1::refusesBadWrites()
{
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, body);
    QFETCH(QByteArray, text);
    Fixture fixture;
    fixture.token = tokenOf("a");
    for (mount::Backend* backend : {static_cast<mount::Backend*>(&m_kv), static_cast<mount::Backend*>(&m_cubbyhole)}) {
        const auto answer = fixture.ask(*backend, {Operation::Update, path.toStdString(), body.toStdString()});
        // The cubbyhole reports missing fields as an internal error, as clients know it.
        const bool isJoined = backend == &m_cubbyhole && text == "missing data fields";
        QCOMPARE(answer.status, isJoined ? 500 : 400);
        QCOMPARE(errorOf(answer), isJoined ? "1 error occurred:\n\t* " + text + "\n\n" : text);
    }
    QVERIFY(fixture.stored().empty());
}

void TestKvV1::showsALeaseForInformation_data()
{
    QTest::addColumn<QByteArray>("value");
    QTest::addColumn<int>("seconds");
    QTest::newRow("none") << QByteArray{R"({"a":1})"} << 768 * 3600;
    QTest::newRow("ttl text") << QByteArray{R"({"ttl":"1h"})"} << 3600;
    QTest::newRow("ttl number") << QByteArray{R"({"ttl":90})"} << 90;
    QTest::newRow("lease") << QByteArray{R"({"lease":"30s"})"} << 30;
    QTest::newRow("ttl before lease") << QByteArray{R"({"lease":"30s","ttl":"20s"})"} << 20;
    QTest::newRow("not a duration") << QByteArray{R"({"ttl":"soon"})"} << 768 * 3600;
    QTest::newRow("not at top level") << QByteArray{R"({"a":{"ttl":"5s"}})"} << 768 * 3600;
}

void TestKvV1::showsALeaseForInformation()
{
    QFETCH(QByteArray, value);
    QFETCH(int, seconds);
    Fixture fixture;
    fixture.ask(m_kv, {Operation::Create, "app", value.toStdString()});
    const auto read = fixture.ask(m_kv, {Operation::Read, "app"});
    QVERIFY(read.lease.has_value());
    QVERIFY(read.lease->id.empty());
    QVERIFY(!read.lease->isRenewable);
    QCOMPARE(read.lease->duration.count(), seconds);
}

void TestKvV1::listsKeys()
{
    Fixture fixture;
    QVERIFY(!fixture.ask(m_kv, {Operation::List, ""}).hasContent());
    for (const auto* path : {"b", "a/x", "a/y/z", "c/"}) fixture.ask(m_kv, {Operation::Create, path, R"({"a":1})"});
    QCOMPARE(textOf(dataOf(fixture.ask(m_kv, {Operation::List, ""})).at("keys")), QByteArray{R"(["a/","b"])"});
    QCOMPARE(textOf(dataOf(fixture.ask(m_kv, {Operation::List, "a"})).at("keys")), QByteArray{R"(["x","y/"])"});
    QVERIFY(!fixture.ask(m_kv, {Operation::List, "b/"}).hasContent());
}

void TestKvV1::deletionAlwaysSucceeds()
{
    Fixture fixture;
    fixture.ask(m_kv, {Operation::Create, "app", R"({"a":1})"});
    for (int i = 0; i < 2; ++i) QVERIFY(!fixture.ask(m_kv, {Operation::Delete, "app"}).isError);
    QVERIFY(!fixture.ask(m_kv, {Operation::Read, "app"}).hasContent());
    QVERIFY(fixture.stored().empty());
}

void TestKvV1::existenceFollowsTheValue()
{
    Fixture fixture;
    QCOMPARE(fixture.exists(m_kv, {Operation::Update, "app"}), std::optional{false});
    fixture.ask(m_kv, {Operation::Create, "app", R"({"a":1})"});
    QCOMPARE(fixture.exists(m_kv, {Operation::Update, "app"}), std::optional{true});
}

void TestKvV1::writesFieldsThatDidNotComeAsJson()
{
    Fixture fixture;
    auto request = fixture.requestOf({Operation::Create, "app"});
    request.body = "a=1&b=2";
    request.data = {{"a", "1"}, {"b", "2"}};
    QVERIFY(fixture.handle(m_kv, request).has_value());
    QCOMPARE(fixture.ask(m_kv, {Operation::Read, "app"}).wholeDataText, std::string{R"({"a":"1","b":"2"})"});
}

void TestKvV1::patchIsNotSupported()
{
    Fixture fixture;
    QCOMPARE(fixture.ask(m_kv, {Operation::Patch, "app", R"({"a":1})"}).status, 405);
}

void TestKvV1::cubbyholesArePrivate()
{
    Fixture fixture;
    fixture.token = tokenOf("a");
    fixture.ask(m_cubbyhole, {Operation::Create, "x/y", R"({"ttl":"5s"})"});
    const auto read = fixture.ask(m_cubbyhole, {Operation::Read, "x/y"});
    QCOMPARE(read.wholeDataText, std::string{R"({"ttl":"5s"})"});
    QVERIFY(!read.lease);
    QCOMPARE(fixture.exists(m_cubbyhole, {Operation::Update, "x/y"}), std::optional{true});
    QCOMPARE(textOf(dataOf(fixture.ask(m_cubbyhole, {Operation::List, ""})).at("keys")), QByteArray{R"(["x/"])"});
    for (const auto& [key, value] : fixture.stored()) QVERIFY(key.starts_with("l/")); // never to performance secondaries
    fixture.token = tokenOf("b");
    QVERIFY(!fixture.ask(m_cubbyhole, {Operation::Read, "x/y"}).hasContent());
    QVERIFY(!fixture.ask(m_cubbyhole, {Operation::List, ""}).hasContent());
    QCOMPARE(fixture.exists(m_cubbyhole, {Operation::Update, "x/y"}), std::optional{false});
}

/// The class and its places: see tst_wrap_budget.
void TestKvV1::cubbyholesAreBounded()
{
    Fixture fixture;
    fixture.token = tokenOf("a");
    const auto put = [&](const std::string& path, std::size_t bytes) {
        return fixture.ask(m_cubbyhole, {Operation::Create, path, R"({"v":")" + std::string(bytes, 'x') + R"("})"});
    };
    for (int at = 0; at < 15; ++at) QVERIFY(!put("large/" + std::to_string(at), 1u << 20).isError);
    const auto full = put("large/15", 1u << 20);
    QCOMPARE(full.status, 413);
    QVERIFY(!fixture.ask(m_cubbyhole, {Operation::Read, "large/15"}).hasContent());
    QVERIFY(!put("large/0", 1).isError); // an existing entry can become smaller
    QVERIFY(!put("large/15", 1u << 20).isError);
    fixture.token = tokenOf("b"); // each token has its own limit
    for (int at = 0; at < 1'000; ++at) QVERIFY(!put(std::to_string(at), 1).isError);
    QCOMPARE(put("one more", 1).status, 413);
    QVERIFY(!put("999", 2).isError);
    fixture.ask(m_cubbyhole, {Operation::Delete, "5"});
    fixture.ask(m_cubbyhole, {Operation::Delete, "was never there"});
    QVERIFY(!put("one more", 1).isError);
    QCOMPARE(put("and another", 1).status, 413);
}

void TestKvV1::cubbyholesEndWithTheirToken()
{
    Fixture fixture;
    for (const auto* name : {"a", "b"}) {
        fixture.token = tokenOf(name);
        fixture.ask(m_cubbyhole, {Operation::Create, "x", R"({"a":1})"});
        fixture.ask(m_cubbyhole, {Operation::Create, "y/z", R"({"a":1})"});
    }
    const auto ended = fixture.inTransaction([&](mount::Context& context) -> Result<mount::Response> {
        if (auto erased = eraseCubbyhole(*context.system, *tokenOf("a")); !erased) return erased.error();
        return mount::Response{};
    });
    QVERIFY(ended.has_value());
    QCOMPARE(fixture.stored().size(), 3u); // two entries and their count
    QVERIFY(fixture.ask(m_cubbyhole, {Operation::Read, "x"}).hasContent());
}

void TestKvV1::batchTokensHaveNoCubbyhole()
{
    Fixture fixture;
    auto token = tokenOf("a");
    token->type = token::TokenType::Batch;
    fixture.token = token;
    const auto answer = fixture.ask(m_cubbyhole, {Operation::Create, "x", R"({"a":1})"});
    QCOMPARE(errorOf(answer), QByteArray{"cubbyhole operations are only supported by 'service' type tokens"});
}

QTEST_GUILESS_MAIN(TestKvV1)
#include "tst_kv_v1.moc"
