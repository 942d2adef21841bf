#ifndef Q_MOC_RUN // moc of Qt 6.4 cannot read all of gcc 12's standard library
#include "core/barrier/seal.h"
#include "core/log/memory_file_system.h"
#include "core/replication/scope/link_filter.h"
#include "core/snapshot/snapshots.h"
#include "core/storage/memory_engine.h"
#include "core/trust/member_keys.h"
#include "core/trust/token_makers.h"
#endif

#include <QTemporaryDir>
#include <QtTest>

#include <fstream>
#include <sstream>

using namespace core;
using namespace core::trust;
using namespace std::chrono_literals;

namespace {

struct Fixture {
    explicit Fixture(std::uint64_t seed) : random{seed}
    {
        auto opened = log::Store::open(std::make_unique<storage::MemoryEngine>(), files, clock, random, {});
        if (!opened) qFatal("store: %s", toString(opened.error()).c_str());
        store = std::move(*opened);
        seal = std::make_unique<barrier::Seal>(barrier, store->reader(), random);
        auto transaction = store->begin();
        if (!seal->initialize(transaction, {1, 1}, clock.now())) qFatal("no seal");
        if (!store->commitAndWait(std::move(transaction))) qFatal("no first commit");
    }
    ~Fixture() { store->stop(); }

    MemberKeys load()
    {
        KeyHolder holder;
        if (auto done = holder.load(*store, barrier, random, clock.now()); !done) qFatal("load: %s", toString(done.error()).c_str());
        return *holder.keys();
    }
    std::string stored(std::string_view key) { return store->reader().get(key)->value_or(""); }

    SeededRandom random;
    FakeClock clock;
    log::MemoryFileSystem files;
    barrier::Barrier barrier{random};
    std::unique_ptr<log::Store> store;
    std::unique_ptr<barrier::Seal> seal;
};

} // namespace

class TestMemberKeys : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void areMadeOnceAndKept();
    void signForOnePurposeOnly();
    void formerKeysAreValidForATime();
    void aNextPairSignsNothingBeforeItsTurn();
    void formerTokenKeysOfMembersAreValidForATime();
    void moveToAnotherKeyring();
    void damagedRowsAreRefusedAndStay_data();
    void damagedRowsAreRefusedAndStay();
    void copiesOfTheContentsDoNotContainThem();
};

void TestMemberKeys::areMadeOnceAndKept()
{
    Fixture fixture{1};
    const auto keys = fixture.load();
    const auto again = fixture.load();
    QCOMPARE(again.member().key.publicKey(), keys.member().key.publicKey());
    QCOMPARE(again.token().key.publicKey(), keys.token().key.publicKey());
    QVERIFY(keys.member().key.publicKey() != keys.token().key.publicKey());
    QCOMPARE(keys.member().key.publicKey().size(), kPublicKeyBytes);
    for (const auto key : {kMemberKeyKey, kTokenKeyKey}) {
        const auto row = fixture.stored(key);
        QVERIFY(!row.empty());
        QVERIFY(row.find(keys.member().key.seed().view()) == std::string::npos); // sealed
        QVERIFY(row.find(keys.token().key.seed().view()) == std::string::npos);
    }
    QVERIFY(Fixture{2}.load().member().key.publicKey() != keys.member().key.publicKey());
}

void TestMemberKeys::signForOnePurposeOnly()
{
    Fixture fixture{1};
    const auto keys = fixture.load();
    const auto& key = keys.member().key;
    const auto signature = key.sign("entry", "bytes");
    QVERIFY(isSignedBy(key.publicKey(), "entry", "bytes", signature));
    QVERIFY(!isSignedBy(key.publicKey(), "link", "bytes", signature));
    QVERIFY(!isSignedBy(key.publicKey(), "entry", "byte", signature));
    QVERIFY(!isSignedBy(keys.token().key.publicKey(), "entry", "bytes", signature));
    QVERIFY(!isSignedBy(key.publicKey(), "entry", "bytes", signature.substr(1)));
    QVERIFY(!isSignedBy("", "entry", "bytes", signature));
    QVERIFY(!isSignedBy(std::string(32, '\xff'), "entry", "bytes", signature)); // no point of the curve
    // The line break ends the purpose, so neither part can use bytes of the other.
    QCOMPARE(signedText("a", "b\nc"), std::string{"holdfast trust v1 a\nb\nc"});
}

void TestMemberKeys::formerKeysAreValidForATime()
{
    Fixture fixture{1};
    const auto first = fixture.load();
    const auto now = fixture.clock.now();
    auto keys = first.withNewToken(fixture.random, now, now + 24h);
    QVERIFY(keys.token().key.publicKey() != first.token().key.publicKey());
    QCOMPARE(keys.member().key.publicKey(), first.member().key.publicKey());
    QVERIFY(keys.token().owns(keys.token().key.publicKey(), now + 48h));
    QVERIFY(keys.token().owns(first.token().key.publicKey(), now + 23h));
    QVERIFY(!keys.token().owns(first.token().key.publicKey(), now + 24h));
    QVERIFY(!keys.token().owns(first.member().key.publicKey(), now));

    auto transaction = fixture.store->begin();
    QVERIFY(keys.store({transaction, fixture.barrier, {}}));
    QVERIFY(fixture.store->commitAndWait(std::move(transaction)));
    const auto read = fixture.load();
    QCOMPARE(read.token().key.publicKey(), keys.token().key.publicKey());
    QVERIFY(read.token().former == keys.token().former);

    for (std::size_t n = 0; n < 3 * kFormerKeysMax; ++n) keys = keys.withNewMember(fixture.random, now, now + 24h);
    QCOMPARE(keys.member().former.size(), kFormerKeysMax);
    keys = keys.withNewMember(fixture.random, now + 25h, now + 26h); // keys that no longer count are dropped
    QCOMPARE(keys.member().former.size(), std::size_t{1});
}

/// Class: a member is cut off while its key is replaced, and neither the former key nor the new one has its seat. It could happen at any
/// step: before the new pair is stored, before the primary knows it, or before the member knows that. What holds now: both pairs are stored
/// until the set lists the new one. Until then the present key signs entries, and proofs show the new key with the present key's signature.
void TestMemberKeys::aNextPairSignsNothingBeforeItsTurn()
{
    Fixture fixture{1};
    const auto first = fixture.load();
    const auto now = fixture.clock.now();
    const auto both = first.withNext(fixture.random, now, now + 24h, 3);
    QCOMPARE(both.member().key.publicKey(), first.member().key.publicKey());
    QCOMPARE(both.token().key.publicKey(), first.token().key.publicKey());
    QVERIFY(both.nextMember() && both.proving().key.publicKey() != first.member().key.publicKey());
    const auto store = [&fixture](const MemberKeys& keys) {
        auto transaction = fixture.store->begin();
        QVERIFY(keys.store({transaction, fixture.barrier, {}}));
        QVERIFY(fixture.store->commitAndWait(std::move(transaction)));
    };
    store(both);
    const auto read = fixture.load(); // after a crash
    QVERIFY(read.nextMember());
    QCOMPARE(read.proving().key.publicKey(), both.proving().key.publicKey());
    QCOMPARE(read.proving().renewal, std::uint64_t{3});

    const auto next = read.withNextInPlace();
    store(next);
    const auto after = fixture.load();
    QVERIFY(!after.nextMember());
    QVERIFY(fixture.stored(kNextMemberKeyKey).empty() && fixture.stored(kNextTokenKeyKey).empty());
    QCOMPARE(after.member().key.publicKey(), both.proving().key.publicKey());
    QCOMPARE(after.member().renewal, std::uint64_t{3});
    QVERIFY(after.token().owns(first.token().key.publicKey(), now + 23h));
    // A cluster that knows the former key can check that this key, and no other, has replaced it.
    const auto& former = after.member().former.front();
    QVERIFY(isReplacement(former.publicKey, after.member().key.publicKey(), former.signature));
    QVERIFY(!isReplacement(former.publicKey, after.token().key.publicKey(), former.signature));
    QVERIFY(!isReplacement(after.token().key.publicKey(), after.member().key.publicKey(), former.signature));
    for (const auto key : {kNextMemberKeyKey, kNextTokenKeyKey}) {
        QVERIFY(isPrivateKey(key));
        QVERIFY(!snapshot::Snapshots::holds(key));
        for (const auto type : {replication::Type::Performance, replication::Type::Dr}) QVERIFY(!replication::LinkFilter{type}.carries(key));
    }
}

/// The same as formerKeysAreValidForATime(), for the token keys that a primary keeps of its secondaries and sends to all members.
void TestMemberKeys::formerTokenKeysOfMembersAreValidForATime()
{
    Fixture fixture{1};
    const auto now = fixture.clock.now();
    const auto key = [](char byte) { return std::string(kPublicKeyBytes, byte); };
    TokenMakers makers;
    const auto put = [&](char byte, const char* id, WallTime at) {
        QVERIFY(makers.put(*fixture.store, fixture.barrier, {key(byte), id}, at, at + 24h));
    };
    put('a', "north", now);
    put('b', "north", now);
    put('c', "south", now);
    QVERIFY(makers.find(key('a'), now + 23h) && makers.find(key('a'), now)->secondaryId == "north");
    QVERIFY(!makers.find(key('a'), now + 24h));
    QVERIFY(makers.find(key('b'), now + 99h) && makers.find(key('c'), now + 99h));
    // Members learn until when a former key counts.
    TokenMakers told;
    Fixture other{2};
    QVERIFY(told.replaceTold(*other.store, other.barrier, makers.toldTo({})));
    QVERIFY(told.find(key('a'), now + 23h) && !told.find(key('a'), now + 24h) && told.find(key('b'), now + 99h));
    // A secondary that sends a new key again and again costs a bounded number of rows.
    for (char byte = 'd'; byte < 'z'; ++byte) put(byte, "north", now);
    std::size_t count = 0;
    for (char byte = 'a'; byte < 'z'; ++byte) count += byte != 'c' && makers.find(key(byte), now) ? 1 : 0;
    QCOMPARE(count, TokenMakers::kFormerMax);
    // A revocation removes all of them.
    QVERIFY(makers.remove(*fixture.store, fixture.barrier, TokenMakers::SetType::Performance, "north"));
    for (char byte = 'a'; byte < 'z'; ++byte) QCOMPARE(makers.find(key(byte), now).has_value(), byte == 'c');
}

void TestMemberKeys::moveToAnotherKeyring()
{
    Fixture fixture{1};
    Fixture primary{2};
    const auto keys = fixture.load();
    const auto rows = keys.operations(primary.barrier);
    QVERIFY(rows);
    auto transaction = primary.store->begin();
    for (const auto& row : *rows) transaction.put(row);
    QVERIFY(primary.store->commitAndWait(std::move(transaction)));
    QCOMPARE(primary.load().member().key.publicKey(), keys.member().key.publicKey());
    QCOMPARE(primary.load().token().key.publicKey(), keys.token().key.publicKey());
}

void TestMemberKeys::damagedRowsAreRefusedAndStay_data()
{
    QTest::addColumn<QByteArray>("row");
    QTest::newRow("nothing in it") << QByteArray{};
    QTest::newRow("no message") << QByteArray{"\xff\xff\xff"};
    QTest::newRow("a short seed") << QByteArray{"\x08\x01\x12\x02xx"};
    QTest::newRow("a newer form") << QByteArray{"\x08\x02\x12\x20"
                                                "0123456789abcdef0123456789abcdef"};
}

void TestMemberKeys::damagedRowsAreRefusedAndStay()
{
    QFETCH(QByteArray, row);
    Fixture fixture{1};
    auto transaction = fixture.store->begin();
    QVERIFY((barrier::Scope{transaction, fixture.barrier, {}}.ignored("core/trust/").put("token", row.toStdString())));
    QVERIFY(fixture.store->commitAndWait(std::move(transaction)));
    const auto before = fixture.stored(kTokenKeyKey);
    KeyHolder holder;
    const auto done = holder.load(*fixture.store, fixture.barrier, fixture.random, fixture.clock.now());
    QVERIFY(!done && done.error().code == ErrorCode::Corrupt);
    QVERIFY(!holder.keys());
    QCOMPARE(fixture.stored(kTokenKeyKey), before);
}

// The class: some copy of a cluster's contents takes its private keys along. Places looked at: links of both types and answers to other
// members (LinkFilter), snapshots and safety snapshots (the same writer), their restore, the drill's copy, and activation (it replaces
// everything except what the host keeps). What holds: the two keys stay where they were made.
void TestMemberKeys::copiesOfTheContentsDoNotContainThem()
{
    Fixture fixture{1};
    const auto keys = fixture.load();
    for (const auto type : {replication::Type::Performance, replication::Type::Dr}) {
        for (const auto key : {kMemberKeyKey, kTokenKeyKey}) QVERIFY(!replication::LinkFilter{type}.carries(key));
    }
    QTemporaryDir folder;
    snapshot::Snapshots snapshots{*fixture.store, fixture.barrier, fixture.clock, fixture.random, folder.filePath("scratch").toStdString()};
    const std::filesystem::path file = folder.filePath("file").toStdString();
    QVERIFY(snapshots.save(file, {"id", "name"}));
    for (const auto key : {kMemberKeyKey, kTokenKeyKey}) QVERIFY(!snapshot::Snapshots::holds(key));

    const auto checked = snapshots.check(file, false);
    QVERIFY2(checked, checked ? "" : checked.error().detail.c_str());
    QVERIFY(snapshots.restore(file, *checked, {"id", "name"})); // restored as itself: the keys stay
    QCOMPARE(fixture.load().member().key.publicKey(), keys.member().key.publicKey());
    QVERIFY(snapshots.restoreWithoutRoles(file, {"id", "name"})); // out of every set: new keys
    QVERIFY(fixture.load().member().key.publicKey() != keys.member().key.publicKey());
    QVERIFY(fixture.load().token().key.publicKey() != keys.token().key.publicKey());

    auto twin = snapshots.twin();
    QVERIFY(twin);
    for (const auto key : {kMemberKeyKey, kTokenKeyKey}) QVERIFY(!*twin->contents->store().reader().get(key));
}

QTEST_APPLESS_MAIN(TestMemberKeys)
#include "tst_member_keys.moc"
