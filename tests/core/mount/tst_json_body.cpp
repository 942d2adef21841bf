#include "core/mount/json_body.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <QtTest>

using namespace core;
using mount::JsonLimits;

// The class: a body from outside costs memory and time before a token is checked. So its structure is counted while it is read, and the policy judges
// what is stored. It could occur in each place where JSON from outside becomes values: bodies of the API (http/decode.cpp), forms and queries
// (http/target.cpp), requests that another cluster forwards (cluster/forward_codec.cpp). Answers of other programs (cluster/preflight_call.cpp) have
// a limit of their own. What holds: the first three use this parser or its counts.
class TestJsonBody : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void buildsWhatBoostBuilds_data();
    void buildsWhatBoostBuilds();
    void refusesAndNamesTheLimit_data();
    void refusesAndNamesTheLimit();
    void takesWhatIsJustWithinALimit();
    void refusesRepeatedKeys_data();
    void refusesRepeatedKeys();
    void stopsAtTheLimitAndNotAtTheEnd();
    void hasVaultsDefaults();
};

void TestJsonBody::buildsWhatBoostBuilds_data()
{
    QTest::addColumn<QByteArray>("text");
    for (const QByteArray text : {"{}", "[]", "1", "-9223372036854775808", "18446744073709551615", "1.5e3", "true", "null", "\"\"",
                                  R"({"a":{"b":[1,2,{"c":null}],"d":"x\u00e9\n"},"":[],"e":[[],[{}]]})", R"([{"a":1},{"a":2},{"a":{"a":3}}])",
                                  R"({"long":"aaaaaaaaaaaaaaaaaaaa\u0041bbbbbbbbbbbbbbb\\"})"}) {
        QTest::newRow(text.constData()) << text;
    }
}

void TestJsonBody::buildsWhatBoostBuilds()
{
    QFETCH(QByteArray, text);
    const auto parsed = mount::parseBoundedJson(text.toStdString(), {});
    QVERIFY(parsed);
    const auto expected = boost::json::parse(text.toStdString());
    QVERIFY(*parsed == expected);
    QCOMPARE(boost::json::serialize(*parsed), boost::json::serialize(expected)); // including the order of the keys
}

void TestJsonBody::refusesAndNamesTheLimit_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("error");
    QTest::newRow("depth") << QByteArray{R"({"a":{"b":[[]]}})"}
                           << QByteArray{R"(the value at "b" holds more than 3 levels (limit max_json_depth = 3))"};
    QTest::newRow("string") << QByteArray{R"({"key":"123456789"})"}
                            << QByteArray{R"(the string at "key" holds more than 8 bytes (limit max_json_string_value_length = 8))"};
    QTest::newRow("escaped string") << QByteArray{R"({"key":"\u0031\u0032\u0033\u0034\u0035\u0036\u0037\u0038\u0039"})"}
                                    << QByteArray{"max_json_string_value_length = 8"};
    QTest::newRow("number") << QByteArray{R"({"key":123456789})"}
                            << QByteArray{R"(the number at "key" holds more than 8 bytes (limit max_json_string_value_length = 8))"};
    QTest::newRow("fraction") << QByteArray{R"({"key":[1,0.1234567]})"} << QByteArray{"the number at"};
    QTest::newRow("key") << QByteArray{R"({"123456789":1})"} << QByteArray{"max_json_string_value_length = 8"};
    QTest::newRow("entries") << QByteArray{R"({"top":{"a":1,"b":1,"c":1,"d":1,"e":1}})"}
                             << QByteArray{R"(the object at "top" holds more than 4 keys (limit max_json_object_entry_count = 4))"};
    QTest::newRow("elements") << QByteArray{R"({"list":[1,2,3,4,5]})"}
                              << QByteArray{R"(the array at "list" holds more than 4 elements (limit max_json_array_element_count = 4))"};
    QTest::newRow("tokens") << QByteArray{R"({"a":[1,2,3,4],"b":[1,2,3,4],"c":[1,2,3,4]})"}
                            << QByteArray{"the body holds more than 20 tokens (limit max_json_token = 20)"};
    QTest::newRow("malformed") << QByteArray{R"({"a":)"} << QByteArray{"incomplete"};
    QTest::newRow("behind the end") << QByteArray{"{} {}"} << QByteArray{"extra data"};
}

void TestJsonBody::refusesAndNamesTheLimit()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, error);
    const JsonLimits limits{.depthMax = 3, .stringBytesMax = 8, .objectEntryCountMax = 4, .arrayElementCountMax = 4, .tokenCountMax = 20};
    const auto parsed = mount::parseBoundedJson(text.toStdString(), limits);
    QVERIFY(!parsed);
    QVERIFY2(QByteArray::fromStdString(parsed.error().detail).contains(error), parsed.error().detail.c_str());
}

void TestJsonBody::takesWhatIsJustWithinALimit()
{
    const JsonLimits limits{.depthMax = 3, .stringBytesMax = 8, .objectEntryCountMax = 4, .arrayElementCountMax = 4, .tokenCountMax = 20};
    QVERIFY(mount::parseBoundedJson(R"({"a":{"b":["12345678"]},"12345678":1,"c":[1,2,3,4],"d":4})", limits));
}

void TestJsonBody::refusesRepeatedKeys_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("at the top") << QByteArray{R"({"level":"high","level":"low"})"};
    QTest::newRow("by an escape") << QByteArray{R"({"level":"high","\u006cevel":"low"})"};
    QTest::newRow("below") << QByteArray{R"({"data":{"x":1,"y":2,"x":3}})"};
    QTest::newRow("in an array") << QByteArray{R"({"list":[{"x":1},{"x":1,"x":1}]})"};
    QTest::newRow("empty") << QByteArray{R"({"":1,"":2})"};
    QByteArray many = "{";
    for (int at = 0; at < 1000; ++at) many += "\"k" + QByteArray::number(at) + "\":1,";
    QTest::newRow("among many") << many + "\"k500\":2}";
}

void TestJsonBody::refusesRepeatedKeys()
{
    QFETCH(QByteArray, text);
    const auto parsed = mount::parseBoundedJson(text.toStdString(), {});
    QVERIFY(!parsed);
    QVERIFY2(QByteArray::fromStdString(parsed.error().detail).contains("is repeated"), parsed.error().detail.c_str());
}

void TestJsonBody::stopsAtTheLimitAndNotAtTheEnd()
{
    std::string text = "[";
    for (int at = 0; at < 1'000'000; ++at) text += "0,";
    text += "0]";
    std::size_t tokenCount = 0;
    QVERIFY(!mount::parseBoundedJson(text, {}, &tokenCount));
    QVERIFY(tokenCount <= 10'001);
}

void TestJsonBody::hasVaultsDefaults()
{
    const auto nested = [](int depth) {
        return std::string(static_cast<std::size_t>(depth), '[') + std::string(static_cast<std::size_t>(depth), ']');
    };
    QVERIFY(mount::parseBoundedJson(nested(500), {}));
    QVERIFY(!mount::parseBoundedJson(nested(501), {}));
    const auto text = [](std::size_t bytes) { return '"' + std::string(bytes, 'x') + '"'; };
    QVERIFY(mount::parseBoundedJson(text(1'048'576), {}));
    QVERIFY(!mount::parseBoundedJson(text(1'048'577), {}));
}

QTEST_GUILESS_MAIN(TestJsonBody)
#include "tst_json_body.moc"
