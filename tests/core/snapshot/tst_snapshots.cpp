#ifndef Q_MOC_RUN // moc of Qt 6.4 cannot read all of gcc 12's standard library
#include "core/barrier/seal.h"
#include "core/log/memory_file_system.h"
#include "core/replication/set/role.h"
#include "core/trust/rekey_due.h"
#include "core/snapshot/auto_snapshots.h"
#include "core/storage/memory_engine.h"
#endif

#include <QTemporaryDir>
#include <QtTest>

#include <fstream>
#include <set>

using namespace core;
using namespace std::chrono_literals;

namespace {

/// A cluster's store and barrier, with snapshots on them.
struct Fixture {
    explicit Fixture(std::uint64_t seed, snapshot::Snapshots::Signing signing = {}) : random{seed}, barrier{random}
    {
        auto opened = log::Store::open(std::make_unique<storage::MemoryEngine>(), files, clock, random, {});
        if (!opened) qFatal("store: %s", toString(opened.error()).c_str());
        store = std::move(*opened);
        seal = std::make_unique<barrier::Seal>(barrier, store->reader(), random);
        auto transaction = store->begin();
        if (!seal->initialize(transaction, {1, 1}, clock.now())) qFatal("no seal");
        if (!store->commitAndWait(std::move(transaction))) qFatal("no first commit");
        snapshots = std::make_unique<snapshot::Snapshots>(*store, barrier, clock, random, std::filesystem::path{}, std::move(signing));
        automatic = std::make_unique<snapshot::AutoSnapshots>(*store, barrier, *snapshots, clock);
    }
    ~Fixture() { store->stop(); }

    void write(const std::function<Result<>(const barrier::Scope&)>& body)
    {
        auto transaction = store->begin();
        if (auto done = body({transaction, barrier, {}}); !done) qFatal("write: %s", toString(done.error()).c_str());
        if (auto done = store->commitAndWait(std::move(transaction)); !done) qFatal("commit: %s", toString(done.error()).c_str());
    }
    void put(const std::string& path, const std::string& value)
    {
        write([&](const barrier::Scope& scope) { return scope.shared("logical/").put(path, value); });
    }
    std::optional<std::string> get(const std::string& path)
    {
        auto transaction = store->begin();
        auto value = barrier::Scope{transaction, barrier, {}}.shared("logical/").get(path);
        return value ? *value : std::nullopt;
    }
    /// The same steps as in the API.
    Result<> restore(const std::filesystem::path& file, bool isForced, const std::vector<SecretBytes>& shares = {})
    {
        const auto checked = snapshots->check(file, isForced, shares);
        if (!checked) return checked.error();
        return snapshots->restore(file, *checked, {"id", "name"});
    }
    std::string root() const { return store->forest().root(merkle::isReplicated); }
    snapshot::ScheduleStatus status(const std::string& name)
    {
        auto transaction = store->begin();
        return *automatic->status({transaction, barrier, {}}, name);
    }

    SeededRandom random;
    FakeClock clock;
    log::MemoryFileSystem files;
    barrier::Barrier barrier;
    std::unique_ptr<log::Store> store;
    std::unique_ptr<barrier::Seal> seal;
    std::unique_ptr<snapshot::Snapshots> snapshots;
    std::unique_ptr<snapshot::AutoSnapshots> automatic;
};

const snapshot::Snapshots::Identity kIdentity{"id", "name"};

} // namespace

class TestSnapshots : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void restoresWhatWasSaved();
    void opensWhatStaysAfterARotation();
    void keepsWhatMembersMustNotHave();
    void refusesOtherKeysUnlessForced();
    void aDamagedFileChangesNothing();
    void provesThatASnapshotCanBeRestored();
    void provesNothingOfOtherKeys();
    void findsWhatARestoreWouldNotBringBack();
    void runsOnItsCadenceAndKeepsTheNewest();
    void keepsWhatCouldNotBeTriedBesideWhatWasProven();
    void removesWhatCannotBeRestored();
    void countsRunsThatWereMissed();
    void asksWhoSignedIt();
    void failsWhenTheSpaceIsUsedUp();

private:
    std::filesystem::path path(const QString& name) { return m_directory.filePath(name).toStdString(); }
    snapshot::ScheduleConfig schedule(Fixture& fixture, const QString& folder, std::uint64_t space = 1'000'000)
    {
        snapshot::ScheduleConfig config;
        config.name = "auto";
        config.interval = 600s;
        config.retain = 2;
        config.pathPrefix = path(folder).string();
        config.storageType = "local";
        config.localMaxSpace = space;
        config.anchor = fixture.clock.now();
        fixture.write([&](const barrier::Scope& scope) { return fixture.automatic->put(scope, config); });
        return config;
    }
    static std::size_t filesIn(const snapshot::ScheduleConfig& config)
    {
        std::size_t count = 0;
        for (const auto& file : std::filesystem::directory_iterator{config.pathPrefix}) {
            count += snapshot::isFileOf(config, file.path().filename().string()) ? 1 : 0;
        }
        return count;
    }
    QTemporaryDir m_directory;
};

void TestSnapshots::restoresWhatWasSaved()
{
    Fixture fixture{1};
    for (int n = 0; n < 300; ++n) fixture.put("key/" + std::to_string(n), "before");
    const auto before = fixture.root();
    const auto saved = fixture.snapshots->save(path("a.snap"), kIdentity);
    QVERIFY(saved);
    fixture.put("key/1", "after");
    fixture.put("new", "after");
    QVERIFY(fixture.root() != before);
    const auto restored = fixture.restore(path("a.snap"), false);
    QVERIFY2(restored, restored ? "" : restored.error().detail.c_str());
    QCOMPARE(*fixture.get("key/1"), std::string{"before"});
    QVERIFY(!fixture.get("new"));
    QCOMPARE(fixture.root(), before);
}

// A snapshot is older than the cluster. What was decided about members since then must not be undone by a restore: who must not get a mount, whose requests
// are bounded, and that the root key is in wrong hands. Other rows of this class: roles, key shares, the keys of wrapping tokens, the trust log (`i/`).
void TestSnapshots::keepsWhatMembersMustNotHave()
{
    Fixture fixture{15};
    const std::string filter = "core/replication/filters/edge";
    const std::string bound = "core/replication/forwarding/edge";
    const auto shared = [&](const std::string& path, const std::string& value) {
        fixture.write([&](const barrier::Scope& scope) { return scope.shared("").put(path, value); });
    };
    const auto read = [&](const std::string& path) {
        auto transaction = fixture.store->begin();
        const auto value = barrier::Scope{transaction, fixture.barrier, {}}.shared("").get(path);
        return !value ? QString{"fault"} : QString::fromStdString(value->value_or("none"));
    };
    shared("core/replication/filters/gone", "old");
    QVERIFY(fixture.snapshots->save(path("members.snap"), kIdentity));
    shared(filter, "deny");
    shared(bound, "bounded");
    fixture.write([](const barrier::Scope& scope) { return scope.shared("core/replication/filters/").erase("gone"); });
    trust::RekeyDue due;
    due.add("edge");
    due.renewal = 3;
    fixture.write([&](const barrier::Scope& scope) { return due.store(scope); });

    QVERIFY(fixture.restore(path("members.snap"), false));
    QCOMPARE(read(filter), QString{"deny"});
    QCOMPARE(read(bound), QString{"bounded"});
    QCOMPARE(read("core/replication/filters/gone"), QString{"none"});
    auto transaction = fixture.store->begin();
    const auto kept = trust::RekeyDue::load({transaction, fixture.barrier, {}});
    QVERIFY(kept && kept->isRequired());
    QCOMPARE(kept->renewal, std::uint64_t{3});
}

void TestSnapshots::opensWhatStaysAfterARotation()
{
    Fixture fixture{14};
    fixture.put("a", "before");
    QVERIFY(fixture.snapshots->save(path("rotated.snap"), kIdentity));
    fixture.write([&fixture](const barrier::Scope& scope) { return fixture.barrier.rotate(scope.transaction(), fixture.clock.now()); });
    QVERIFY(fixture.barrier.reload(**fixture.store->reader().get(barrier::kKeyringKey)));
    // This cluster's own data and its role are sealed with the new term, and both stay.
    const std::string role = replication::Role::key(replication::Type::Performance);
    fixture.write([](const barrier::Scope& scope) { return scope.ignored("").put("mine", "x"); });
    fixture.write([&role](const barrier::Scope& scope) { return scope.local("").put(role.substr(2), "primary"); });
    QVERIFY(fixture.restore(path("rotated.snap"), false));

    const auto keyring = fixture.store->reader().get(barrier::kKeyringKey);
    QVERIFY(keyring && *keyring);
    auto opened = barrier::Keyring::open(**keyring, fixture.barrier.keyring()->rootKey());
    QVERIFY(opened);
    barrier::Barrier restarted{fixture.random};
    restarted.unseal(std::move(*opened));
    for (const auto& key : {std::string{"i/mine"}, role}) {
        const auto stored = fixture.store->reader().get(key);
        QVERIFY(stored && *stored);
        QVERIFY2(restarted.openValue(key, **stored), key.c_str());
    }
    QCOMPARE(*fixture.get("a"), std::string{"before"});
}

void TestSnapshots::refusesOtherKeysUnlessForced()
{
    Fixture one{2}, other{3};
    one.put("a", "ours");
    QVERIFY(one.snapshots->save(path("b.snap"), kIdentity));
    other.put("a", "theirs");
    other.write([](const barrier::Scope& scope) { return scope.ignored("").put("mine", "x"); });
    const auto refused = other.restore(path("b.snap"), false);
    QVERIFY(!refused);
    QVERIFY(refused.error().detail.starts_with("could not verify hash file"));
    QCOMPARE(*other.get("a"), std::string{"theirs"});
    QVERIFY(other.restore(path("b.snap"), true));
    QCOMPARE(other.root(), one.root()); // the same bytes, though these keys cannot open them
    QVERIFY(!other.get("a"));
    // Nothing is left that only the former keys open. Only the cluster's name is kept.
    const auto identity = other.store->reader().get(snapshot::kRestoredIdentityKey);
    QVERIFY(identity && *identity);
    QCOMPARE(QByteArray::fromStdString(**identity), QByteArray{R"({"name":"name","id":"id"})"});
    QVERIFY(!*other.store->reader().get("i/mine"));
}

void TestSnapshots::aDamagedFileChangesNothing()
{
    Fixture fixture{4};
    fixture.put("a", "b");
    QVERIFY(fixture.snapshots->save(path("c.snap"), kIdentity));
    std::ifstream in{path("c.snap"), std::ios::binary};
    std::string bytes{std::istreambuf_iterator<char>{in}, {}};
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    std::ofstream{path("c.snap"), std::ios::binary} << bytes;
    fixture.put("a", "c");
    const auto root = fixture.root();
    for (const bool isForced : {false, true}) QVERIFY(!fixture.restore(path("c.snap"), isForced));
    QCOMPARE(fixture.root(), root);
}

/// The class: contents that a former member has put together, sealed with the keys that it keeps. It could happen to a restore of a set's own
/// keys (here); of other keys nobody's signature counts, and their shares prove who gives them. Links and activations have proofs of their own.
void TestSnapshots::asksWhoSignedIt()
{
    const trust::SigningKey own{SecretBytes::copyOf(std::string(32, 'o'))};
    const trust::SigningKey member{SecretBytes::copyOf(std::string(32, 'm'))};
    const trust::SigningKey* signer = &own;
    bool hadMembers = true;
    std::set<std::string> present{own.publicKey(), member.publicKey()};
    Fixture fixture{11,
                    {[&](std::string_view sums, WallTime now) -> std::optional<snapshot::SumsSignature> {
                         if (!signer) return std::nullopt;
                         return snapshot::SumsSignature::make(*signer, sums, "set", now);
                     },
                     [&](std::string_view key, WallTime) { return present.contains(std::string{key}); }, [&] { return hadMembers; }}};
    fixture.put("a", "before");
    const auto signedBy = [&](const trust::SigningKey* key, const QString& name) {
        signer = key;
        if (!fixture.snapshots->save(path(name), kIdentity)) qFatal("not saved");
        auto checked = fixture.snapshots->check(path(name), false);
        if (!checked) qFatal("not checked");
        return *std::move(checked);
    };
    const auto ours = signedBy(&own, "own.snap");
    const auto theirs = signedBy(&member, "member.snap");
    const auto nobodys = signedBy(nullptr, "unsigned.snap");
    QCOMPARE(ours.signature->setId, std::string{"set"});
    QVERIFY(fixture.snapshots->checkSigner(ours));
    QVERIFY(fixture.snapshots->checkSigner(theirs));
    QVERIFY(fixture.snapshots->checkSigner(nobodys).error().detail.starts_with("the snapshot is not signed: "));
    present.erase(member.publicKey()); // revoked
    QVERIFY(fixture.snapshots->checkSigner(theirs).error().detail.starts_with("the snapshot is signed by a cluster that is not a member"));
    hadMembers = false;
    QVERIFY(fixture.snapshots->checkSigner(theirs) && fixture.snapshots->checkSigner(nobodys));
    // With its own keys a cluster proves what it saved; other keys are another matter.
    Fixture other{12, {{}, [](std::string_view, WallTime) { return false; }, [] { return true; }}};
    QVERIFY(other.snapshots->checkSigner(*other.snapshots->check(path("own.snap"), true)));
}

void TestSnapshots::provesThatASnapshotCanBeRestored()
{
    Fixture fixture{8};
    for (int n = 0; n < 300; ++n) fixture.put("key/" + std::to_string(n), std::string(static_cast<std::size_t>(n), 'x'));
    const auto before = fixture.root();
    const auto saved = fixture.snapshots->save(path("p.snap"), kIdentity);
    QVERIFY(saved);
    QCOMPARE(saved->root, before);
    QCOMPARE(saved->forestRoot, before);
    fixture.put("key/1", "after");
    const auto proof = fixture.snapshots->prove(path("p.snap"));
    QVERIFY2(proof, proof ? "" : proof.error().detail.c_str());
    QCOMPARE(proof->root, before);
    QCOMPARE(proof->keyCount + 2, saved->keyCount); // all except the two rows of the seal
    QVERIFY(fixture.root() != before);              // nothing was changed here
}

void TestSnapshots::provesNothingOfOtherKeys()
{
    Fixture one{9}, other{10};
    one.put("a", "ours");
    QVERIFY(one.snapshots->save(path("q.snap"), kIdentity));
    const auto proof = other.snapshots->prove(path("q.snap"));
    QVERIFY(!proof);
    QVERIFY(proof.error().code == ErrorCode::PermissionDenied);
}

void TestSnapshots::findsWhatARestoreWouldNotBringBack()
{
    Fixture fixture{11};
    fixture.put("a", "b");
    const auto sealing = snapshot::Sealing{[&](std::string_view sums) { return fixture.barrier.sealValue("i/snapshot/SHA256SUMS", sums); },
                                           [&](std::string_view sealed) { return fixture.barrier.openValue("i/snapshot/SHA256SUMS", sealed); }};
    // Files with correct checksums and wrong contents. In each one thing is missing or damaged.
    const auto write = [&](const QString& name, const std::function<bool(snapshot::Entry&)>& keeps) {
        const auto source = [&](const std::function<Result<>(const snapshot::Entry&)>& take) -> Result<> {
            for (const auto* range : {"i/core/root-key", "i/core/seal-config", "l/", "s/"}) {
                Result<> failure;
                const std::string from{range};
                (void)fixture.store->reader().scan(from, storage::endOfPrefix(from), [&](std::string_view key, std::string_view value) {
                    auto entry = fixture.barrier.putStoredOperation(std::string{key}, std::string{value});
                    if (entry && keeps(*entry)) failure = take(*entry);
                    return failure.has_value();
                });
                if (!failure) return failure;
            }
            return {};
        };
        snapshot::Meta meta;
        meta.id = meta.clusterId = meta.clusterName = meta.createdAt = meta.version = "x";
        meta.forestRoot = fixture.root();
        if (!snapshot::writeArchive(path(name), meta, source, sealing)) qFatal("no archive");
        return fixture.snapshots->prove(path(name));
    };
    QVERIFY(write("whole.snap", [](snapshot::Entry&) { return true; }));
    const auto lost = write("lost.snap", [](snapshot::Entry& entry) { return entry.key.find("logical/a") == std::string::npos; });
    QVERIFY(!lost);
    QVERIFY2(lost.error().detail.find("the cluster's was") != std::string::npos, lost.error().detail.c_str());
    const auto noKeyring = write("keyring.snap", [](snapshot::Entry& entry) { return entry.key != barrier::kKeyringKey; });
    QVERIFY(!noKeyring);
    QVERIFY2(noKeyring.error().detail.find("has no row s/core/keyring") != std::string::npos, noKeyring.error().detail.c_str());
    const auto damaged = write("damaged.snap", [](snapshot::Entry& entry) {
        if (entry.key.ends_with("logical/a")) entry.value.back() = static_cast<char>(entry.value.back() ^ 1);
        return true;
    });
    QVERIFY(!damaged);
    QVERIFY2(damaged.error().detail.find("does not open") != std::string::npos, damaged.error().detail.c_str());
}

void TestSnapshots::runsOnItsCadenceAndKeepsTheNewest()
{
    Fixture fixture{5};
    const auto config = schedule(fixture, "auto");
    fixture.automatic->tick(kIdentity);
    QVERIFY(!std::filesystem::exists(config.pathPrefix)); // nothing is due yet
    for (int run = 1; run <= 4; ++run) {
        fixture.clock.advance(599s);
        fixture.automatic->tick(kIdentity);
        fixture.clock.advance(1s);
        fixture.automatic->tick(kIdentity);
        fixture.automatic->tick(kIdentity); // only once per run
        QCOMPARE(filesIn(config), std::size_t(std::min(run, 2)));
    }
    const auto status = fixture.status("auto");
    QVERIFY(status.lastError.empty());
    QVERIFY(status.lastUrl.starts_with("file://" + config.pathPrefix + "/vault-snapshot-"));
    QCOMPARE(status.missedRuns, std::uint64_t{0});
    QVERIFY(fixture.snapshots->inspect(status.lastUrl.substr(7)));
    QCOMPARE(status.provenUrl, status.lastUrl); // fetched back and restored
    QVERIFY(!status.provenRoot.empty());
    QCOMPARE(status.successCount, std::uint64_t{4});
    QCOMPARE(status.storedCount, std::uint64_t{2});
    QVERIFY(status.storedBytes >= status.snapshotBytes);
}

void TestSnapshots::keepsWhatCouldNotBeTriedBesideWhatWasProven()
{
    Fixture fixture{12};
    const auto config = schedule(fixture, "unproven");
    fixture.clock.advance(600s);
    fixture.automatic->tick(kIdentity);
    const auto proven = fixture.status("auto").provenUrl;
    QVERIFY(!proven.empty());
    // From now on nothing can be restored as a test, because the folder for it cannot be made.
    std::ofstream{path("a file")} << "x";
    snapshot::Snapshots cramped{*fixture.store, fixture.barrier, fixture.clock, fixture.random, path("a file") / "below"};
    snapshot::AutoSnapshots automatic{*fixture.store, fixture.barrier, cramped, fixture.clock};
    for (int run = 0; run < 4; ++run) {
        fixture.clock.advance(600s);
        automatic.tick(kIdentity);
    }
    const auto status = fixture.status("auto");
    QVERIFY2(status.lastError.find("could not be verified: cannot create") != std::string::npos, status.lastError.c_str());
    QCOMPARE(status.successCount, std::uint64_t{5});
    QCOMPARE(status.provenUrl, proven);
    QVERIFY(std::filesystem::exists(proven.substr(7))); // they have not pushed it out
    QCOMPARE(filesIn(config), std::size_t{3});          // the two of `retain`, and it
}

void TestSnapshots::removesWhatCannotBeRestored()
{
    Fixture fixture{13};
    const auto config = schedule(fixture, "damaged");
    fixture.clock.advance(600s);
    fixture.automatic->tick(kIdentity);
    QCOMPARE(filesIn(config), std::size_t{1});
    // A stored value that does not open, so every snapshot has the same damage.
    auto transaction = fixture.store->begin();
    auto stored = fixture.barrier.putOperation("s/logical/damaged", "x");
    stored->value.back() = static_cast<char>(stored->value.back() ^ 1);
    stored->leafDigest = *fixture.barrier.leafDigest(stored->keyHash, stored->value);
    transaction.put(std::move(*stored));
    QVERIFY(fixture.store->commitAndWait(std::move(transaction)));
    const auto before = fixture.status("auto");
    fixture.clock.advance(600s);
    fixture.automatic->tick(kIdentity);
    const auto status = fixture.status("auto");
    QVERIFY2(status.lastError.find("was not kept") != std::string::npos && status.lastError.find("does not open") != std::string::npos,
             status.lastError.c_str());
    QCOMPARE(status.consecutiveErrors, 1u);
    QCOMPARE(status.lastUrl, before.lastUrl);
    QCOMPARE(filesIn(config), std::size_t{1});
    QVERIFY(std::filesystem::exists(status.lastUrl.substr(7)));
}

void TestSnapshots::countsRunsThatWereMissed()
{
    Fixture fixture{6};
    const auto config = schedule(fixture, "missed");
    fixture.clock.advance(600s * 5 + 300s); // five runs passed, the last one 300 s ago
    fixture.automatic->tick(kIdentity);
    QCOMPARE(fixture.status("auto").missedRuns, std::uint64_t{5});
    QVERIFY(!std::filesystem::exists(config.pathPrefix));
    fixture.clock.advance(300s); // on schedule again
    fixture.automatic->tick(kIdentity);
    QCOMPARE(filesIn(config), std::size_t{1});
    QCOMPARE(fixture.status("auto").missedRuns, std::uint64_t{5});
}

void TestSnapshots::failsWhenTheSpaceIsUsedUp()
{
    Fixture fixture{7};
    fixture.put("large", std::string(20'000, 'x'));
    const auto config = schedule(fixture, "full", 10'000);
    fixture.clock.advance(600s);
    fixture.automatic->tick(kIdentity);
    const auto status = fixture.status("auto");
    QVERIFY2(status.lastError.starts_with("not enough space"), status.lastError.c_str());
    QCOMPARE(status.consecutiveErrors, 1u);
    QCOMPARE(filesIn(config), std::size_t{0});
}

QTEST_APPLESS_MAIN(TestSnapshots)
#include "tst_snapshots.moc"
