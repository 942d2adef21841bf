// Operations on data, and keys that travel.
#include "tests/core/transit/transit_fixture.h"

#ifndef Q_MOC_RUN
#include "core/crypto/key_wrap.h"
#include "core/transit/operation/backup.h"
#endif

using namespace core;
using namespace core::transit;
using namespace testing_backend;
using namespace testing_transit;

class TestTransitOperations : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyTypeDoesWhatItCan_data();
    void everyTypeDoesWhatItCan();
    void convergentEncryptionDependsOnContextAndVersion();
    void batchesReportEachItem();
    void batchesAreBounded();
    void malformedBatchesAreRefused_data();
    void malformedBatchesAreRefused();
    void badFieldsAreRefused_data();
    void badFieldsAreRefused();
    void wrappedKeysAreImported_data();
    void wrappedKeysAreImported();
    void aPublicKeyGetsItsPrivateHalf();
    void backupsComeBackWhole_data();
    void backupsComeBackWhole();
    void damagedBackupsAreRefused_data();
    void damagedBackupsAreRefused();
    void answersShowNoKeysByChance();
};

namespace {

const char* const kTypes[] = {"aes128-gcm96", "aes256-gcm96", "chacha20-poly1305", "ed25519", "ecdsa-p256",
                              "ecdsa-p384",   "ecdsa-p521",   "rsa-2048",          "hmac"};

void addTypes()
{
    QTest::addColumn<QByteArray>("type");
    for (const auto* type : kTypes) QTest::newRow(type) << QByteArray{type};
}

/// One wrapping key for all rows, because making one takes seconds.
void storeWrappingKey(TransitFixture& fixture)
{
    static const auto pkcs8 = crypto::AsymmetricKey::generate(crypto::AsymmetricAlgorithm::Rsa4096).pkcs8();
    auto stored = fixture.inTransaction([&](mount::Context& context) -> Result<mount::Response> {
        if (auto put = KeyStorage{context.storage}.putWrappingKey(pkcs8); !put) return put.error();
        return mount::Response{};
    });
    if (!stored) qFatal("%s", toString(stored.error()).c_str());
}

std::string object(std::initializer_list<std::pair<boost::json::string_view, boost::json::value_ref>> members)
{
    return boost::json::serialize(boost::json::object(members));
}

} // namespace

void TestTransitOperations::everyTypeDoesWhatItCan_data()
{
    addTypes();
}

void TestTransitOperations::everyTypeDoesWhatItCan()
{
    QFETCH(QByteArray, type);
    TransitFixture fixture;
    const auto view = fixture.write("keys/k", object({{"type", type.constData()}}));
    QVERIFY(!view.isError);
    const auto encrypted = fixture.write("encrypt/k", plain("text"));
    QCOMPARE(!encrypted.isError, TransitFixture::member(view, "supports_encryption") == "true");
    if (!encrypted.isError) {
        const auto opened = fixture.write("decrypt/k", cipherBody(TransitFixture::member(encrypted, "ciphertext")));
        QCOMPARE(TransitFixture::member(opened, "plaintext"), QByteArray::fromStdString(toBase64("text")));
    }
    const auto input = toBase64("message");
    const auto other = toBase64("another");
    const auto isSigned = fixture.write("sign/k", object({{"input", input}}));
    QCOMPARE(!isSigned.isError, TransitFixture::member(view, "supports_signing") == "true");
    if (!isSigned.isError) {
        const auto signature = TransitFixture::member(isSigned, "signature").toStdString();
        QCOMPARE(TransitFixture::member(fixture.write("verify/k", object({{"input", input}, {"signature", signature}})), "valid"),
                 QByteArray{"true"});
        QCOMPARE(TransitFixture::member(fixture.write("verify/k", object({{"input", other}, {"signature", signature}})), "valid"),
                 QByteArray{"false"});
    }
    const auto mac = TransitFixture::member(fixture.write("hmac/k", object({{"input", input}})), "hmac").toStdString();
    QCOMPARE(TransitFixture::member(fixture.write("verify/k", object({{"input", input}, {"hmac", mac}})), "valid"), QByteArray{"true"});
    QCOMPARE(TransitFixture::member(fixture.write("verify/k", object({{"input", other}, {"hmac", mac}})), "valid"), QByteArray{"false"});
}

void TestTransitOperations::convergentEncryptionDependsOnContextAndVersion()
{
    TransitFixture fixture;
    fixture.write("keys/c", R"({"derived":true,"convergent_encryption":true})");
    const auto encrypt = [&](const char* text, const char* context) {
        return TransitFixture::member(fixture.write("encrypt/c", object({{"plaintext", toBase64(text)}, {"context", toBase64(context)}})),
                                      "ciphertext");
    };
    QCOMPARE(encrypt("a", "one"), encrypt("a", "one"));
    QVERIFY(encrypt("a", "one") != encrypt("a", "two"));
    QVERIFY(encrypt("a", "one") != encrypt("b", "one"));
    const auto before = encrypt("a", "one");
    fixture.write("keys/c/rotate");
    QVERIFY(encrypt("a", "one") != before);
    QVERIFY(!encrypt("a", "one").isEmpty());
}

void TestTransitOperations::batchesReportEachItem()
{
    TransitFixture fixture;
    fixture.write("keys/k");
    const auto body = R"({"batch_input":[{"plaintext":"YQ==","reference":"good"},{"plaintext":"!","reference":"bad"}]})";
    const auto answered = fixture.write("encrypt/k", body);
    QCOMPARE(answered.status, 400);
    QVERIFY(!answered.isError);
    const auto results = dataOf(answered).at("batch_results").as_array();
    QCOMPARE(results.size(), std::size_t{2});
    QVERIFY(results[0].as_object().contains("ciphertext"));
    QCOMPARE(textOf(results[1]), QByteArray{R"({"error":"illegal base64 data at input byte 0","reference":"bad"})"});
    for (const auto& [code, status] : {std::pair{207, 207}, {200, 200}, {0, 400}, {1000, 400}, {-1, 400}, {101, 400}}) {
        const auto asked = std::string{body}.insert(1, "\"partial_failure_response_code\":" + std::to_string(code) + ",");
        QCOMPARE(fixture.write("encrypt/k", asked).status, status);
    }
}

void TestTransitOperations::batchesAreBounded()
{
    TransitFixture fixture;
    fixture.write("keys/k");
    fixture.write("keys/r", R"({"type":"rsa-2048"})");
    const auto batchOf = [](int count) {
        boost::json::array items;
        for (int at = 0; at < count; ++at) items.emplace_back(boost::json::object{{"ciphertext", "vault:v1:AAAA"}});
        return boost::json::serialize(boost::json::object{{"batch_input", items}});
    };
    QVERIFY(!fixture.write("decrypt/k", batchOf(10'000)).isError);
    QVERIFY(errorOf(fixture.write("decrypt/k", batchOf(10'001))).contains("at most 10000 are allowed"));
    QVERIFY(errorOf(fixture.write("decrypt/r", batchOf(1'001))).contains("at most 1000 are allowed"));
}

void TestTransitOperations::malformedBatchesAreRefused_data()
{
    QTest::addColumn<QByteArray>("batch");
    for (const auto* text :
         {R"("text")", "5", "{}", "[5]", "[[]]", "[null]", "[{}]", R"([{"plaintext":5}])", R"([{"plaintext":"","context":{}}])",
          R"([{"plaintext":"","key_version":"x"}])", R"([{"plaintext":"","key_version":1.5}])", R"([{"plaintext":"","reference":[]}])"}) {
        QTest::newRow(text) << QByteArray{text};
    }
}

void TestTransitOperations::malformedBatchesAreRefused()
{
    QFETCH(QByteArray, batch);
    TransitFixture fixture;
    fixture.write("keys/k");
    const auto answered = fixture.write("encrypt/k", R"({"batch_input":)" + batch.toStdString() + "}");
    QVERIFY(answered.isError);
    QCOMPARE(answered.status, 500); // as clients know it
    QVERIFY(errorOf(answered).contains("failed to parse batch input"));
}

void TestTransitOperations::badFieldsAreRefused_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("text");
    const auto row = [](const char* path, const char* body, const char* text) {
        QTest::newRow(qPrintable(QString{"%1 %2"}.arg(path, body))) << QByteArray{path} << QByteArray{body} << QByteArray{text};
    };
    row("keys/x", R"({"type":"hmac","key_size":31})", "invalid key_size 31");
    row("keys/x", R"({"type":"hmac","key_size":513})", "invalid key_size 513");
    row("keys/x", R"({"key_size":32})", "key_size is not valid for algorithm aes256-gcm96");
    row("keys/x", R"({"auto_rotate_period":"59m"})", "auto rotate period must be 0 to disable or at least an hour");
    row("keys/x", R"({"auto_rotate_period":-1})", "Field validation failed");
    row("keys/x", R"({"derived":{}})", "Field validation failed");
    row("encrypt/k", R"({"plaintext":"","nonce":"AAAA"})", "provided nonce not allowed for this key");
    row("encrypt/k", R"({"plaintext":"","key_version":99999999999999})", "requested version for encryption is higher than the latest key version");
    row("decrypt/k", R"({"ciphertext":"vault:v99999999999999999999:AAAA"})", "invalid ciphertext: version number could not be decoded");
    row("sign/s", R"({"input":"","salt_length":"99999999999999999999"})", "salt length neither");
    row("sign/s", R"({"input":"","key_version":9})", "requested version for signing is higher than the latest key version");
    row("verify/s", R"({"input":"","signature":"vault:v1:AAAA","marshaling_algorithm":"der"})", "invalid marshaling type");
    row("verify/e", R"({"input":"","signature":"vault:v1:AAAA"})", "supplied signature is invalid");
    row("random/131073", "{}", "\"bytes\" should be less than 131072");
    row("random", R"({"bytes":[]})", "Field validation failed");
    row("hash", R"({"input":{}})", "Field validation failed");
    row("restore", R"({"backup":5})", "illegal base64 data at input byte 0");
    row("keys/x/import", R"({"ciphertext":[]})", "Field validation failed");
}

void TestTransitOperations::badFieldsAreRefused()
{
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, body);
    QFETCH(QByteArray, text);
    TransitFixture fixture;
    fixture.write("keys/k");
    fixture.write("keys/s", R"({"type":"ed25519"})");
    fixture.write("keys/e", R"({"type":"ecdsa-p256"})");
    const auto stored = fixture.stored();
    const auto answered = fixture.write(path.toStdString(), body.toStdString());
    QVERIFY(answered.isError);
    QVERIFY2(errorOf(answered).contains(text), errorOf(answered).constData());
    QVERIFY(fixture.stored() == stored); // nothing half made
}

void TestTransitOperations::wrappedKeysAreImported_data()
{
    addTypes();
}

void TestTransitOperations::wrappedKeysAreImported()
{
    QFETCH(QByteArray, type);
    TransitFixture fixture;
    storeWrappingKey(fixture);
    const auto wrappingKey = TransitFixture::member(fixture.read("wrapping_key"), "public_key").toStdString();
    QVERIFY(!fixture.write("keys/wrap/import", object({{"type", "rsa-4096"}, {"public_key", wrappingKey}})).isError);
    fixture.write("keys/from", object({{"type", type.constData()}, {"exportable", true}}));
    const auto exported = dataOf(fixture.read("byok-export/wrap/from"));
    const std::string blob{exported.at("keys").at("1").get_string()};
    const auto imported = fixture.write("keys/to/import", object({{"type", type.constData()}, {"ciphertext", blob}}));
    QVERIFY2(!imported.isError, errorOf(imported).constData());
    const auto input = toBase64("message");
    if (type == "hmac") {
        QCOMPARE(TransitFixture::member(fixture.write("hmac/to", object({{"input", input}})), "hmac"),
                 TransitFixture::member(fixture.write("hmac/from", object({{"input", input}})), "hmac"));
    } else if (TransitFixture::member(fixture.read("keys/to"), "supports_encryption") == "true") {
        const auto ciphertext = TransitFixture::member(fixture.write("encrypt/from", plain("x")), "ciphertext");
        QCOMPARE(TransitFixture::member(fixture.write("decrypt/to", cipherBody(ciphertext)), "plaintext"), QByteArray::fromStdString(toBase64("x")));
    } else {
        const auto signature = TransitFixture::member(fixture.write("sign/from", object({{"input", input}})), "signature").toStdString();
        QCOMPARE(TransitFixture::member(fixture.write("verify/to", object({{"input", input}, {"signature", signature}})), "valid"),
                 QByteArray{"true"});
    }
    // Another type, another hash, a changed byte.
    QVERIFY(fixture.write("keys/x/import", object({{"type", type == "ed25519" ? "rsa-4096" : "ed25519"}, {"ciphertext", blob}})).isError);
    QVERIFY(fixture.write("keys/x/import", object({{"type", type.constData()}, {"ciphertext", blob}, {"hash_function", "SHA1"}})).isError);
    auto changed = blob;
    changed[20] = changed[20] == 'A' ? 'B' : 'A';
    QVERIFY(fixture.write("keys/x/import", object({{"type", type.constData()}, {"ciphertext", changed}})).isError);
    QCOMPARE(fixture.read("keys/x").status, 404);
}

void TestTransitOperations::aPublicKeyGetsItsPrivateHalf()
{
    TransitFixture fixture;
    storeWrappingKey(fixture);
    const auto wrappingKey = TransitFixture::member(fixture.read("wrapping_key"), "public_key").toStdString();
    fixture.write("keys/wrap/import", object({{"type", "rsa-4096"}, {"public_key", wrappingKey}}));
    fixture.write("keys/from", R"({"type":"ecdsa-p256","exportable":true})");
    const std::string blob{dataOf(fixture.read("byok-export/wrap/from")).at("keys").at("1").get_string()};
    const std::string pem{dataOf(fixture.read("export/public-key/from")).at("keys").at("1").get_string()};
    QVERIFY(!fixture.write("keys/to/import", object({{"type", "ecdsa-p256"}, {"public_key", pem}})).isError);
    QCOMPARE(fixture.write("sign/to", R"({"input":""})").status, 500);
    QVERIFY(!fixture.write("keys/to/import_version", object({{"ciphertext", blob}})).isError);
    QCOMPARE(TransitFixture::member(fixture.read("keys/to"), "latest_version"), QByteArray{"1"}); // completed, not added
    QVERIFY(!fixture.write("sign/to", R"({"input":""})").isError);
    QVERIFY(!fixture.write("keys/to/import_version", object({{"ciphertext", blob}})).isError);
    QCOMPARE(TransitFixture::member(fixture.read("keys/to"), "latest_version"), QByteArray{"2"});
    QVERIFY(fixture.write("keys/to/import_version", object({{"ciphertext", blob}, {"version", 1}})).isError); // it has one
}

void TestTransitOperations::backupsComeBackWhole_data()
{
    addTypes();
}

void TestTransitOperations::backupsComeBackWhole()
{
    QFETCH(QByteArray, type);
    TransitFixture fixture;
    fixture.write("keys/k", object({{"type", type.constData()}, {"exportable", true}, {"allow_plaintext_backup", true}}));
    for (int at = 0; at < 3; ++at) fixture.write("keys/k/rotate");
    fixture.write("keys/k/config", R"({"min_decryption_version":3,"min_encryption_version":2})");
    fixture.write("keys/k/config", R"({"min_decryption_version":2,"min_encryption_version":3})");
    fixture.write("keys/k/trim", R"({"min_available_version":2})");
    fixture.write("keys/k/config", R"({"min_decryption_version":3})"); // version 2 is only archived
    const auto backup = TransitFixture::member(fixture.read("backup/k"), "backup").toStdString();
    QVERIFY(!fixture.write("restore/copy", object({{"backup", backup}})).isError);
    for (const auto* name : {"k", "copy"}) fixture.write(std::string{"keys/"} + name + "/config", R"({"min_decryption_version":2})");
    const auto one = dataOf(fixture.read("export/hmac-key/k"));
    QCOMPARE(one.at("keys").as_object().size(), std::size_t{3});
    for (const auto* part : {"hmac-key", "encryption-key", "signing-key", "public-key"}) {
        const auto ours = fixture.read(std::string{"export/"} + part + "/k");
        const auto copy = fixture.read(std::string{"export/"} + part + "/copy");
        QCOMPARE(ours.isError, copy.isError);
        if (!ours.isError) QCOMPARE(textOf(dataOf(ours).at("keys")), textOf(dataOf(copy).at("keys")));
    }
    QVERIFY(fixture.write("restore/copy", object({{"backup", backup}})).isError); // it exists
    QVERIFY(!fixture.write("restore/copy", object({{"backup", backup}, {"force", true}})).isError);
}

void TestTransitOperations::damagedBackupsAreRefused_data()
{
    QTest::addColumn<QByteArray>("from");
    QTest::addColumn<QByteArray>("to");
    const auto row = [](const char* name, const char* from, const char* to) { QTest::newRow(name) << QByteArray{from} << QByteArray{to}; };
    row("no object", "{\"policy\"", "[\"policy\"");
    row("no policy", "\"policy\":{", "\"other\":{");
    row("another type", "\"type\":1,", "\"type\":0,");
    row("an unknown type", "\"type\":1,", "\"type\":77,");
    row("no versions", "\"latest_version\":1", "\"latest_version\":0");
    row("too many versions", "\"latest_version\":1", "\"latest_version\":2000000000");
    row("a version is missing", "\"latest_version\":1", "\"latest_version\":2");
    row("a negative minimum", "\"min_available_version\":0", "\"min_available_version\":-1");
    row("a number that is none", "\"ec_d\":", "\"ec_d\":-");
    row("derived", "\"derived\":false", "\"derived\":true");
    row("a name with a path", "\"name\":\"k\"", "\"name\":\"a/k\"");
    row("a name of dots", "\"name\":\"k\"", "\"name\":\"..\"");
    row("cut", "\"archived_keys\"", "");
}

void TestTransitOperations::damagedBackupsAreRefused()
{
    QFETCH(QByteArray, from);
    QFETCH(QByteArray, to);
    TransitFixture fixture;
    fixture.write("keys/k", R"({"type":"ecdsa-p256","exportable":true,"allow_plaintext_backup":true})");
    auto text = QByteArray::fromBase64(TransitFixture::member(fixture.read("backup/k"), "backup"));
    QVERIFY(text.contains(from));
    if (to.isEmpty()) text.truncate(text.indexOf(from));
    else text.replace(from, to);
    TransitFixture other;
    const auto answered = other.write("restore", object({{"backup", text.toBase64().toStdString()}}));
    QVERIFY(answered.isError);
    QVERIFY(other.stored().empty());
}

void TestTransitOperations::answersShowNoKeysByChance()
{
    TransitFixture fixture;
    fixture.write("keys/k", R"({"exportable":true})");
    const auto secret = std::string{dataOf(fixture.read("export/encryption-key/k")).at("keys").at("1").get_string()};
    fixture.write("keys/hidden");
    for (const auto* path : {"export/encryption-key/hidden", "export/hmac-key/hidden", "backup/hidden", "backup/k", "byok-export/k/hidden"}) {
        QVERIFY2(fixture.read(path).isError, path);
    }
    QVERIFY(textOf(dataOf(fixture.read("keys/k"))).indexOf(QByteArray::fromStdString(secret)) < 0);
}

QTEST_GUILESS_MAIN(TestTransitOperations)
#include "tst_transit_operations.moc"
