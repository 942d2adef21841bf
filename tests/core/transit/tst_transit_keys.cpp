// Keys: how they are stored, cached, changed and rotated.
#include "tests/core/transit/transit_fixture.h"

#ifndef Q_MOC_RUN
#include "core/transit/key/key_making.h"
#include "core/transit/routes/key_rotation.h"
#endif

using namespace core;
using namespace core::transit;
using namespace testing_backend;
using namespace testing_transit;

class TestTransitKeys : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void encryptsWithoutReadingTheStorage();
    void aChangedKeyIsReadAgain();
    void theCacheKeepsNoKeyThatHasChangedSince();
    void theCacheIsBounded();
    void materialIsOnlyStoredSealed();
    void storedFormsAreCheckedWhenRead();
    void aMissingVersionIsAnErrorAndNoCrash();
    void trimmedVersionsAreGone();
    void rotatesWhenThePeriodIsOver();
    void maintenanceRotatesOneKeyAtATime();
    void importedKeysAreNotRotated();
    void aSecondaryServesKeysAndForwardsChanges_data();
    void aSecondaryServesKeysAndForwardsChanges();
    void twoRotationsAtOnceDoNotLoseAVersion();
    void slowWorkLeavesTheIoThread_data();
    void slowWorkLeavesTheIoThread();
};

void TestTransitKeys::encryptsWithoutReadingTheStorage()
{
    TransitFixture fixture;
    fixture.write("keys/k");
    const auto first = fixture.write("encrypt/k", plain("a secret"));
    QVERIFY(fixture.readCount > 0);
    const auto second = fixture.write("encrypt/k", plain("a secret"));
    QCOMPARE(fixture.readCount, std::size_t{0});
    QVERIFY(TransitFixture::member(first, "ciphertext") != TransitFixture::member(second, "ciphertext"));
    const auto opened = fixture.write("decrypt/k", cipherBody(TransitFixture::member(second, "ciphertext")));
    QCOMPARE(fixture.readCount, std::size_t{0});
    QCOMPARE(TransitFixture::member(opened, "plaintext"), QByteArray::fromStdString(toBase64("a secret")));
}

void TestTransitKeys::aChangedKeyIsReadAgain()
{
    TransitFixture fixture;
    fixture.write("keys/k");
    fixture.write("encrypt/k", plain("x"));
    fixture.write("keys/k/rotate");
    QVERIFY(TransitFixture::member(fixture.write("encrypt/k", plain("x")), "ciphertext").startsWith("vault:v2:"));
    // Rows that replication brings are reported in the same way, one by one.
    for (const auto* row : {"keys/k", "versions/k/3"}) {
        fixture.write("encrypt/k", plain("x"));
        QVERIFY(fixture.backend.cache().find("k"));
        fixture.backend.invalidate(row);
        QVERIFY(!fixture.backend.cache().find("k"));
    }
    fixture.write("encrypt/k", plain("x"));
    fixture.backend.invalidate("keys/other");
    QVERIFY(fixture.backend.cache().find("k"));
    fixture.backend.invalidate({}); // everything
    QVERIFY(!fixture.backend.cache().find("k"));
}

/// The class: a cache keeps what was read before a change. It could occur in every cache that a reader fills. What holds: a reader names the
/// round in which it began, and adds nothing if a key was dropped since.
void TestTransitKeys::theCacheKeepsNoKeyThatHasChangedSince()
{
    KeyCache cache;
    auto key = std::make_shared<Key>();
    key->settings.name = "k";
    const auto round = cache.round();
    cache.drop("k"); // a rotation was committed after the read
    cache.add(key, round);
    QVERIFY(!cache.find("k"));
    cache.add(key, cache.round());
    QVERIFY(cache.find("k"));
}

void TestTransitKeys::theCacheIsBounded()
{
    TransitFixture fixture;
    QCOMPARE(errorOf(fixture.write("cache-config", R"({"size":9})")), QByteArray{"size must be 0 or a value greater or equal to 10"});
    fixture.write("cache-config", R"({"size":10})");
    for (int at = 0; at < 15; ++at) {
        fixture.write("keys/k" + std::to_string(at));
        fixture.write("encrypt/k" + std::to_string(at), plain("x"));
    }
    QCOMPARE(fixture.backend.cache().size(), std::size_t{10});
    QVERIFY(!fixture.backend.cache().find("k0"));
    QVERIFY(fixture.backend.cache().find("k14"));
    fixture.write("cache-config", R"({"size":0})");
    fixture.write("encrypt/k0", plain("x"));
    QCOMPARE(fixture.backend.cache().size(), std::size_t{11});
}

void TestTransitKeys::materialIsOnlyStoredSealed()
{
    TransitFixture fixture;
    fixture.write("keys/k", R"({"exportable":true})");
    const auto exported = testing_backend::dataOf(fixture.read("export/encryption-key/k"));
    const auto secret = *fromBase64(std::string{exported.at("keys").at("1").get_string()});
    QCOMPARE(secret.size(), std::size_t{32});
    for (const auto& [key, sealed] : fixture.stored()) QVERIFY(sealed.find(secret) == std::string::npos);
}

void TestTransitKeys::storedFormsAreCheckedWhenRead()
{
    KeySettings settings;
    settings.name = "k";
    settings.type = KeyType::EcdsaP256;
    SeededRandom random{1};
    const auto version = makeVersion(settings, 3, random, WallTime{std::chrono::seconds{5}});
    const auto encoded = version.encode();
    const auto again = KeyVersion::decode(3, encoded.view());
    QVERIFY(again);
    QVERIFY(again->secret == version.secret && again->hmacKey == version.hmacKey);
    QCOMPARE(again->publicDer, version.publicDer);
    QVERIFY(again->createdAt == version.createdAt);
    for (std::size_t size = 0; size < encoded.size(); ++size) QVERIFY(!KeyVersion::decode(3, encoded.view().substr(0, size)));
    for (const auto* text : {"", "[]", "{}", R"({"type":"rot13","latest":1})", R"({"type":"ed25519"})"}) QVERIFY(!KeySettings::decode("k", text));
}

/// The class: the rows of one thing arrive at a secondary one by one. It could occur with everything that is stored in several rows. What holds:
/// a version that is missing makes an operation fail, and it works as soon as the row is there.
void TestTransitKeys::aMissingVersionIsAnErrorAndNoCrash()
{
    TransitFixture fixture;
    fixture.write("keys/k");
    std::string row;
    auto removed = fixture.inTransaction([&](mount::Context& context) -> Result<mount::Response> {
        row = **context.storage.get("versions/k/1");
        if (auto erased = context.storage.erase("versions/k/1"); !erased) return erased.error();
        return mount::Response{};
    });
    QVERIFY(removed);
    fixture.backend.invalidate("versions/k/1");
    QCOMPARE(fixture.write("encrypt/k", plain("x")).status, 500);
    QCOMPARE(fixture.read("keys/k").status, 0);
    auto restored = fixture.inTransaction([&](mount::Context& context) -> Result<mount::Response> {
        if (auto stored = context.storage.put("versions/k/1", row); !stored) return stored.error();
        return mount::Response{};
    });
    QVERIFY(restored);
    fixture.backend.invalidate("versions/k/1");
    QVERIFY(!fixture.write("encrypt/k", plain("x")).isError);
}

void TestTransitKeys::trimmedVersionsAreGone()
{
    TransitFixture fixture;
    fixture.write("keys/k");
    for (int at = 0; at < 3; ++at) fixture.write("keys/k/rotate");
    fixture.write("keys/k/config", R"({"min_decryption_version":3,"min_encryption_version":3})");
    QVERIFY(!fixture.write("keys/k/trim", R"({"min_available_version":3})").isError);
    std::size_t versions = 0;
    for (const auto& [key, sealed] : fixture.stored()) versions += key.find("/versions/k/") != std::string::npos ? 1 : 0;
    QCOMPARE(versions, std::size_t{2});
    QCOMPARE(errorOf(fixture.write("keys/k/config", R"({"min_decryption_version":2})")),
             QByteArray{"min decryption version should not be less then min available version"});
}

void TestTransitKeys::rotatesWhenThePeriodIsOver()
{
    TransitFixture fixture;
    fixture.write("keys/auto", R"({"auto_rotate_period":"1h"})");
    fixture.write("keys/other");
    const auto due = [&] {
        std::vector<std::string> names;
        auto done = fixture.inTransaction([&](mount::Context& context) -> Result<mount::Response> {
            auto found = keysDueForRotation(context);
            if (!found) return found.error();
            names = *found;
            return mount::Response{};
        });
        if (!done) qFatal("%s", toString(done.error()).c_str());
        return names;
    };
    const auto rotate = [&](const std::string& name) {
        bool isRotated = false;
        auto done = fixture.inTransaction([&](mount::Context& context) -> Result<mount::Response> {
            auto rotated = rotateDueKey(context, name);
            if (!rotated) return rotated.error();
            isRotated = *rotated;
            return mount::Response{};
        });
        if (!done) qFatal("%s", toString(done.error()).c_str());
        return isRotated;
    };
    QVERIFY(due().empty());
    fixture.clock.advance(std::chrono::minutes{61});
    QCOMPARE(due(), std::vector<std::string>{"auto"});
    QVERIFY(!rotate("other"));
    QVERIFY(rotate("auto"));
    QVERIFY(!rotate("auto")); // only once
    QVERIFY(due().empty());
    QCOMPARE(TransitFixture::member(fixture.read("keys/auto"), "latest_version"), QByteArray{"2"});
    fixture.write("keys/auto/config", R"({"auto_rotate_period":0})");
    fixture.clock.advance(std::chrono::hours{48});
    QVERIFY(due().empty());
    // A period that is shorter than the age of the key rotates it at once, and a deleted key is forgotten.
    fixture.write("keys/other/config", R"({"auto_rotate_period":"2h","deletion_allowed":true})");
    QCOMPARE(due(), std::vector<std::string>{"other"});
    fixture.write("keys/other", {}, Operation::Delete);
    QVERIFY(due().empty());
    QVERIFY(!rotate("other"));
}

void TestTransitKeys::maintenanceRotatesOneKeyAtATime()
{
    TransitFixture fixture;
    for (const auto name : {"keys/a", "keys/b"}) fixture.write(name, R"({"auto_rotate_period":"1h"})");
    fixture.clock.advance(std::chrono::minutes{61});
    const auto hasMore = [&] {
        bool more = false;
        auto done = fixture.inTransaction([&](mount::Context& context) -> Result<mount::Response> {
            auto maintained = fixture.backend.maintain(context);
            if (!maintained) return maintained.error();
            more = *maintained;
            return mount::Response{};
        });
        if (!done) qFatal("%s", toString(done.error()).c_str());
        return more;
    };
    QVERIFY(hasMore());
    QVERIFY(!hasMore());
    for (const auto name : {"keys/a", "keys/b"}) QCOMPARE(TransitFixture::member(fixture.read(name), "latest_version"), QByteArray{"2"});
}

void TestTransitKeys::importedKeysAreNotRotated()
{
    TransitFixture fixture;
    const auto pem = crypto::AsymmetricKey::generate(crypto::AsymmetricAlgorithm::EcdsaP256).publicPem();
    QVERIFY(!fixture.write("keys/k/import", boost::json::serialize(boost::json::object{{"type", "ecdsa-p256"}, {"public_key", pem}})).isError);
    QCOMPARE(fixture.write("keys/k/rotate").status, 500);
    fixture.write("keys/k/config", R"({"auto_rotate_period":"1h"})");
    fixture.clock.advance(std::chrono::hours{2});
    auto done = fixture.inTransaction([&](mount::Context& context) -> Result<mount::Response> {
        auto rotated = rotateDueKey(context, "k");
        if (!rotated) return rotated.error();
        if (*rotated) qFatal("the imported key was rotated");
        return mount::Response{};
    });
    QVERIFY(done);
    QCOMPARE(TransitFixture::member(fixture.read("keys/k"), "latest_version"), QByteArray{"1"});
}

void TestTransitKeys::aSecondaryServesKeysAndForwardsChanges_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<int>("operation");
    QTest::addColumn<bool>("isForwarded");
    const auto row = [](const char* name, QByteArray path, QByteArray body, Operation operation, bool isForwarded) {
        QTest::newRow(name) << path << body << static_cast<int>(operation) << isForwarded;
    };
    row("encrypt", "encrypt/k", R"({"plaintext":""})", Operation::Update, false);
    row("hmac", "hmac/k", R"({"input":""})", Operation::Update, false);
    row("sign", "sign/s", R"({"input":""})", Operation::Update, false);
    row("data key", "datakey/plaintext/k", "{}", Operation::Update, false);
    row("read", "keys/k", "", Operation::Read, false);
    row("list", "keys", "", Operation::List, false);
    row("export", "export/encryption-key/k", "", Operation::Read, false);
    row("random", "random", "{}", Operation::Update, false);
    row("hash", "hash", R"({"input":""})", Operation::Update, false);
    row("an existing key", "keys/k", "{}", Operation::Update, false); // nothing changes
    row("upsert", "encrypt/new", R"({"plaintext":""})", Operation::Create, true);
    row("create", "keys/new", R"({"type":"rsa-4096"})", Operation::Update, true);
    row("rotate", "keys/k/rotate", "{}", Operation::Update, true);
    row("config", "keys/k/config", R"({"deletion_allowed":false})", Operation::Update, true);
    row("trim", "keys/k/trim", R"({"min_available_version":1})", Operation::Update, true);
    row("delete", "keys/k", "", Operation::Delete, true);
    row("backup", "backup/k", "", Operation::Read, true); // notes the time
    row("wrapping key", "wrapping_key", "", Operation::Read, true);
    row("cache", "cache-config", R"({"size":10})", Operation::Update, true);
}

void TestTransitKeys::aSecondaryServesKeysAndForwardsChanges()
{
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, body);
    QFETCH(int, operation);
    QFETCH(bool, isForwarded);
    TransitFixture fixture;
    fixture.write("keys/k", R"({"exportable":true,"allow_plaintext_backup":true})");
    fixture.write("keys/k/config", R"({"deletion_allowed":true,"min_encryption_version":1})");
    fixture.write("keys/s", R"({"type":"ed25519"})");
    fixture.access.shared = false; // as at a performance secondary
    const auto answered = fixture.tryAsk(static_cast<Operation>(operation), path.toStdString(), body.toStdString());
    if (isForwarded) {
        QVERIFY(!answered);
        QVERIFY(answered.error().code == ErrorCode::ReadOnly);
    } else {
        QVERIFY(answered);
        QVERIFY2(!answered->isError, errorOf(*answered).constData());
    }
}

/// The class: two changes that read the same state lose one of them. It could occur with everything that is read from a cache and then written.
/// What holds: changes read the rows in their transaction, so the committer refuses the later one, which runs again.
void TestTransitKeys::twoRotationsAtOnceDoNotLoseAVersion()
{
    TransitFixture fixture;
    fixture.write("keys/k");
    const auto request = fixture.requestOf({Operation::Update, "keys/k/rotate", "{}"});
    auto outer = fixture.inTransaction([&](mount::Context& context) {
        auto mine = fixture.backend.handle(request, context);
        fixture.write("keys/k/rotate"); // commits first
        return mine;
    });
    QVERIFY(!outer);
    QVERIFY(outer.error().code == ErrorCode::Conflict);
    QCOMPARE(TransitFixture::member(fixture.read("keys/k"), "latest_version"), QByteArray{"2"});
}

void TestTransitKeys::slowWorkLeavesTheIoThread_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<int>("items");
    QTest::addColumn<bool>("isSlow");
    QTest::newRow("encrypt") << QByteArray{"encrypt/k"} << 0 << false;
    QTest::newRow("a batch") << QByteArray{"encrypt/k"} << 64 << false;
    QTest::newRow("a long batch") << QByteArray{"encrypt/k"} << 65 << true;
    QTest::newRow("RSA decrypts") << QByteArray{"decrypt/r"} << 0 << true;
    QTest::newRow("RSA encrypts") << QByteArray{"encrypt/r"} << 0 << false;
    QTest::newRow("a new key") << QByteArray{"keys/n"} << 0 << true;
}

void TestTransitKeys::slowWorkLeavesTheIoThread()
{
    QFETCH(QByteArray, path);
    QFETCH(int, items);
    QFETCH(bool, isSlow);
    TransitFixture fixture;
    fixture.write("keys/k");
    fixture.write("keys/r", R"({"type":"rsa-2048"})");
    fixture.read("keys/r");
    boost::json::array batch;
    for (int at = 0; at < items; ++at) batch.emplace_back(boost::json::object{{"plaintext", ""}});
    boost::json::object body;
    if (items > 0) body["batch_input"] = batch;
    QCOMPARE(fixture.backend.isSlow(fixture.requestOf({Operation::Update, path.toStdString(), boost::json::serialize(body)})), isSlow);
}

QTEST_GUILESS_MAIN(TestTransitKeys)
#include "tst_transit_keys.moc"
