#include "tests/core/backend_fixture.h"

#ifndef Q_MOC_RUN
#include "core/engine/kv/kv_v1_backend.h"
#include "core/engine/kv/kv_v2_backend.h"
#endif

#include <QTest>

using namespace core;
using namespace core::engine;
using namespace testing_backend;
using namespace std::chrono_literals;
using policy::Operation;

class TestKvV2 : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void writesReadBack_data();
    void writesReadBack();
    void answersWritesWithTheVersion();
    void readsOldVersions();
    void refusesBadWrites_data();
    void refusesBadWrites();
    void checksAndSets_data();
    void checksAndSets();
    void casMayBeRequired();
    void aConcurrentWriteConflicts();
    void patchMerges();
    void patchNeedsALiveVersion();
    void softDeletionCanBeUndone();
    void destructionCannotBeUndone();
    void trimsVersions();
    void versionsExpire();
    void showsSubkeys_data();
    void showsSubkeys();
    void metadataLivesByItself();
    void patchesMetadata();
    void limitsCustomMetadata_data();
    void limitsCustomMetadata();
    void deletesKeysWhole();
    void listsKeys();
    void warnsAboutPathsOfVersion1_data();
    void warnsAboutPathsOfVersion1();
    void configDefaultsAndChanges();
    void casSettingOfTheMountWins();
    void takesOverVersion1();
    void refusesToWriteOnASecondary();
    void existenceFollowsMetadata();
    void writesReadTheMetadataOnce_data();
    void writesReadTheMetadataOnce();
    void damagedMetadataStillExists();

private:
    using Ask = Fixture::Ask;
    mount::Response put(Fixture& fixture, const std::string& path, const std::string& data, const std::string& options = "{}");
    mount::Response get(Fixture& fixture, const std::string& path, int version = 0);

    KvV2Backend m_kv;
};

mount::Response TestKvV2::put(Fixture& fixture, const std::string& path, const std::string& data, const std::string& options)
{
    return fixture.ask(m_kv, {Operation::Update, "data/" + path, R"({"data":)" + data + R"(,"options":)" + options + "}"});
}

mount::Response TestKvV2::get(Fixture& fixture, const std::string& path, int version)
{
    return fixture.ask(m_kv, {Operation::Read, "data/" + path, R"({"version":")" + std::to_string(version) + "\"}"});
}

void TestKvV2::writesReadBack_data()
{
    QTest::addColumn<QByteArray>("data");
    QTest::newRow("plain") << QByteArray{R"({"foo":"bar"})"};
    QTest::newRow("empty") << QByteArray{"{}"};
    QTest::newRow("large integer") << QByteArray{R"({"n":123456789012345678901234567890})"};
    QTest::newRow("exact decimals") << QByteArray{R"({"n":0.10000000000000000001,"m":1.0})"};
    QTest::newRow("nested") << QByteArray{R"({"a":{"b":[1,"two",null,{"c":true}]}})"};
    QTest::newRow("named like the wrapper") << QByteArray{R"({"data":{"data":1},"options":{"cas":9}})"};
    QTest::newRow("unicode") << QByteArray{"{\"k\xc3\xb6nig\":\"\\u00e9\\ud83d\\ude00\"}"};
    QTest::newRow("spaces kept") << QByteArray{"{ \"a\" : [ 1 , 2 ] }"};
}

void TestKvV2::writesReadBack()
{
    QFETCH(QByteArray, data);
    Fixture fixture;
    put(fixture, "app", data.toStdString());
    const auto read = get(fixture, "app");
    QCOMPARE(read.dataText.size(), 1u);
    QCOMPARE(read.dataText.front().first, std::string{"data"});
    QCOMPARE(QByteArray::fromStdString(read.dataText.front().second), data); // to the letter
}

void TestKvV2::answersWritesWithTheVersion()
{
    Fixture fixture;
    const auto answer = dataOf(put(fixture, "app", R"({"a":1})"));
    QCOMPARE(answer.at("version").to_number<int>(), 1);
    QCOMPARE(textOf(answer.at("deletion_time")), QByteArray{"\"\""});
    QCOMPARE(answer.at("destroyed").as_bool(), false);
    QVERIFY(answer.at("custom_metadata").is_null());
    QCOMPARE(answer.at("created_time").as_string(), boost::json::string_view{toRfc3339(fixture.clock.now())});
}

void TestKvV2::readsOldVersions()
{
    Fixture fixture;
    for (int i = 1; i <= 3; ++i) put(fixture, "app", R"({"i":)" + std::to_string(i) + "}");
    QCOMPARE(textOf(dataOf(get(fixture, "app")).at("data")), QByteArray{R"({"i":3})"});
    QCOMPARE(textOf(dataOf(get(fixture, "app", 1)).at("data")), QByteArray{R"({"i":1})"});
    QVERIFY(!get(fixture, "app", 4).hasContent());
    QVERIFY(!get(fixture, "other").hasContent());
}

void TestKvV2::refusesBadWrites_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("no data") << QByteArray{R"({"options":{"cas":0}})"} << QByteArray{"no data provided"};
    QTest::newRow("null data") << QByteArray{R"({"data":null})"} << QByteArray{"no data provided"};
    QTest::newRow("options are text") << QByteArray{R"({"data":{},"options":"cas=0"})"}
                                      << QByteArray{
                                             "Field validation failed: error converting input for field \"options\": expected a map, got 'string'"};
    QTest::newRow("data is text") << QByteArray{R"({"data":"x"})"}
                                  << QByteArray{"Field validation failed: error converting input for field \"data\": expected a map, got 'string'"};
    QTest::newRow("cas is a word") << QByteArray{R"({"data":{},"options":{"cas":"x"}})"} << QByteArray{"error parsing check-and-set parameter"};
}

void TestKvV2::refusesBadWrites()
{
    QFETCH(QByteArray, body);
    QFETCH(QByteArray, text);
    Fixture fixture;
    const auto answer = fixture.ask(m_kv, {Operation::Update, "data/app", body.toStdString()});
    QCOMPARE(answer.status, 400);
    QCOMPARE(errorOf(answer), text);
    QVERIFY(fixture.stored().empty());
}

void TestKvV2::checksAndSets_data()
{
    QTest::addColumn<int>("writesBefore");
    QTest::addColumn<QByteArray>("cas");
    QTest::addColumn<bool>("isAccepted");
    QTest::newRow("new key, 0") << 0 << QByteArray{"0"} << true;
    QTest::newRow("new key, 1") << 0 << QByteArray{"1"} << false;
    QTest::newRow("text") << 2 << QByteArray{"\"2\""} << true;
    QTest::newRow("current") << 2 << QByteArray{"2"} << true;
    QTest::newRow("older") << 2 << QByteArray{"1"} << false;
    QTest::newRow("newer") << 2 << QByteArray{"3"} << false;
    QTest::newRow("0 on existing") << 1 << QByteArray{"0"} << false;
}

void TestKvV2::checksAndSets()
{
    QFETCH(int, writesBefore);
    QFETCH(QByteArray, cas);
    QFETCH(bool, isAccepted);
    Fixture fixture;
    for (int i = 0; i < writesBefore; ++i) put(fixture, "app", "{}");
    const auto answer = put(fixture, "app", R"({"new":1})", R"({"cas":)" + cas.toStdString() + "}");
    QCOMPARE(!answer.isError, isAccepted);
    if (!isAccepted) QCOMPARE(errorOf(answer), QByteArray{"check-and-set parameter did not match the current version"});
}

void TestKvV2::casMayBeRequired()
{
    Fixture fixture;
    fixture.ask(m_kv, {Operation::Update, "metadata/app", R"({"cas_required":true})"});
    QCOMPARE(errorOf(put(fixture, "app", "{}")), QByteArray{"check-and-set parameter required for this call"});
    QVERIFY(!put(fixture, "app", "{}", R"({"cas":0})").isError);
    fixture.ask(m_kv, {Operation::Delete, "metadata/app"});
    QVERIFY(!put(fixture, "app", "{}", R"({"cas":0})").isError);
}

void TestKvV2::aConcurrentWriteConflicts()
{
    Fixture fixture;
    put(fixture, "app", "{}");
    const auto raced = fixture.inTransaction([&](mount::Context& context) {
        auto first = m_kv.handle(fixture.requestOf({Operation::Update, "data/app", R"({"data":{},"options":{"cas":1}})"}), context);
        put(fixture, "app", "{}", R"({"cas":1})"); // another caller, committed before the first one
        return first;
    });
    QVERIFY(!raced.has_value());
    QVERIFY(raced.error().code == ErrorCode::Conflict);
    QCOMPARE(dataOf(get(fixture, "app")).at("metadata").at("version").to_number<int>(), 2);
}

void TestKvV2::patchMerges()
{
    Fixture fixture;
    put(fixture, "app", R"({"keep":18446744073709551617,"drop":1,"in":{"a":1,"b":2}})");
    const auto answer =
        fixture.ask(m_kv, {Operation::Patch, "data/app", R"({"data":{"drop":null,"in":{"b":3.50}}})", "application/merge-patch+json; charset=utf-8"});
    QCOMPARE(dataOf(answer).at("version").to_number<int>(), 2);
    const auto read = get(fixture, "app");
    QCOMPARE(QByteArray::fromStdString(read.dataText.front().second), QByteArray{R"({"keep":18446744073709551617,"in":{"a":1,"b":3.50}})"});
}

void TestKvV2::patchNeedsALiveVersion()
{
    Fixture fixture;
    const Ask patch{Operation::Patch, "data/app", R"({"data":{"a":1}})", "application/merge-patch+json"};
    const auto absent = fixture.ask(m_kv, patch);
    QCOMPARE(absent.status, 404);
    QVERIFY(absent.errors.empty());
    put(fixture, "app", "{}");
    auto wrongType = patch;
    wrongType.contentType = "application/json";
    QCOMPARE(fixture.ask(m_kv, wrongType).status, 415);
    fixture.ask(m_kv, {Operation::Delete, "data/app"});
    const auto deleted = fixture.ask(m_kv, patch);
    QCOMPARE(deleted.status, 404);
    QVERIFY(!deleted.isError);
    QVERIFY(dataOf(deleted).at("deletion_time").as_string().size() > 0); // the version itself, as after a write
}

void TestKvV2::softDeletionCanBeUndone()
{
    Fixture fixture;
    put(fixture, "app", R"({"a":1})");
    put(fixture, "app", R"({"a":2})");
    QVERIFY(!fixture.ask(m_kv, {Operation::Delete, "data/app"}).hasContent());
    const auto gone = get(fixture, "app");
    QCOMPARE(gone.status, 404);
    QVERIFY(!gone.isError);
    QVERIFY(dataOf(gone).at("data").is_null());
    QCOMPARE(dataOf(gone).at("metadata").at("deletion_time").as_string(), boost::json::string_view{toRfc3339(fixture.clock.now())});
    fixture.ask(m_kv, {Operation::Update, "undelete/app", R"({"versions":["2",7]})"});
    QCOMPARE(textOf(dataOf(get(fixture, "app")).at("data")), QByteArray{R"({"a":2})"});
    fixture.ask(m_kv, {Operation::Update, "delete/app", R"({"versions":"1,2"})"});
    QCOMPARE(get(fixture, "app", 1).status, 404);
    QCOMPARE(errorOf(fixture.ask(m_kv, {Operation::Update, "delete/app", "{}"})), QByteArray{"No version number provided"});
    QCOMPARE(errorOf(fixture.ask(m_kv, {Operation::Update, "destroy/app", "{}"})), QByteArray{"no version number provided"});
}

void TestKvV2::destructionCannotBeUndone()
{
    Fixture fixture;
    put(fixture, "app", R"({"a":1})");
    fixture.ask(m_kv, {Operation::Update, "destroy/app", R"({"versions":[1]})"});
    QCOMPARE(fixture.stored().size(), 1u); // the metadata
    fixture.ask(m_kv, {Operation::Update, "undelete/app", R"({"versions":[1]})"});
    const auto gone = get(fixture, "app");
    QCOMPARE(gone.status, 404);
    QCOMPARE(dataOf(gone).at("metadata").at("destroyed").as_bool(), true);
    QCOMPARE(dataOf(put(fixture, "app", "{}")).at("version").to_number<int>(), 2);
}

void TestKvV2::trimsVersions()
{
    Fixture fixture;
    fixture.ask(m_kv, {Operation::Update, "config", R"({"max_versions":2})"});
    for (int i = 1; i <= 5; ++i) put(fixture, "app", R"({"i":)" + std::to_string(i) + "}");
    const auto metadata = dataOf(fixture.ask(m_kv, {Operation::Read, "metadata/app"}));
    QCOMPARE(metadata.at("oldest_version").to_number<int>(), 4);
    QCOMPARE(metadata.at("current_version").to_number<int>(), 5);
    QCOMPARE(metadata.at("versions").as_object().size(), 2u);
    QVERIFY(!get(fixture, "app", 3).hasContent());
    QVERIFY(get(fixture, "app", 4).hasContent());
    QCOMPARE(fixture.stored().size(), 4u); // config, metadata, two values
}

void TestKvV2::versionsExpire()
{
    Fixture fixture;
    fixture.ask(m_kv, {Operation::Update, "metadata/app", R"({"delete_version_after":"1h"})"});
    const auto answer = dataOf(put(fixture, "app", R"({"a":1})"));
    QCOMPARE(answer.at("deletion_time").as_string(), boost::json::string_view{toRfc3339(fixture.clock.now() + 1h)});
    QCOMPARE(get(fixture, "app").status, 0);
    fixture.clock.advance(1h);
    QCOMPARE(get(fixture, "app").status, 404);
    fixture.ask(m_kv, {Operation::Update, "undelete/app", R"({"versions":[1]})"});
    QCOMPARE(get(fixture, "app").status, 0);
    fixture.clock.advance(1h);
    QCOMPARE(get(fixture, "app").status, 404);
}

void TestKvV2::showsSubkeys_data()
{
    QTest::addColumn<int>("depth");
    QTest::addColumn<QByteArray>("shape");
    QTest::newRow("all") << 0 << QByteArray{R"({"a":null,"b":{"c":{"d":null},"e":null},"f":null,"g":null})"};
    QTest::newRow("one level") << 1 << QByteArray{R"({"a":null,"b":null,"f":null,"g":null})"};
    QTest::newRow("two levels") << 2 << QByteArray{R"({"a":null,"b":{"c":null,"e":null},"f":null,"g":null})"};
}

void TestKvV2::showsSubkeys()
{
    QFETCH(int, depth);
    QFETCH(QByteArray, shape);
    Fixture fixture;
    put(fixture, "app", R"({"a":1,"b":{"c":{"d":"x"},"e":2},"f":[{"x":1}],"g":{}})");
    const auto answer = fixture.ask(m_kv, {Operation::Read, "subkeys/app", R"({"depth":")" + std::to_string(depth) + "\"}"});
    QCOMPARE(textOf(dataOf(answer).at("subkeys")), shape);
    fixture.ask(m_kv, {Operation::Delete, "data/app"});
    const auto gone = fixture.ask(m_kv, {Operation::Read, "subkeys/app"});
    QCOMPARE(gone.status, 404);
    QVERIFY(dataOf(gone).at("subkeys").is_null());
}

void TestKvV2::metadataLivesByItself()
{
    Fixture fixture;
    QVERIFY(!fixture.ask(m_kv, {Operation::Read, "metadata/app"}).hasContent());
    fixture.ask(m_kv, {Operation::Update, "metadata/app", R"({"max_versions":"5","custom_metadata":{"owner":"a"},"delete_version_after":"90s"})"});
    auto metadata = dataOf(fixture.ask(m_kv, {Operation::Read, "metadata/app"}));
    QCOMPARE(metadata.at("current_version").to_number<int>(), 0);
    QCOMPARE(metadata.at("max_versions").to_number<int>(), 5);
    QCOMPARE(textOf(metadata.at("custom_metadata")), QByteArray{R"({"owner":"a"})"});
    QCOMPARE(textOf(metadata.at("delete_version_after")), QByteArray{"\"1m30s\""});
    QCOMPARE(textOf(metadata.at("versions")), QByteArray{"{}"});
    fixture.ask(m_kv, {Operation::Update, "metadata/app", R"({"custom_metadata":{"team":"b"}})"});
    metadata = dataOf(fixture.ask(m_kv, {Operation::Read, "metadata/app"}));
    QCOMPARE(textOf(metadata.at("custom_metadata")), QByteArray{R"({"team":"b"})"});
    QCOMPARE(metadata.at("max_versions").to_number<int>(), 5);
    QCOMPARE(textOf(dataOf(put(fixture, "app", "{}")).at("custom_metadata")), QByteArray{R"({"team":"b"})"});
}

void TestKvV2::patchesMetadata()
{
    Fixture fixture;
    const std::string type = "application/merge-patch+json";
    // The class: a write that was not done must not look done. A patch of a missing key is a 404, for any patch.
    for (const char* body : {R"({"max_versions":1})", "{}", R"({"unknown":1})"}) {
        QCOMPARE(fixture.ask(m_kv, {Operation::Patch, "metadata/app", body, type}).status, 404);
    }
    fixture.ask(m_kv, {Operation::Update, "metadata/app", R"({"max_versions":5,"cas_required":true,"custom_metadata":{"a":"1","b":"2"}})"});
    fixture.ask(m_kv, {Operation::Patch, "metadata/app", R"({"max_versions":null,"custom_metadata":{"a":null,"c":"3"}})", type});
    fixture.ask(m_kv, {Operation::Update, "metadata/texts", R"({"custom_metadata":{"n":1,"f":2.5,"t":true}})"});
    QCOMPARE(textOf(dataOf(fixture.ask(m_kv, {Operation::Read, "metadata/texts"})).at("custom_metadata")),
             QByteArray{R"({"f":"2.5","n":"1","t":"1"})"});
    const auto metadata = dataOf(fixture.ask(m_kv, {Operation::Read, "metadata/app"}));
    QCOMPARE(metadata.at("max_versions").to_number<int>(), 0);
    QCOMPARE(metadata.at("cas_required").as_bool(), true);
    QCOMPARE(textOf(metadata.at("custom_metadata")), QByteArray{R"({"b":"2","c":"3"})"});
}

void TestKvV2::limitsCustomMetadata_data()
{
    QTest::addColumn<QByteArray>("custom");
    QByteArray many = "{";
    for (int i = 0; i < 65; ++i) many += (i ? ",\"" : "\"") + QByteArray::number(i) + "\":\"x\"";
    QTest::newRow("keys") << many + "}";
    QTest::newRow("key length") << "{\"" + QByteArray(129, 'k') + "\":\"x\"}";
    QTest::newRow("value length") << "{\"k\":\"" + QByteArray(513, 'v') + "\"}";
    QTest::newRow("empty key") << QByteArray{R"({"":"x"})"};
    QTest::newRow("empty value") << QByteArray{R"({"k":""})"};
    QTest::newRow("null") << QByteArray{R"({"k":null})"};
    QTest::newRow("mark of direction") << QByteArray{"{\"k\":\"a\xe2\x80\xae\"}"};
    QTest::newRow("list") << QByteArray{R"({"k":[1]})"};
    QTest::newRow("nested") << QByteArray{R"({"k":{"a":"b"}})"};
    QTest::newRow("unprintable") << QByteArray{R"({"k":"a\u0001"})"};
}

void TestKvV2::limitsCustomMetadata()
{
    QFETCH(QByteArray, custom);
    Fixture fixture;
    const auto answer = fixture.ask(m_kv, {Operation::Update, "metadata/app", R"({"custom_metadata":)" + custom.toStdString() + "}"});
    QCOMPARE(answer.status, 400);
    QVERIFY(errorOf(answer).contains("custom_metadata validation failed: "));
    QVERIFY(fixture.stored().empty());
}

void TestKvV2::deletesKeysWhole()
{
    Fixture fixture;
    for (int i = 0; i < 3; ++i) put(fixture, "app", "{}");
    put(fixture, "app/1", "{}"); // looks like a version of the other key
    fixture.ask(m_kv, {Operation::Update, "destroy/app", R"({"versions":[2]})"});
    fixture.ask(m_kv, {Operation::Delete, "metadata/app"});
    QVERIFY(!get(fixture, "app").hasContent());
    QVERIFY(get(fixture, "app/1").hasContent());
    QCOMPARE(fixture.stored().size(), 2u);
    QCOMPARE(dataOf(put(fixture, "app", "{}")).at("version").to_number<int>(), 1);
}

void TestKvV2::listsKeys()
{
    Fixture fixture;
    QVERIFY(!fixture.ask(m_kv, {Operation::List, "metadata/"}).hasContent());
    for (const auto* path : {"b", "a", "a/x", "a/y/z"}) put(fixture, path, "{}");
    QCOMPARE(textOf(dataOf(fixture.ask(m_kv, {Operation::List, "metadata/"})).at("keys")), QByteArray{R"(["a","a/","b"])"});
    QCOMPARE(textOf(dataOf(fixture.ask(m_kv, {Operation::List, "metadata"})).at("keys")), QByteArray{R"(["a","a/","b"])"});
    QCOMPARE(textOf(dataOf(fixture.ask(m_kv, {Operation::List, "metadata/a/"})).at("keys")), QByteArray{R"(["x","y/"])"});
}

void TestKvV2::warnsAboutPathsOfVersion1_data()
{
    QTest::addColumn<int>("operation");
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("end");
    QTest::newRow("get") << int(Operation::Read) << QByteArray{"app"} << QByteArray{"use 'vault kv get' for this operation."};
    QTest::newRow("put") << int(Operation::Update) << QByteArray{"a/b"} << QByteArray{"use 'vault kv put' for this operation."};
    QTest::newRow("list") << int(Operation::List) << QByteArray{""} << QByteArray{"use 'vault kv list' for this operation."};
    QTest::newRow("delete") << int(Operation::Delete) << QByteArray{"app"} << QByteArray{"use 'vault kv delete' for this operation."};
    QTest::newRow("root of data") << int(Operation::Read) << QByteArray{"data"}
                                  << QByteArray{"Non-listing operations on the root of a K/V v2 mount are not supported."};
    QTest::newRow("root of metadata") << int(Operation::Delete) << QByteArray{"metadata"}
                                      << QByteArray{"Non-listing operations on the root of a K/V v2 mount are not supported."};
}

void TestKvV2::warnsAboutPathsOfVersion1()
{
    QFETCH(int, operation);
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, end);
    Fixture fixture;
    const auto answer = fixture.ask(m_kv, {Operation(operation), path.toStdString()});
    QCOMPARE(answer.status, 404);
    QVERIFY(!answer.isError);
    QCOMPARE(answer.warnings.size(), 1u);
    QVERIFY(QByteArray::fromStdString(answer.warnings.front()).endsWith(end));
}

void TestKvV2::configDefaultsAndChanges()
{
    Fixture fixture;
    QCOMPARE(textOf(dataOf(fixture.ask(m_kv, {Operation::Read, "config"}))),
             QByteArray{R"({"cas_required":false,"delete_version_after":"0s","max_versions":0})"});
    QVERIFY(!fixture.ask(m_kv, {Operation::Update, "config", "{}"}).hasContent());
    QVERIFY(fixture.stored().empty());
    fixture.ask(m_kv, {Operation::Update, "config", R"({"max_versions":"7","cas_required":"true","delete_version_after":"3h25m19s"})"});
    QCOMPARE(textOf(dataOf(fixture.ask(m_kv, {Operation::Read, "config"}))),
             QByteArray{R"({"cas_required":true,"delete_version_after":"3h25m19s","max_versions":7})"});
    QCOMPARE(fixture.ask(m_kv, {Operation::Update, "config", R"({"max_versions":-1})"}).status, 400);
}

void TestKvV2::casSettingOfTheMountWins()
{
    Fixture fixture;
    fixture.ask(m_kv, {Operation::Update, "config", R"({"cas_required":true})"});
    const auto answer = fixture.ask(m_kv, {Operation::Update, "metadata/app", R"({"cas_required":false})"});
    QCOMPARE(answer.warnings.size(), 1u);
    QCOMPARE(errorOf(put(fixture, "app", "{}")), QByteArray{"check-and-set parameter required for this call"});
}

void TestKvV2::takesOverVersion1()
{
    Fixture fixture;
    KvV1Backend old;
    fixture.ask(old, {Operation::Update, "metadata/odd", R"({"n":12345678901234567890123})"});
    fixture.ask(old, {Operation::Update, "b", R"({"b":2})"});
    const auto upgraded = fixture.inTransaction([&](mount::Context& context) -> Result<mount::Response> {
        if (auto done = m_kv.initialize(context); !done) return done.error();
        return mount::Response{};
    });
    QVERIFY(upgraded.has_value());
    QCOMPARE(get(fixture, "metadata/odd").dataText.front().second, std::string{R"({"n":12345678901234567890123})"});
    QCOMPARE(dataOf(get(fixture, "b")).at("metadata").at("version").to_number<int>(), 1);
    QCOMPARE(fixture.stored().size(), 4u); // nothing of version 1 is left
}

void TestKvV2::refusesToWriteOnASecondary()
{
    Fixture fixture;
    put(fixture, "app", "{}");
    fixture.access.shared = false;
    const Ask writes[] = {{Operation::Update, "data/app", R"({"data":{}})"},
                          {Operation::Delete, "data/app"},
                          {Operation::Update, "destroy/app", R"({"versions":[1]})"},
                          {Operation::Update, "metadata/app", R"({"max_versions":1})"},
                          {Operation::Delete, "metadata/app"},
                          {Operation::Update, "config", R"({"max_versions":1})"}};
    for (const auto& write : writes) {
        const auto answer = fixture.handle(m_kv, fixture.requestOf(write));
        QVERIFY2(!answer.has_value(), write.path.c_str());
        QVERIFY(answer.error().code == ErrorCode::ReadOnly);
    }
    QVERIFY(get(fixture, "app").hasContent());
}

void TestKvV2::existenceFollowsMetadata()
{
    Fixture fixture;
    QCOMPARE(fixture.exists(m_kv, {Operation::Update, "data/app"}), std::optional{false});
    put(fixture, "app", "{}");
    fixture.ask(m_kv, {Operation::Delete, "data/app"});
    QCOMPARE(fixture.exists(m_kv, {Operation::Update, "data/app"}), std::optional{true});
    QCOMPARE(fixture.exists(m_kv, {Operation::Update, "metadata/app"}), std::optional{true});
    QCOMPARE(fixture.exists(m_kv, {Operation::Update, "config"}), std::optional<bool>{});
}

void TestKvV2::writesReadTheMetadataOnce_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("body");
    QTest::newRow("a version") << QByteArray{"data/app"} << QByteArray{R"({"data":{"a":2}})"};
    QTest::newRow("the settings") << QByteArray{"metadata/app"} << QByteArray{R"({"max_versions":3})"};
    QTest::newRow("a new key") << QByteArray{"data/other"} << QByteArray{R"({"data":{"a":2}})"};
}

/// The question whether a key exists and the write itself need the same row. A second read costs a search in the storage and an opened value.
/// Every backend whose exists() reads a row that handle() reads too could read it twice. The context keeps it for kv version 2.
void TestKvV2::writesReadTheMetadataOnce()
{
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, body);
    Fixture fixture;
    put(fixture, "app", R"({"a":1})");
    const auto request = fixture.requestOf({Operation::Update, path.toStdString(), body.toStdString()});
    const auto row = "metadata/" + request.relativePath.substr(request.relativePath.find('/') + 1);
    std::ptrdiff_t readCount = 0;
    auto answer = fixture.inTransaction([&](mount::Context& context) -> Result<mount::Response> {
        if (auto isThere = m_kv.exists(request, context); !isThere) return isThere.error();
        auto response = m_kv.handle(request, context);
        readCount = std::ranges::count_if(context.system->transaction().keysRead(), [&](const auto& key) { return key.ends_with(row); });
        return response;
    });
    QVERIFY(answer && !answer->isError);
    QCOMPARE(readCount, 1);
    if (!path.startsWith("data/")) return;
    const auto name = path.mid(5).toStdString();
    QCOMPARE(get(fixture, name).dataText.at(0).second, std::string{R"({"a":2})"});
    if (name == "app") QCOMPARE(get(fixture, name, 1).dataText.at(0).second, std::string{R"({"a":1})"}); // the version before is still known
}

/// A client without the right to write must not learn from exists() that a row is damaged. Every backend that opens a row in exists() could tell.
/// For kv version 2 a row that does not open exists, and only the handler reports the damage.
void TestKvV2::damagedMetadataStillExists()
{
    Fixture fixture;
    put(fixture, "app", "{}");
    auto damaged = fixture.barrier().putOperation("s/logical/" + fixture.mount.uuid + "/metadata/app", "");
    QVERIFY(damaged);
    damaged->value.back() ^= 1;
    auto transaction = fixture.store().begin();
    transaction.put(std::move(*damaged));
    QVERIFY(fixture.store().commitAndWait(std::move(transaction)));
    QCOMPARE(fixture.exists(m_kv, {Operation::Update, "data/app"}), std::optional{true});
    const auto answer = fixture.handle(m_kv, fixture.requestOf({Operation::Update, "data/app", R"({"data":{}})"}));
    QVERIFY(!answer);
    QVERIFY(answer.error().code == ErrorCode::Corrupt);
}

QTEST_GUILESS_MAIN(TestKvV2)
#include "tst_kv_v2.moc"
