#include "core/mount/codec.h"

#include <QTest>

using namespace core::mount;

class TestCodec : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void answersComeBackAsTheyWere();
    void requestsComeBackWithoutTheirToken();
    void refusesWhatIsNotOurs_data();
    void refusesWhatIsNotOurs();
};

void TestCodec::answersComeBackAsTheyWere()
{
    Response response;
    response.status = 202;
    response.data = boost::json::object{{"a", 1}, {"b", "x"}};
    response.dataText.emplace_back("data", R"({"big":12345678901234567890123,"f":1.50})");
    response.auth = Auth{};
    response.auth->policies = {"p", "q"};
    response.auth->metadata = {{"username", "bob"}};
    response.auth->ttl = std::chrono::seconds{77};
    response.auth->isOrphan = false;
    response.lease = SecretLease{"a/b/c", std::chrono::seconds{5}, true};
    response.warnings = {"beware"};
    response.wrapTtl = std::chrono::nanoseconds{1'500'000'000};
    response.isWrapFormatJwt = true;

    const auto text = encodeResponse(response);
    const auto back = decodeResponse(text);
    QVERIFY(back.has_value());
    QCOMPARE(QString::fromStdString(encodeResponse(*back)), QString::fromStdString(text));
    QCOMPARE(back->status, 202);
    QVERIFY(back->dataText == response.dataText); // with all digits
    QVERIFY(back->auth->metadata == response.auth->metadata);
    QVERIFY(!back->auth->isOrphan);
    QVERIFY(back->wrapTtl == response.wrapTtl);
}

void TestCodec::requestsComeBackWithoutTheirToken()
{
    Request request;
    request.id = "id";
    request.operation = core::policy::Operation::Update;
    request.path = "secret/data/a";
    request.data = boost::json::object{{"data", boost::json::object{{"k", "v"}}}};
    request.body = R"({"data":{"k":"v"}})";
    request.clientToken = "hvs.canary";
    request.remoteAddress = "10.0.0.1";
    request.remotePort = 4000;
    request.headers = {{"user-agent", "x"}};

    const auto text = encodeRequest(request);
    QVERIFY(text.find("canary") == std::string::npos);
    const auto back = decodeRequest(text);
    QVERIFY(back.has_value());
    QVERIFY(back->clientToken.empty());
    QCOMPARE(QString::fromStdString(encodeRequest(*back)), QString::fromStdString(text));
}

void TestCodec::refusesWhatIsNotOurs_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("nothing") << QByteArray{};
    QTest::newRow("an array") << QByteArray{"[]"};
    QTest::newRow("cut off") << QByteArray{R"({"operation":"read")"};
    QTest::newRow("other types") << QByteArray{R"({"operation":"read","path":5,"headers":{}})"};
    QTest::newRow("unknown operation") << QByteArray{R"({"operation":"dance"})"};
    QTest::newRow("malformed headers") << QByteArray{R"({"operation":"read","headers":[["a"]]})"};
}

void TestCodec::refusesWhatIsNotOurs()
{
    QFETCH(QByteArray, text);
    const auto back = decodeRequest(text.toStdString());
    QVERIFY(!back.has_value());
    QVERIFY(back.error().code == core::ErrorCode::Corrupt);
}

QTEST_APPLESS_MAIN(TestCodec)
#include "tst_codec.moc"
