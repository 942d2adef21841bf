#include "core/engine/kv/json_text.h"
#include "core/engine/kv/key_metadata.h"

#include <QTest>

using namespace core;
using namespace core::engine;
using namespace std::chrono_literals;

class TestKvFormat : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void findsMemberText_data();
    void findsMemberText();
    void refusesToSplitOtherThanObjects();
    void merges_data();
    void merges();
    void mergesManyMembersInLinearTime_data();
    void mergesManyMembersInLinearTime();
    void metadataSurvivesEncoding();
    void damagedMetadataIsCorrupt();
    void keepsTheLargerLimit_data();
    void keepsTheLargerLimit();
    void choosesTheDeletionTime_data();
    void choosesTheDeletionTime();
};

namespace {

KvKeyMetadata sampleMetadata()
{
    KvKeyMetadata metadata;
    metadata.currentVersion = 3;
    metadata.oldestVersion = 2;
    metadata.maxVersions = 2;
    metadata.isCasRequired = true;
    metadata.deleteVersionAfter = 90s;
    metadata.createdAt = WallTime{1h};
    metadata.updatedAt = WallTime{2h};
    metadata.custom = {{"owner", "team-a"}, {"note", ""}};
    metadata.versions = {{2, WallTime{1h}, WallTime{3h}, true}, {3, WallTime{2h}, {}, false}};
    return metadata;
}

} // namespace

void TestKvFormat::findsMemberText_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("object") << QByteArray{R"({"options":{"data":1},"data":{"a":[1,2]}})"} << QByteArray{R"({"a":[1,2]})"};
    QTest::newRow("spaces") << QByteArray{" { \"data\" : { \"a\" : 1 } } \n"} << QByteArray{"{ \"a\" : 1 }"};
    QTest::newRow("large number") << QByteArray{R"({"data":123456789012345678901234567890.5e3})"} << QByteArray{"123456789012345678901234567890.5e3"};
    QTest::newRow("array") << QByteArray{R"({"x":"}","data":["]",{}] , "y":2})"} << QByteArray{R"(["]",{}])"};
    QTest::newRow("string with escapes") << QByteArray{R"({"data":"a\"},b\\" ,"z":null})"} << QByteArray{R"("a\"},b\\")"};
    QTest::newRow("last of two") << QByteArray{R"({"data":1,"data":2})"} << QByteArray{"2"};
    QTest::newRow("escaped key") << QByteArray{R"({"d\u0061ta":true})"} << QByteArray{"true"};
    QTest::newRow("absent") << QByteArray{R"({"a":{"data":1}})"} << QByteArray{};
    QTest::newRow("empty") << QByteArray{"{}"} << QByteArray{};
}

void TestKvFormat::findsMemberText()
{
    QFETCH(QByteArray, json);
    QFETCH(QByteArray, text);
    const auto found = jsonMemberText(json.toStdString(), "data");
    QVERIFY(found.has_value());
    // The text is a view of the argument, which no longer exists. So look again with one that does.
    const auto kept = json.toStdString();
    const auto again = jsonMemberText(kept, "data");
    QCOMPARE(again->has_value(), !text.isEmpty());
    QCOMPARE(std::string{again->value_or("")}, text.toStdString());
}

void TestKvFormat::refusesToSplitOtherThanObjects()
{
    for (const auto* text : {"", "[1]", "null", "{", "{\"a\":", "12"}) {
        const auto split = splitJsonObject(text);
        QVERIFY2(!split.has_value(), text);
        QVERIFY(split.error().code == ErrorCode::InvalidArgument);
    }
}

void TestKvFormat::merges_data()
{
    QTest::addColumn<QByteArray>("target");
    QTest::addColumn<QByteArray>("patch");
    QTest::addColumn<QByteArray>("merged");
    // The rows of RFC 7396, appendix A, that have objects on both sides, and ours.
    QTest::newRow("replace") << QByteArray{R"({"a":"b"})"} << QByteArray{R"({"a":"c"})"} << QByteArray{R"({"a":"c"})"};
    QTest::newRow("add") << QByteArray{R"({"a":"b"})"} << QByteArray{R"({"b":"c"})"} << QByteArray{R"({"a":"b","b":"c"})"};
    QTest::newRow("remove") << QByteArray{R"({"a":"b"})"} << QByteArray{R"({"a":null})"} << QByteArray{"{}"};
    QTest::newRow("remove one") << QByteArray{R"({"a":"b","b":"c"})"} << QByteArray{R"({"a":null})"} << QByteArray{R"({"b":"c"})"};
    QTest::newRow("array to text") << QByteArray{R"({"a":["b"]})"} << QByteArray{R"({"a":"c"})"} << QByteArray{R"({"a":"c"})"};
    QTest::newRow("nested") << QByteArray{R"({"a":{"b":"c"}})"} << QByteArray{R"({"a":{"b":"d","c":null}})"} << QByteArray{R"({"a":{"b":"d"}})"};
    QTest::newRow("array replaced") << QByteArray{R"({"a":[{"b":"c"}]})"} << QByteArray{R"({"a":[1]})"} << QByteArray{R"({"a":[1]})"};
    QTest::newRow("null inside new") << QByteArray{"{}"} << QByteArray{R"({"a":{"bb":{"ccc":null}}})"} << QByteArray{R"({"a":{"bb":{}}})"};
    QTest::newRow("kept null") << QByteArray{R"({"e":null})"} << QByteArray{R"({"a":1})"} << QByteArray{R"({"e":null,"a":1})"};
    QTest::newRow("exact numbers") << QByteArray{R"({"n":18446744073709551617})"} << QByteArray{R"({"m":0.1000})"}
                                   << QByteArray{R"({"n":18446744073709551617,"m":0.1000})"};
    QTest::newRow("quoted key") << QByteArray{R"({"a\"b":1})"} << QByteArray{R"({"a\u0022b":2})"} << QByteArray{R"({"a\"b":2})"};
}

void TestKvFormat::merges()
{
    QFETCH(QByteArray, target);
    QFETCH(QByteArray, patch);
    QFETCH(QByteArray, merged);
    const auto result = mergeJsonText(target.toStdString(), patch.toStdString());
    QVERIFY(result.has_value());
    QCOMPARE(QByteArray::fromStdString(*result), merged);
}

/// The class: work grows with the square of the data that a caller sends. It could occur at each look-up that walks a list of members: the
/// merge patch (here, where one of 30,000 members took seconds), policy parameters (bounded lists), custom metadata (at most 64). What holds:
/// members are sorted once and found by halves. The bound is far above what a linear merge takes, and far below a quadratic one.
void TestKvFormat::mergesManyMembersInLinearTime_data()
{
    QTest::addColumn<int>("oldCount");
    QTest::addColumn<int>("changeCount");
    QTest::newRow("one change") << 300'000 << 1;
    QTest::newRow("many changes") << 1 << 300'000;
    QTest::newRow("both") << 200'000 << 200'000;
}

void TestKvFormat::mergesManyMembersInLinearTime()
{
    QFETCH(int, oldCount);
    QFETCH(int, changeCount);
    const auto objectOf = [](int count, int value) {
        std::string text = "{";
        for (int at = 0; at < count; ++at) {
            if (at > 0) text += ',';
            text += "\"k" + std::to_string(1'000'000 + at) + "\":" + std::to_string(value);
        }
        return text + "}";
    };
    QElapsedTimer timer;
    timer.start();
    const auto merged = mergeJsonText(objectOf(oldCount, 1), objectOf(changeCount, 2));
    QVERIFY(timer.elapsed() < 10'000); // a square would be 10^10 comparisons
    QVERIFY(merged.has_value());
    const auto first = jsonMemberText(*merged, "k1000000");
    QVERIFY(first.has_value());
    QVERIFY(*first == std::optional<std::string_view>{"2"});
    if (changeCount > 1) return;
    const auto second = jsonMemberText(*merged, "k1000001");
    QVERIFY(second.has_value());
    QVERIFY(*second == std::optional<std::string_view>{"1"});
}

void TestKvFormat::metadataSurvivesEncoding()
{
    const auto metadata = sampleMetadata();
    const auto decoded = KvKeyMetadata::decode(metadata.encode());
    QVERIFY(decoded.has_value());
    QCOMPARE(decoded->encode(), metadata.encode());
    QCOMPARE(decoded->custom, metadata.custom);
    QCOMPARE(decoded->versions.size(), metadata.versions.size());
    QVERIFY(decoded->versions.front().isDestroyed);
    QVERIFY(decoded->deleteVersionAfter == 90s);
}

void TestKvFormat::damagedMetadataIsCorrupt()
{
    const auto bytes = sampleMetadata().encode();
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        const auto decoded = KvKeyMetadata::decode(std::string_view{bytes}.substr(0, size));
        QVERIFY(!decoded.has_value());
        QVERIFY(decoded.error().code == ErrorCode::Corrupt);
    }
    QVERIFY(!KvKeyMetadata::decode(bytes + "x").has_value());
    QVERIFY(!decodeKvConfig(encodeKvConfig({}) + "x").has_value());
}

void TestKvFormat::keepsTheLargerLimit_data()
{
    QTest::addColumn<unsigned>("mount");
    QTest::addColumn<unsigned>("key");
    QTest::addColumn<unsigned>("kept");
    QTest::newRow("neither") << 0u << 0u << 10u;
    QTest::newRow("mount") << 3u << 0u << 3u;
    QTest::newRow("key") << 0u << 4u << 4u;
    QTest::newRow("key larger") << 3u << 4u << 4u;
    QTest::newRow("mount larger") << 5u << 4u << 5u;
}

void TestKvFormat::keepsTheLargerLimit()
{
    QFETCH(unsigned, mount);
    QFETCH(unsigned, key);
    QFETCH(unsigned, kept);
    KvKeyMetadata metadata;
    metadata.maxVersions = key;
    QCOMPARE(versionsKept({.maxVersions = mount, .isCasRequired = false, .deleteVersionAfter = {}}, metadata), kept);
}

void TestKvFormat::choosesTheDeletionTime_data()
{
    QTest::addColumn<int>("mount");
    QTest::addColumn<int>("key");
    QTest::addColumn<int>("after"); // 0: never
    QTest::newRow("neither") << 0 << 0 << 0;
    QTest::newRow("mount") << 60 << 0 << 60;
    QTest::newRow("key") << 0 << 30 << 30;
    QTest::newRow("smaller key") << 60 << 30 << 30;
    QTest::newRow("smaller mount") << 60 << 90 << 60;
    QTest::newRow("disabled by mount") << -1 << 30 << 0;
}

void TestKvFormat::choosesTheDeletionTime()
{
    QFETCH(int, mount);
    QFETCH(int, key);
    QFETCH(int, after);
    KvKeyMetadata metadata;
    metadata.deleteVersionAfter = std::chrono::seconds{key};
    const WallTime from{1h};
    const auto at = deletionTime({.maxVersions = 0, .isCasRequired = false, .deleteVersionAfter = std::chrono::seconds{mount}}, metadata, from);
    QVERIFY(at == (after == 0 ? WallTime{} : from + std::chrono::seconds{after}));
}

QTEST_APPLESS_MAIN(TestKvFormat)
#include "tst_kv_format.moc"
