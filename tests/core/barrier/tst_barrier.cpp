#include "core/barrier/barrier.h"
#include "core/barrier/scope.h"
#include "core/barrier/sealed_value.h"
#include "core/base/bytes.h"
#include "core/crypto/hmac.h"
#include "core/crypto/pooled_random.h"
#include "core/log/memory_file_system.h"
#include "core/log/store.h"
#include "core/storage/memory_engine.h"
#include "tests/core/barrier/map_reader.h"

#include <QtTest>

#include <atomic>
#include <set>
#include <thread>

using namespace core;
using namespace core::barrier;

namespace {

const WallTime kNow = fromUnixMs(1'700'000'000'000);

/// A committed state with a keyring, and the barrier that opens it.
struct Fixture {
    Fixture()
    {
        auto keyring = Keyring::create(random, kNow);
        barrier.unseal(keyring.clone());
        reader.values[std::string{kKeyringKey}] = keyring.sealed(random);
    }

    crypto::PooledRandom random;
    MapReader reader;
    Barrier barrier{random};
};

QByteArray joined(const std::vector<std::string>& names)
{
    QByteArray out;
    for (const auto& name : names) out += QByteArray::fromStdString(name) + ' ';
    return out.trimmed();
}

} // namespace

class TestBarrier : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void valuesHaveTheDocumentedForm();
    void valuesOpenOnlyAtTheirKey();
    void damagedValuesAreRefused_data();
    void damagedValuesAreRefused();
    void sealedBarrierDoesNothing();
    void operationsCarryWhatTheForestNeeds();
    void changedOperationsAreFound_data();
    void changedOperationsAreFound();
    void keyringSurvivesSealing();
    void keyringOpensOnlyWithItsRootKey();
    void rotationKeepsOldValues();
    void rotationReachesReaders();
    void ofTwoRotationsOneConflicts();
    void sealingWhileInUseIsSafe();
    void viewsReadTheirOwnWrites();
    void viewsOfOtherClassesAreApart();
    void readOnlyClassesRefuseWrites_data();
    void readOnlyClassesRefuseWrites();
    void erasingNothingWritesNothing();
    void listsNameChildrenOnce_data();
    void listsNameChildrenOnce();
    void listsJumpOverFolders();
    void wholeFoldersAreVisitedAndErased();
    void strangeKeysAreRefused();
};

void TestBarrier::valuesHaveTheDocumentedForm()
{
    Fixture fixture;
    const std::string sealed = *fixture.barrier.sealValue("s/path", "value");
    QCOMPARE(sealed.size(), std::size_t{1 + 4 + 24 + 5 + 16});
    QCOMPARE(sealed[0], char{1});
    QCOMPARE(readLittleEndian<std::uint32_t>(std::string_view{sealed}.substr(1)), std::uint32_t{1});
    const crypto::AeadKey key{fixture.barrier.keyring()->activeTerm().key};
    QCOMPARE(*key.open(std::string_view{sealed}.substr(5, 24), "s/path", std::string_view{sealed}.substr(29)), std::string{"value"});
    QVERIFY(sealed != *fixture.barrier.sealValue("s/path", "value")); // each time another nonce
}

void TestBarrier::valuesOpenOnlyAtTheirKey()
{
    Fixture fixture;
    const std::string sealed = *fixture.barrier.sealValue("s/path", "value");
    QCOMPARE(*fixture.barrier.openValue("s/path", sealed), std::string{"value"});
    for (const char* other : {"l/path", "s/path2", "s/pat", ""}) {
        const auto opened = fixture.barrier.openValue(other, sealed);
        QVERIFY(!opened);
        QVERIFY(opened.error().code == ErrorCode::Corrupt);
    }
    Fixture stranger;
    QVERIFY(!stranger.barrier.openValue("s/path", sealed));
}

void TestBarrier::damagedValuesAreRefused_data()
{
    QTest::addColumn<int>("at");
    QTest::addColumn<bool>("isUnknownTerm");
    QTest::newRow("version") << 0 << false;
    QTest::newRow("term") << 1 << true;
    QTest::newRow("nonce") << 5 << false;
    QTest::newRow("ciphertext") << 29 << false;
    QTest::newRow("tag") << 34 << false;
}

void TestBarrier::damagedValuesAreRefused()
{
    QFETCH(int, at);
    QFETCH(bool, isUnknownTerm);
    Fixture fixture;
    std::string sealed = *fixture.barrier.sealValue("s/path", "value");
    sealed[static_cast<std::size_t>(at)] = static_cast<char>(sealed[static_cast<std::size_t>(at)] ^ 0x40);
    const auto opened = fixture.barrier.openValue("s/path", sealed);
    QVERIFY(!opened);
    QVERIFY(opened.error().code == (isUnknownTerm ? ErrorCode::NotFound : ErrorCode::Corrupt));

    fixture.reader.values["s/path"] = sealed;
    auto transaction = fixture.reader.begin();
    const auto read = Scope{transaction, fixture.barrier, {}}.shared("").get("path");
    QVERIFY(!read);
    QVERIFY(read.error().code == ErrorCode::Corrupt);
    QVERIFY(!fixture.barrier.openValue("s/path", sealed.substr(0, 44)));
    QVERIFY(!fixture.barrier.openValue("s/path", ""));
}

void TestBarrier::sealedBarrierDoesNothing()
{
    Fixture fixture;
    auto& barrier = fixture.barrier;
    const std::string sealed = *barrier.sealValue("s/path", "value");
    const auto operation = *barrier.putOperation("s/path", "value");
    barrier.seal();
    QVERIFY(barrier.isSealed());
    auto transaction = fixture.reader.begin();
    Scope scope{transaction, barrier, {}};
    QVERIFY(barrier.sealValue("s/path", "value").error().code == ErrorCode::Sealed);
    QVERIFY(barrier.openValue("s/path", sealed).error().code == ErrorCode::Sealed);
    QVERIFY(barrier.putOperation("s/path", "value").error().code == ErrorCode::Sealed);
    QVERIFY(barrier.eraseOperation("s/path").error().code == ErrorCode::Sealed);
    QVERIFY(barrier.keyHash("s/path").error().code == ErrorCode::Sealed);
    QVERIFY(barrier.verify(operation).error().code == ErrorCode::Sealed);
    QVERIFY(barrier.keyStatus().error().code == ErrorCode::Sealed);
    QVERIFY(barrier.keyring().error().code == ErrorCode::Sealed);
    QVERIFY(barrier.rotate(transaction, kNow).error().code == ErrorCode::Sealed);
    QVERIFY(barrier.reload(fixture.reader.values.at(std::string{kKeyringKey})).error().code == ErrorCode::Sealed);
    for (auto view : {scope.shared(""), scope.local(""), scope.ignored("")}) {
        QVERIFY(view.put("path", "value").error().code == ErrorCode::Sealed);
    }
    QVERIFY(!transaction.hasWrites());
}

void TestBarrier::operationsCarryWhatTheForestNeeds()
{
    Fixture fixture;
    auto& barrier = fixture.barrier;
    const auto put = *barrier.putOperation("s/path", "value");
    const crypto::HmacKey forestKey{barrier.keyring()->forestKey()};
    QVERIFY(put.keyHash == forestKey.shortMac("s/path"));
    const std::string tag = put.value.substr(put.value.size() - 16);
    QVERIFY(put.leafDigest == forestKey.shortMac({crypto::viewOf(put.keyHash), tag}));
    QVERIFY(put.leafDigest == *barrier.leafDigest(put.keyHash, put.value));
    QVERIFY(barrier.verify(put));

    const auto erase = *barrier.eraseOperation("s/path");
    QVERIFY(erase.kind == log::OperationKind::Delete);
    QVERIFY(erase.keyHash == put.keyHash);
    QVERIFY(erase.leafDigest == merkle::LeafDigest{});
    QVERIFY(barrier.verify(erase));

    const auto ignored = *barrier.putOperation("i/path", "value");
    QVERIFY(ignored.keyHash == merkle::KeyHash{});
    QVERIFY(ignored.leafDigest == merkle::LeafDigest{});
    QVERIFY(barrier.verify(ignored));
    QCOMPARE(*barrier.openValue("i/path", ignored.value), std::string{"value"});
}

void TestBarrier::changedOperationsAreFound_data()
{
    QTest::addColumn<int>("what");
    QTest::newRow("key") << 0;
    QTest::newRow("value") << 1;
    QTest::newRow("key hash") << 2;
    QTest::newRow("leaf digest") << 3;
    QTest::newRow("kind") << 4;
}

void TestBarrier::changedOperationsAreFound()
{
    QFETCH(int, what);
    Fixture fixture;
    auto operation = *fixture.barrier.putOperation("s/path", "value");
    if (what == 0) operation.key += "x";
    if (what == 1) operation.value.back() = static_cast<char>(operation.value.back() ^ 1);
    if (what == 2) operation.keyHash[15] ^= 1;
    if (what == 3) operation.leafDigest[0] ^= 1;
    if (what == 4) operation.kind = log::OperationKind::Delete;
    QVERIFY(fixture.barrier.verify(operation).error().code == ErrorCode::Corrupt);
}

void TestBarrier::keyringSurvivesSealing()
{
    SeededRandom random{3};
    auto keyring = Keyring::create(random, kNow);
    for (int term = 2; term <= 5; ++term) keyring.rotate(random, kNow + std::chrono::hours{term});
    const auto again = Keyring::open(keyring.sealed(random), keyring.rootKey());
    QVERIFY(again);
    QCOMPARE(again->terms().size(), std::size_t{5});
    for (std::size_t at = 0; at < 5; ++at) {
        QCOMPARE(again->terms()[at].number, std::uint32_t(at + 1));
        QVERIFY(again->terms()[at].key == keyring.terms()[at].key);
        QVERIFY(again->terms()[at].installedAt == keyring.terms()[at].installedAt);
    }
    QVERIFY(again->rootKey() == keyring.rootKey());
    QVERIFY(again->forestKey() == keyring.forestKey());
}

void TestBarrier::keyringOpensOnlyWithItsRootKey()
{
    SeededRandom random{3};
    const auto keyring = Keyring::create(random, kNow);
    const std::string sealed = keyring.sealed(random);
    QVERIFY(Keyring::open(sealed, random.secret(32)).error().code == ErrorCode::Corrupt);
    QVERIFY(!Keyring::open(sealed, SecretBytes{}));
    for (std::size_t at = 0; at < sealed.size(); at += 3) {
        std::string damaged = sealed;
        damaged[at] = static_cast<char>(damaged[at] ^ 1);
        if (at >= 1 && at < 5) continue; // bytes of the term: a changed term is another error
        QVERIFY(!Keyring::open(damaged, keyring.rootKey()));
    }
}

void TestBarrier::rotationKeepsOldValues()
{
    Fixture fixture;
    auto& barrier = fixture.barrier;
    const std::string before = *barrier.sealValue("s/path", "value");
    QCOMPARE(barrier.keyStatus()->encryptionCount, std::uint64_t{1});
    auto transaction = fixture.reader.begin();
    QVERIFY(barrier.rotate(transaction, kNow + std::chrono::hours{1}));
    QCOMPARE(barrier.keyStatus()->term, std::uint32_t{1}); // not before the commit
    QVERIFY(barrier.verify(transaction.writes().begin()->second));
    fixture.reader.commit(transaction);
    QVERIFY(barrier.reload(fixture.reader.values.at(std::string{kKeyringKey})));
    QCOMPARE(barrier.keyStatus()->term, std::uint32_t{2});
    QCOMPARE(barrier.keyStatus()->encryptionCount, std::uint64_t{0});
    QVERIFY(barrier.keyStatus()->installedAt == kNow + std::chrono::hours{1});
    QCOMPARE(*barrier.openValue("s/path", before), std::string{"value"});
    const std::string after = *barrier.sealValue("s/path", "value");
    QCOMPARE(readLittleEndian<std::uint32_t>(std::string_view{after}.substr(1)), std::uint32_t{2});

    auto second = fixture.reader.begin();
    QVERIFY(barrier.rotate(second, kNow));
    QVERIFY(second.keysRead().size() == 1); // so that two rotations at the same time conflict
}

void TestBarrier::rotationReachesReaders()
{
    Fixture primary;
    Barrier secondary{primary.random};
    secondary.unseal(*primary.barrier.keyring());
    auto transaction = primary.reader.begin();
    QVERIFY(primary.barrier.rotate(transaction, kNow));
    primary.reader.commit(transaction);
    QVERIFY(primary.barrier.reload(primary.reader.values.at(std::string{kKeyringKey})));
    auto writing = primary.reader.begin();
    auto writer = Scope{writing, primary.barrier, {}}.shared("folder/");
    QVERIFY(writer.put("a", "1"));
    QVERIFY(writer.put("b", "2"));
    primary.reader.commit(writing);

    auto reading = primary.reader.begin();
    const auto view = Scope{reading, secondary, {}}.shared("folder/");
    int count = 0;
    QVERIFY(view.forEach("", [&count](std::string_view, std::string_view) { return ++count > 0; }));
    QCOMPARE(count, 2);
    QCOMPARE(secondary.keyStatus()->term, std::uint32_t{2});
    Barrier third{primary.random};
    third.unseal(*Keyring::open(primary.reader.values.at(std::string{kKeyringKey}), primary.barrier.keyring()->rootKey()));
    const auto value = Scope{reading, third, {}}.shared("folder/").get("b");
    QCOMPARE(**value, std::string{"2"});
}

void TestBarrier::ofTwoRotationsOneConflicts()
{
    crypto::PooledRandom random;
    log::MemoryFileSystem files;
    SystemClock clock;
    const auto store = log::Store::open(std::make_unique<storage::MemoryEngine>(), files, clock, random, {});
    QVERIFY(store);
    Barrier barrier{random};
    const auto keyring = Keyring::create(random, kNow);
    barrier.unseal(keyring.clone());
    auto setUp = (*store)->begin();
    setUp.put(*barrier.putStoredOperation(std::string{kKeyringKey}, keyring.sealed(random)));
    QVERIFY((*store)->commitAndWait(std::move(setUp)));

    auto first = (*store)->begin();
    auto second = (*store)->begin();
    QVERIFY(barrier.rotate(first, kNow));
    QVERIFY(barrier.rotate(second, kNow));
    QVERIFY((*store)->commitAndWait(std::move(first)));
    const auto refused = (*store)->commitAndWait(std::move(second));
    QVERIFY(!refused);
    QVERIFY(refused.error().code == ErrorCode::Conflict);
    const auto stored = (*store)->reader().get(kKeyringKey);
    QVERIFY(barrier.reload(**stored));
    QCOMPARE(barrier.keyStatus()->term, std::uint32_t{2});
    (*store)->stop();
}

void TestBarrier::sealingWhileInUseIsSafe()
{
    Fixture fixture;
    std::atomic<bool> isEnding{false};
    std::atomic<int> wrong{0};
    std::atomic<int> done{0};
    std::vector<std::thread> threads;
    for (int number = 0; number < 4; ++number) {
        threads.emplace_back([&] {
            while (!isEnding) {
                const auto sealed = fixture.barrier.sealValue("s/path", "value");
                if (!sealed) continue;
                const auto opened = fixture.barrier.openValue("s/path", *sealed);
                if (opened && *opened != "value") ++wrong;
                if (!opened && opened.error().code != ErrorCode::Sealed) ++wrong;
                ++done;
            }
        });
    }
    const auto keyring = *fixture.barrier.keyring();
    for (int round = 0; round < 50; ++round) {
        for (const int before = done; done == before;) std::this_thread::yield();
        fixture.barrier.seal();
        fixture.barrier.unseal(keyring.clone());
    }
    isEnding = true;
    for (auto& thread : threads) thread.join();
    QCOMPARE(wrong.load(), 0);
}

void TestBarrier::viewsReadTheirOwnWrites()
{
    Fixture fixture;
    auto transaction = fixture.reader.begin();
    auto view = Scope{transaction, fixture.barrier, {}}.shared("logical/uuid/");
    QVERIFY(!*view.exists("key"));
    QVERIFY(view.put("key", "value"));
    QCOMPARE(**view.get("key"), std::string{"value"});
    QVERIFY(*view.exists("key"));
}

void TestBarrier::viewsOfOtherClassesAreApart()
{
    Fixture fixture;
    auto transaction = fixture.reader.begin();
    Scope scope{transaction, fixture.barrier, {}};
    QVERIFY(scope.shared("a/").put("key", "shared"));
    QVERIFY(scope.local("a/").put("key", "local"));
    QVERIFY(scope.ignored("a/").put("key", "ignored"));
    fixture.reader.commit(transaction);
    for (const char* key : {"s/a/key", "l/a/key", "i/a/key"}) QVERIFY(fixture.reader.values.contains(key));
    for (const auto& [key, value] : fixture.reader.values) {
        QVERIFY(value.find("shared") == std::string::npos && value.find("ignored") == std::string::npos);
    }
    QCOMPARE(**scope.local("a/").get("key"), std::string{"local"});
    QCOMPARE(**scope.ignored("").subView("a/").get("key"), std::string{"ignored"});
}

void TestBarrier::readOnlyClassesRefuseWrites_data()
{
    QTest::addColumn<bool>("shared");
    QTest::addColumn<bool>("local");
    QTest::newRow("primary") << true << true;
    QTest::newRow("performance secondary") << false << true;
    QTest::newRow("DR secondary") << false << false;
}

void TestBarrier::readOnlyClassesRefuseWrites()
{
    QFETCH(bool, shared);
    QFETCH(bool, local);
    Fixture fixture;
    auto setUp = fixture.reader.begin();
    for (auto view : {Scope{setUp, fixture.barrier, {}}.shared(""), Scope{setUp, fixture.barrier, {}}.local("")}) {
        QVERIFY(view.put("there", "value"));
    }
    fixture.reader.commit(setUp);
    auto transaction = fixture.reader.begin();
    Scope scope{transaction, fixture.barrier, {.shared = shared, .local = local}};
    const auto check = [](View view, bool isAllowed) {
        for (const auto& outcome : {view.put("key", "value"), view.erase("there"), view.erase("absent"), view.eraseAll()}) {
            if (outcome.has_value() != isAllowed) return false;
            if (!isAllowed && outcome.error().code != ErrorCode::ReadOnly) return false;
        }
        return true;
    };
    QCOMPARE(**scope.shared("").get("there"), std::string{"value"}); // reading is always allowed
    QVERIFY(check(scope.shared(""), shared));
    QVERIFY(check(scope.local(""), local));
    QVERIFY(check(scope.ignored(""), true));
}

void TestBarrier::erasingNothingWritesNothing()
{
    Fixture fixture;
    auto transaction = fixture.reader.begin();
    auto view = Scope{transaction, fixture.barrier, {}}.shared("");
    QVERIFY(view.erase("absent"));
    QVERIFY(view.eraseAll("absent/"));
    QVERIFY(!transaction.hasWrites());
    QVERIFY(view.put("key", "value"));
    QVERIFY(view.erase("key"));
    QVERIFY(!*view.exists("key"));
}

void TestBarrier::listsNameChildrenOnce_data()
{
    QTest::addColumn<QByteArray>("folder");
    QTest::addColumn<QByteArray>("after");
    QTest::addColumn<int>("limit");
    QTest::addColumn<QByteArray>("names");
    QTest::newRow("all") << QByteArray{} << QByteArray{} << 100 << QByteArray{"a a-b a/ b c/ d"};
    QTest::newRow("folder") << QByteArray{"a/"} << QByteArray{} << 100 << QByteArray{"1 2 deep/"};
    QTest::newRow("folder without slash") << QByteArray{"a"} << QByteArray{} << 100 << QByteArray{"1 2 deep/"};
    QTest::newRow("below") << QByteArray{"a/deep/"} << QByteArray{} << 100 << QByteArray{"x"};
    QTest::newRow("absent") << QByteArray{"z/"} << QByteArray{} << 100 << QByteArray{};
    QTest::newRow("after a name") << QByteArray{} << QByteArray{"a"} << 100 << QByteArray{"a-b a/ b c/ d"};
    QTest::newRow("after a folder") << QByteArray{} << QByteArray{"a/"} << 100 << QByteArray{"b c/ d"};
    QTest::newRow("after the last") << QByteArray{} << QByteArray{"d"} << 100 << QByteArray{};
    QTest::newRow("limit") << QByteArray{} << QByteArray{} << 3 << QByteArray{"a a-b a/"};
    QTest::newRow("limit and after") << QByteArray{} << QByteArray{"a-b"} << 2 << QByteArray{"a/ b"};
    QTest::newRow("none asked for") << QByteArray{} << QByteArray{} << 0 << QByteArray{};
}

void TestBarrier::listsNameChildrenOnce()
{
    QFETCH(QByteArray, folder);
    QFETCH(QByteArray, after);
    QFETCH(int, limit);
    QFETCH(QByteArray, names);
    Fixture fixture;
    auto setUp = fixture.reader.begin();
    Scope scope{setUp, fixture.barrier, {}};
    auto view = scope.shared("logical/uuid/");
    for (const char* path : {"a", "a-b", "a/1", "a/2", "a/deep/x", "b", "c/1", "erased/1"}) QVERIFY(view.put(path, "value"));
    QVERIFY(scope.shared("logical/uuid2/").put("other", "value"));
    QVERIFY(scope.local("logical/uuid/").put("other", "value"));
    fixture.reader.commit(setUp);

    auto transaction = fixture.reader.begin();
    view = Scope{transaction, fixture.barrier, {}}.shared("logical/uuid/");
    QVERIFY(view.put("d", "not committed"));
    QVERIFY(view.erase("erased/1"));
    const auto listed = view.list(folder.toStdString(), after.toStdString(), static_cast<std::size_t>(limit));
    QVERIFY(listed);
    QCOMPARE(joined(*listed), names);
}

void TestBarrier::listsJumpOverFolders()
{
    Fixture fixture;
    auto setUp = fixture.reader.begin();
    auto view = Scope{setUp, fixture.barrier, {}}.shared("");
    for (int number = 0; number < 1000; ++number) QVERIFY(view.put("big/" + std::to_string(number), "value"));
    QVERIFY(view.put("small", "value"));
    fixture.reader.commit(setUp);
    auto transaction = fixture.reader.begin();
    fixture.reader.visitCount = 0;
    const auto names = Scope{transaction, fixture.barrier, {}}.shared("").list();
    QCOMPARE(joined(*names), QByteArray{"big/ core/ small"});
    QVERIFY(fixture.reader.visitCount < 10);
}

void TestBarrier::wholeFoldersAreVisitedAndErased()
{
    Fixture fixture;
    auto setUp = fixture.reader.begin();
    auto view = Scope{setUp, fixture.barrier, {}}.shared("m/");
    for (const char* path : {"a/1", "a/b/2", "a/b/3", "ab"}) QVERIFY(view.put(path, std::string{"value of "} + path));
    fixture.reader.commit(setUp);
    auto transaction = fixture.reader.begin();
    view = Scope{transaction, fixture.barrier, {}}.shared("m/");
    std::vector<std::string> seen;
    const auto collect = [&seen](std::string_view path, std::string_view value) {
        seen.push_back(std::string{path} + (value == "value of " + std::string{path} ? "" : "?"));
        return true;
    };
    QVERIFY(view.forEach("a/", collect));
    QCOMPARE(joined(seen), QByteArray{"a/1 a/b/2 a/b/3"});
    seen.clear();
    QVERIFY(view.forEach("", [&](std::string_view path, std::string_view value) { return collect(path, value) && seen.size() < 2; }));
    QCOMPARE(seen.size(), std::size_t{2});

    QVERIFY(view.eraseAll("a"));
    fixture.reader.commit(transaction);
    QVERIFY(!fixture.reader.values.contains("s/m/a/1") && !fixture.reader.values.contains("s/m/a/b/3"));
    QVERIFY(fixture.reader.values.contains("s/m/ab"));
}

void TestBarrier::strangeKeysAreRefused()
{
    Fixture fixture;
    auto transaction = fixture.reader.begin();
    auto view = Scope{transaction, fixture.barrier, {}}.shared("m/");
    QVERIFY(view.put("", "value").error().code == ErrorCode::InvalidArgument);
    QVERIFY(view.put("folder/", "value").error().code == ErrorCode::InvalidArgument);
    const std::string odd = std::string{"\xff\x00 name", 7};
    QVERIFY(view.put(odd, "value"));
    QCOMPARE(**view.get(odd), std::string{"value"});
}

QTEST_APPLESS_MAIN(TestBarrier)
#include "tst_barrier.moc"
