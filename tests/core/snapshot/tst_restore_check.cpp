#ifndef Q_MOC_RUN // moc of Qt 6.4 cannot read all of gcc 12's standard library
#include "core/barrier/scope.h"
#include "core/barrier/seal.h"
#include "core/barrier/store_format.h"
#include "core/barrier/stored_seal.h"
#include "core/log/memory_file_system.h"
#include "core/snapshot/snapshots.h"
#include "core/storage/memory_engine.h"
#endif

#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <fstream>

// The class: a restore trusts an archive because its checksums match. But anybody can compute them. The cluster is then replaced by
// contents that nobody can unseal, or that a stranger can initialise again.
// Places looked at: everything that replaces contents (snapshot, snapshot-force, a safety snapshot that is put back, the drill's copy, an
// activation, which brings its own keys), and every row that says that a store was initialised.
// What holds: checkArchive() runs before each restore. If it refuses, the store is unchanged. A store that was
// initialised always refuses initialisation, by a row of its own.

using namespace core;

namespace {

struct Fixture {
    explicit Fixture(std::uint64_t seed, barrier::ShareCounts counts = {1, 1}) : random{seed}, barrier{random}
    {
        auto opened = log::Store::open(std::make_unique<storage::MemoryEngine>(), files, clock, random, {});
        if (!opened) qFatal("store: %s", toString(opened.error()).c_str());
        store = std::move(*opened);
        seal = std::make_unique<barrier::Seal>(barrier, store->reader(), random);
        auto transaction = store->begin();
        auto made = seal->initialize(transaction, counts, clock.now());
        if (!made) qFatal("no seal");
        shares = std::move(*made);
        if (!store->commitAndWait(std::move(transaction))) qFatal("no first commit");
        snapshots = std::make_unique<snapshot::Snapshots>(*store, barrier, clock, random);
        for (const auto* path : {"a", "b", "c"}) put(path, "value");
    }
    ~Fixture() { store->stop(); }

    void put(const std::string& path, const std::string& value)
    {
        auto transaction = store->begin();
        if (!barrier::Scope{transaction, barrier, {}}.shared("logical/u/").put(path, value)) qFatal("put");
        if (!store->commitAndWait(std::move(transaction))) qFatal("commit");
    }
    std::map<std::string, std::string> contents() const
    {
        std::map<std::string, std::string> out;
        for (const std::string_view range : {"i/", "l/", "s/"}) {
            (void)store->reader().scan(range, storage::endOfPrefix(range), [&](std::string_view key, std::string_view value) {
                out.emplace(key, value);
                return true;
            });
        }
        return out;
    }
    std::vector<snapshot::Entry> entries() const
    {
        std::vector<snapshot::Entry> out;
        for (const std::string_view range : {"i/core/root-key", "i/core/seal-config", "l/", "s/"}) {
            (void)store->reader().scan(range, storage::endOfPrefix(range), [&](std::string_view key, std::string_view value) {
                out.push_back(*barrier.putStoredOperation(std::string{key}, std::string{value}));
                return true;
            });
        }
        return out;
    }
    /// Writes an archive of the entries after `edit` has changed them. Its checksums are sealed with this cluster's keys.
    void write(const std::filesystem::path& file, const std::function<void(std::vector<snapshot::Entry>&)>& edit, snapshot::Meta meta = {}) const
    {
        auto all = entries();
        edit(all);
        const auto source = [&all](const std::function<Result<>(const snapshot::Entry&)>& take) -> Result<> {
            for (const auto& entry : all) {
                if (auto taken = take(entry); !taken) return taken;
            }
            return {};
        };
        meta.id = meta.clusterId = meta.clusterName = meta.createdAt = meta.version = "x";
        if (!snapshot::writeArchive(file, meta, source, snapshot::sealingOf(barrier))) qFatal("no archive");
    }
    Result<> restore(const std::filesystem::path& file, bool isForced, const std::vector<SecretBytes>& given = {})
    {
        const auto checked = snapshots->check(file, isForced, given);
        if (!checked) return checked.error();
        return snapshots->restore(file, *checked, {"id", "name"});
    }
    bool canBeInitialized()
    {
        barrier::Barrier other{random};
        barrier::Seal again{other, store->reader(), random};
        auto transaction = store->begin();
        return again.initialize(transaction, {1, 1}, clock.now()).has_value();
    }

    SeededRandom random;
    FakeClock clock;
    log::MemoryFileSystem files;
    barrier::Barrier barrier;
    std::unique_ptr<log::Store> store;
    std::unique_ptr<barrier::Seal> seal;
    std::vector<SecretBytes> shares;
    std::unique_ptr<snapshot::Snapshots> snapshots;
};

using Entries = std::vector<snapshot::Entry>;
using Edit = std::function<void(Entries&)>;

snapshot::Entry& at(Entries& entries, std::string_view key)
{
    const auto found = std::ranges::find(entries, key, &snapshot::Entry::key);
    if (found == entries.end()) qFatal("no such key");
    return *found;
}

Edit without(std::string_view key)
{
    return [key](Entries& entries) { std::erase_if(entries, [key](const auto& entry) { return entry.key == key; }); };
}

enum class Seen { Always, WithKeys, WithOtherKeys };

struct Damaged {
    const char* name;
    Edit edit;
    Seen seen = Seen::Always;
};

constexpr std::string_view kA = "s/logical/u/a";

const std::vector<Damaged>& damaged()
{
    static const std::vector<Damaged> all{
        {"nothing in it", [](Entries& e) { e.clear(); }},
        {"no seal configuration", without(barrier::kSealConfigKey)},
        {"no root key", without(barrier::kRootKeyKey)},
        {"no keyring", without(barrier::kKeyringKey)},
        {"a seal configuration that is none", [](Entries& e) { at(e, barrier::kSealConfigKey).value = "\xff\xff"; }},
        {"an empty seal configuration", [](Entries& e) { at(e, barrier::kSealConfigKey).value.clear(); }},
        {"a short root key", [](Entries& e) { at(e, barrier::kRootKeyKey).value.pop_back(); }},
        {"a root key of another version", [](Entries& e) { at(e, barrier::kRootKeyKey).value[0] = 2; }},
        {"a short keyring", [](Entries& e) { at(e, barrier::kKeyringKey).value.resize(20); }},
        {"a keyring of a term", [](Entries& e) { at(e, barrier::kKeyringKey).value[1] = 1; }},
        {"a value that is not sealed", [](Entries& e) { at(e, kA).value = "x"; }},
        {"a value of no term", [](Entries& e) { at(e, kA).value[1] = 0; }},
        {"no leaf", [](Entries& e) { at(e, kA).leafDigest = {}; }},
        {"a key of this cluster alone", [](Entries& e) { at(e, kA).key = "i/core/trust/member"; }},
        {"a key of the store's own", [](Entries& e) { at(e, kA).key = "m/applied"; }},
        {"a key of no class", [](Entries& e) { at(e, kA).key = "q/logical/u/a"; }},
        {"a class without a key", [](Entries& e) { at(e, kA).key = "s/"; }},
        {"a key twice", [](Entries& e) { e.push_back(e.back()); }},
        {"a seal row twice", [](Entries& e) { e.insert(e.begin(), e.front()); }},
        {"keys out of order", [](Entries& e) { std::swap(e[e.size() - 1], e[e.size() - 2]); }},
        {"an altered value", [](Entries& e) { at(e, kA).value.back() = static_cast<char>(at(e, kA).value.back() ^ 1); }, Seen::WithKeys},
        {"a value moved to another key", [](Entries& e) { at(e, kA).value = at(e, "s/logical/u/b").value; }, Seen::WithKeys},
        {"a leaf of another value", [](Entries& e) { at(e, kA).leafDigest = at(e, "s/logical/u/b").leafDigest; }, Seen::WithKeys},
        // Under our own keys our keyring stays, and the archive's need not open: it can be older than the present root key.
        {"an altered keyring",
         [](Entries& e) { at(e, barrier::kKeyringKey).value.back() = static_cast<char>(at(e, barrier::kKeyringKey).value.back() ^ 1); },
         Seen::WithOtherKeys},
    };
    return all;
}

} // namespace

class TestRestoreCheck : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void refusesWhatCouldNotBeUnsealed_data();
    void refusesWhatCouldNotBeUnsealed();
    void refusesARootThatIsNotThatOfTheEntries();
    void provesOtherKeysWithTheirShares();
    void warnsOfWhatWasNotProven();
    void bringsBackNoKeysThatWereReplaced();
    void takesANewerKeyringAndNoContradictingOne();
    void aStoreIsInitialisedOnce();
    void aSnapshotOfANewerProgramIsRefused();

private:
    std::filesystem::path path(const char* name) { return m_directory.filePath(QString::fromLatin1(name)).toStdString(); }
    QTemporaryDir m_directory;
};

void TestRestoreCheck::refusesWhatCouldNotBeUnsealed_data()
{
    QTest::addColumn<int>("row");
    QTest::addColumn<bool>("areKeysOurs");
    QTest::addColumn<bool>("areSharesGiven");
    for (int row = 0; row < static_cast<int>(damaged().size()); ++row) {
        const auto& each = damaged()[static_cast<std::size_t>(row)];
        if (each.seen != Seen::WithOtherKeys) QTest::addRow("our keys, %s", each.name) << row << true << false;
        QTest::addRow("other keys with shares, %s", each.name) << row << false << true;
        if (each.seen == Seen::Always) QTest::addRow("other keys, %s", each.name) << row << false << false;
    }
}

void TestRestoreCheck::refusesWhatCouldNotBeUnsealed()
{
    QFETCH(int, row);
    QFETCH(bool, areKeysOurs);
    QFETCH(bool, areSharesGiven);
    Fixture fixture{1}, other{2};
    auto& from = areKeysOurs ? fixture : other;
    // Sealed with the right keys, so that only the contents show the damage. A stranger's seal is worth even less.
    from.write(path("damaged.snap"), damaged()[static_cast<std::size_t>(row)].edit);
    const auto before = fixture.contents();
    std::vector<SecretBytes> shares;
    if (areSharesGiven) shares.push_back(other.shares.front().clone());
    const auto restored = fixture.restore(path("damaged.snap"), true, shares);
    QVERIFY2(!restored, "it was taken");
    QVERIFY(fixture.contents() == before);
    QVERIFY(!fixture.canBeInitialized());
}

void TestRestoreCheck::refusesARootThatIsNotThatOfTheEntries()
{
    Fixture fixture{3};
    snapshot::Meta meta;
    meta.forestRoot = std::string(40, 'a');
    fixture.write(
        path("root.snap"), [](Entries&) {}, meta);
    const auto before = fixture.contents();
    QVERIFY(!fixture.restore(path("root.snap"), true));
    QVERIFY(fixture.contents() == before);
}

void TestRestoreCheck::provesOtherKeysWithTheirShares()
{
    Fixture fixture{4}, other{5, {3, 2}};
    other.write(path("other.snap"), [](Entries&) {});
    std::vector<SecretBytes> shares;
    shares.push_back(other.shares[0].clone());
    QVERIFY(fixture.snapshots->check(path("other.snap"), true, shares).error().code == ErrorCode::InvalidArgument); // one of two
    shares.push_back(fixture.shares[0].clone());
    QVERIFY(fixture.snapshots->check(path("other.snap"), true, shares).error().code == ErrorCode::InvalidArgument); // not its own
    shares.back() = other.shares[2].clone();
    const auto checked = fixture.snapshots->check(path("other.snap"), true, shares);
    QVERIFY2(checked, checked ? "" : checked.error().detail.c_str());
    QVERIFY(checked->keys == snapshot::CheckedArchive::Keys::Given);
    QVERIFY(checked->areSumsSealed && checked->warnings.empty());
    QVERIFY(fixture.snapshots->restore(path("other.snap"), *checked, {"id", "name"}));
    barrier::Barrier opened{fixture.random};
    opened.unseal(checked->keyring->clone());
    QVERIFY(opened.isAuthentic(kA, fixture.contents().at(std::string{kA})));
    QVERIFY(!fixture.canBeInitialized());
}

void TestRestoreCheck::warnsOfWhatWasNotProven()
{
    Fixture fixture{6}, other{7};
    other.write(path("foreign.snap"), [](Entries&) {});
    const auto foreign = fixture.snapshots->check(path("foreign.snap"), true);
    QVERIFY(foreign);
    QVERIFY(foreign->keys == snapshot::CheckedArchive::Keys::Unknown);
    QCOMPARE(foreign->warnings.size(), std::size_t{1});
    QVERIFY(foreign->warnings[0].find("no value could be opened") != std::string::npos);

    // Made by somebody without the keys, from genuine entries: all values open, but some entries can be missing.
    auto all = fixture.entries();
    std::erase_if(all, [](const auto& entry) { return entry.key == kA; });
    snapshot::Meta meta;
    meta.id = meta.clusterId = meta.clusterName = meta.createdAt = meta.version = "x";
    const snapshot::Sealing none{[](std::string_view) -> Result<std::string> { return std::string{"x"}; },
                                 [](std::string_view) -> Result<std::string> {
                                     return Error{ErrorCode::Corrupt, ""};
                                 }};
    QVERIFY(snapshot::writeArchive(
        path("cut.snap"), meta,
        [&all](const std::function<Result<>(const snapshot::Entry&)>& take) -> Result<> {
            for (const auto& entry : all) {
                if (auto taken = take(entry); !taken) return taken;
            }
            return {};
        },
        none));
    QVERIFY(fixture.snapshots->check(path("cut.snap"), false).error().code == ErrorCode::PermissionDenied);
    const auto cut = fixture.snapshots->check(path("cut.snap"), true);
    QVERIFY(cut);
    QVERIFY(cut->keys == snapshot::CheckedArchive::Keys::Ours && !cut->areSumsSealed);
    QVERIFY(cut->warnings.size() == 1 && cut->warnings[0].find("entries can be missing") != std::string::npos);
}

void TestRestoreCheck::bringsBackNoKeysThatWereReplaced()
{
    Fixture fixture{8};
    fixture.write(path("old.snap"), [](Entries&) {});
    const auto made = fixture.seal->makeKeys({1, 1});
    auto transaction = fixture.store->begin();
    QVERIFY(fixture.seal->install(transaction, made->keys, false, {}));
    QVERIFY(fixture.store->commitAndWait(std::move(transaction)));
    const auto before = fixture.contents();
    QVERIFY(fixture.barrier.reload(before.at(std::string{barrier::kKeyringKey})));
    fixture.put("a", "later");
    QVERIFY(fixture.restore(path("old.snap"), false));
    for (const auto key : {barrier::kRootKeyKey, barrier::kSealConfigKey, barrier::kShareChecksKey, barrier::kKeyringKey}) {
        QVERIFY2(fixture.contents().at(std::string{key}) == before.at(std::string{key}), std::string{key}.c_str());
    }
    QVERIFY(fixture.seal->verifyShares(made->shares));
    QVERIFY(!fixture.seal->verifyShares(fixture.shares)); // the shares of that time stay invalid
}

void TestRestoreCheck::takesANewerKeyringAndNoContradictingOne()
{
    Fixture fixture{9};
    auto mine = fixture.barrier.keyring();
    auto newer = mine->clone();
    newer.rotate(fixture.random, fixture.clock.now());
    auto contradicting = mine->clone();
    contradicting.rotate(fixture.random, fixture.clock.now());
    // An archive that was saved after a rotation that this older cluster does not have.
    barrier::Barrier later{fixture.random};
    later.unseal(newer.clone());
    const auto archiveOf = [&](const char* name) {
        fixture.write(path(name), [&](Entries& entries) {
            at(entries, barrier::kKeyringKey) = *later.putStoredOperation(std::string{barrier::kKeyringKey}, newer.sealed(fixture.random));
            at(entries, kA) = *later.putOperation(std::string{kA}, "later");
        });
    };
    archiveOf("newer.snap");
    const auto checked = fixture.snapshots->check(path("newer.snap"), true);
    QVERIFY2(checked, checked ? "" : checked.error().detail.c_str());
    QVERIFY(checked->keyring && checked->keyring->terms().size() == 2);
    // This cluster has another key under the same term number.
    fixture.barrier.unseal(std::move(contradicting));
    const auto refused = fixture.snapshots->check(path("newer.snap"), true);
    QVERIFY(!refused);
    QVERIFY2(refused.error().detail.find("different keys") != std::string::npos, refused.error().detail.c_str());
}

void TestRestoreCheck::aStoreIsInitialisedOnce()
{
    Fixture fixture{10};
    QVERIFY(!fixture.canBeInitialized());
    // Each row of a seal or a keyring is enough to refuse. If all are gone, the mark is enough.
    for (const auto left : {barrier::kInitializedKey, barrier::kSealConfigKey, barrier::kRootKeyKey, barrier::kKeyringKey}) {
        Fixture each{11};
        auto transaction = each.store->begin();
        for (const auto key : {barrier::kInitializedKey, barrier::kSealConfigKey, barrier::kRootKeyKey, barrier::kKeyringKey}) {
            if (key != left) transaction.erase(*each.barrier.eraseOperation(std::string{key}));
        }
        QVERIFY(each.store->commitAndWait(std::move(transaction)));
        QVERIFY2(!each.canBeInitialized(), std::string{left}.c_str());
    }
    // A restore under other keys removes this cluster's other own rows, but never the mark.
    Fixture other{12};
    other.write(path("forced.snap"), [](Entries&) {});
    QVERIFY(fixture.restore(path("forced.snap"), true));
    QVERIFY(fixture.contents().contains(std::string{barrier::kInitializedKey}));
    QCOMPARE(fixture.contents()[std::string{barrier::kStoreFormatKey}], barrier::StoreFormat::current().encode());
    QVERIFY(fixture.seal->status()->isInitialized);
}

void TestRestoreCheck::aSnapshotOfANewerProgramIsRefused()
{
    Fixture fixture{13};
    const auto before = fixture.contents();
    snapshot::Meta meta;
    meta.storeFormat = barrier::kStoreFormat + 1;
    fixture.write(
        path("newer.snap"), [](Entries&) {}, meta);
    for (const bool isForced : {false, true}) {
        const auto refused = fixture.restore(path("newer.snap"), isForced);
        QVERIFY(!refused);
        const auto& text = refused.error().detail;
        QVERIFY2(text.find("the snapshot has format") != std::string::npos && text.find("Holdfast x") != std::string::npos &&
                     text.find("Holdfast " HOLDFAST_VERSION) != std::string::npos,
                 text.c_str());
        QCOMPARE(fixture.contents(), before);
    }
}

QTEST_APPLESS_MAIN(TestRestoreCheck)
#include "tst_restore_check.moc"
