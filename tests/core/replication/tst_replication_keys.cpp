#include <QtTest>

#include "core/barrier/seal.h"
#include "tests/core/replication/link_world.h"

using namespace testing;

namespace {

/// The keys of one cluster. Its keyring row is "root:term" in the clear, and opens with the root key that it names.
class FakeKeys final : public KeySource {
public:
    explicit FakeKeys(TestStore& store) : m_store{store} {}
    std::uint64_t keysVersion() const override { return version; }
    barrier::Keyring::Ids keyIds() const override { return {root, std::to_string(term())}; }
    bool isRekeyed() const override { return wasRekeyed; }
    Result<SecretBytes> keyBundle() const override { return SecretBytes::copyOf(std::string_view{row()}); }
    bool isKeyringTakeable(std::string_view stored) const override { return opens(stored) && termOf(stored) >= term(); }

    std::string row() const { return m_store.get(std::string{barrier::kKeyringKey})->value_or(root + ":0"); }
    int term() const { return termOf(row()); }
    /// Whether the next start could open what is stored.
    bool isStoredRowOpen() const { return opens(row()); }

    /// As a rekey, a rotation or a primary's keys do it: first the row in the log, then the keys in memory.
    void replace(std::string nextRoot, int nextTerm)
    {
        wasRekeyed = wasRekeyed || nextRoot != root;
        root = std::move(nextRoot);
        m_store.write({m_store.put(std::string{barrier::kKeyringKey}, root + ":" + std::to_string(nextTerm))});
        ++version;
    }

    static int termOf(std::string_view text) { return std::stoi(std::string{text.substr(text.find(':') + 1)}); }
    std::string root = "r1";
    std::uint64_t version = 1;
    bool wasRekeyed = false;

private:
    bool opens(std::string_view text) const { return text.starts_with(root + ":"); }
    TestStore& m_store;
};

struct World : LinkWorld {
    explicit World(std::uint64_t seed = 1) : LinkWorld{Type::Performance, seed}
    {
        primaryKeys = &keysOfPrimary;
        secondaryKeys = &keysOfSecondary;
        storeKeys = [this](const SecretBytes& bundle) -> Result<> {
            if (sealFailure) return *sealFailure;
            const auto row = bundle.view();
            keysOfSecondary.replace(std::string{row.substr(0, row.find(':'))}, FakeKeys::termOf(row));
            ++keysStored;
            return {};
        };
        keysOfPrimary.replace("r1", 1);
        keysOfSecondary.replace("r1", 1);
        restartSecondary();
    }
    bool hasPrimarysKeys() const { return keysOfSecondary.row() == keysOfPrimary.row() && keysOfSecondary.isStoredRowOpen(); }

    FakeKeys keysOfPrimary{primary};
    FakeKeys keysOfSecondary{secondary};
    std::optional<Error> sealFailure;
    int keysStored = 0;
};

} // namespace

// The class: a row opens only with a key that arrives in another row or frame. Places looked at: the stream, a reconciliation, links of
// both types, a relay's log. What holds: the root key arrives first, and a row that does not open with the key held here is not stored. So
// every cluster can open its own storage at every moment.
class TestReplicationKeys : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aConnectedSecondaryGetsTheKeysBeforeTheRow();
    void aRotationArrivesWithItsRecord();
    void aSecondaryThatWasAwayGetsTheNewestKeys_data();
    void aSecondaryThatWasAwayGetsTheNewestKeys();
    void aSealThatFailsChangesNothing();
    void anOlderProgramIsRefusedOnceItCannotFollow();
    void anyOrderOfRekeysCutsAndCrashesEndsEqual_data();
    void anyOrderOfRekeysCutsAndCrashesEndsEqual();
};

void TestReplicationKeys::aConnectedSecondaryGetsTheKeysBeforeTheRow()
{
    World world;
    QVERIFY(world.settle());
    const auto differences = world.rootsDifferent();
    world.keysOfPrimary.replace("r2", 1);
    world.writeSomething();
    QVERIFY(world.settle());
    QVERIFY(world.hasPrimarysKeys() && world.areContentsEqual());
    QCOMPARE(world.keysStored, 1);
    QCOMPARE(world.rootsDifferent(), differences);
    QCOMPARE(world.primaryLink->peer().keys.rootKey, std::string{"r2"}); // it has reported them
}

void TestReplicationKeys::aRotationArrivesWithItsRecord()
{
    World world;
    QVERIFY(world.settle());
    world.keysOfPrimary.replace("r1", 2);
    QVERIFY(world.settle());
    QCOMPARE(world.keysStored, 0);
    QCOMPARE(world.secondary.get(std::string{barrier::kKeyringKey})->value(), std::string{"r1:2"});
    QVERIFY(world.areContentsEqual());
}

void TestReplicationKeys::aSecondaryThatWasAwayGetsTheNewestKeys_data()
{
    QTest::addColumn<bool>("isLogGone");
    QTest::newRow("streamed to") << false;
    QTest::newRow("reconciled") << true;
}

void TestReplicationKeys::aSecondaryThatWasAwayGetsTheNewestKeys()
{
    QFETCH(bool, isLogGone);
    World world;
    QVERIFY(world.settle());
    world.cut();
    world.keysOfPrimary.replace("r1", 2);
    world.writeSomething();
    world.keysOfPrimary.replace("r2", 2);
    world.writeSomething();
    world.keysOfPrimary.replace("r3", 3);
    world.writeSomething();
    if (isLogGone) world.primary.forgetRecordsBefore(world.primary.appliedIndex());
    const auto differences = world.rootsDifferent();
    QVERIFY(world.settle());
    QVERIFY(world.hasPrimarysKeys() && world.areContentsEqual());
    QCOMPARE(world.keysStored, 1);
    QCOMPARE(world.rootsDifferent(), differences);
}

void TestReplicationKeys::aSealThatFailsChangesNothing()
{
    World world;
    QVERIFY(world.settle());
    world.sealFailure = Error{ErrorCode::Unavailable, "the HSM is away"};
    world.keysOfPrimary.replace("r2", 1);
    world.writeSomething();
    QVERIFY(!world.settle(20));
    QVERIFY(world.keysOfSecondary.isStoredRowOpen());
    QCOMPARE(world.keysOfSecondary.root, std::string{"r1"});
    QVERIFY(world.lastSecondaryFailure && world.lastSecondaryFailure->detail.find("the HSM is away") != std::string::npos);
    world.sealFailure.reset();
    QVERIFY(world.settle());
    QVERIFY(world.hasPrimarysKeys() && world.areContentsEqual());
}

void TestReplicationKeys::anOlderProgramIsRefusedOnceItCannotFollow()
{
    World world;
    world.secondaryKeys = nullptr;
    world.restartSecondary();
    QVERIFY(world.settle()); // as before, while the keys are the first ones
    world.keysOfPrimary.replace("r2", 1);
    world.writeSomething();
    QVERIFY(!world.settle(20));
    QVERIFY(world.wasRefused);
    QCOMPARE(world.secondary.get(std::string{barrier::kKeyringKey})->value(), std::string{"r1:1"}); // not locked out
}

void TestReplicationKeys::anyOrderOfRekeysCutsAndCrashesEndsEqual_data()
{
    QTest::addColumn<quint64>("seed");
    for (quint64 seed = 1; seed <= 200; ++seed) QTest::addRow("seed %llu", static_cast<unsigned long long>(seed)) << seed;
}

void TestReplicationKeys::anyOrderOfRekeysCutsAndCrashesEndsEqual()
{
    QFETCH(quint64, seed);
    World world{seed};
    int root = 1, term = 1;
    for (int step = 0; step < 120; ++step) {
        if (!world.isConnected()) world.connect();
        switch (world.pick(12)) {
        case 0: world.keysOfPrimary.replace("r" + std::to_string(++root), term); break;
        case 1: world.keysOfPrimary.replace("r" + std::to_string(root), ++term); break;
        case 2: world.cut(); break;
        case 3: world.restartSecondary(); break;
        case 4: world.primary.forgetRecordsBefore(world.primary.appliedIndex()); break;
        case 5: world.advance(std::chrono::milliseconds{400}); break;
        case 6: world.takeKeys(); break;
        case 7: world.beginApply(); break;
        case 8: world.finishApply(); break;
        default:
            world.writeSomething();
            world.deliverToPrimary(world.pick(400));
            world.deliverToSecondary(world.pick(4000));
        }
        QVERIFY(world.keysOfSecondary.isStoredRowOpen()); // killed at any moment, it opens again
    }
    QVERIFY(world.settle());
    QVERIFY(world.hasPrimarysKeys() && world.areContentsEqual());
}

QTEST_APPLESS_MAIN(TestReplicationKeys)
#include "tst_replication_keys.moc"
