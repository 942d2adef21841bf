#include "core/snapshot/snapshots.h"

#include "core/barrier/seal.h"
#include "core/base/logging.h"

namespace core::snapshot {
namespace {

Error otherKeys()
{
    return Error{ErrorCode::PermissionDenied, "the snapshot was made under other keys; only a cluster with those keys can verify it"};
}

/// The keyring in the snapshot, opened with the root key of this cluster.
Result<barrier::Keyring> keyringOf(const storage::Reader& contents, const barrier::Barrier& own)
{
    auto ours = own.keyring();
    if (!ours) return std::move(ours).error();
    for (const auto key : {barrier::kSealConfigKey, barrier::kRootKeyKey, barrier::kKeyringKey}) {
        const auto stored = contents.get(key);
        if (!stored) return stored.error();
        if (!*stored)
            return Error{ErrorCode::Corrupt, "the snapshot has no row " + std::string{key} + "; a cluster restored from it could not be unsealed"};
    }
    const auto sealed = contents.get(barrier::kKeyringKey);
    if (!sealed) return sealed.error();
    auto keyring = barrier::Keyring::open(**sealed, ours->rootKey());
    // A rekey has replaced the root key since then. We have the term that the checksums opened with, and a restore keeps the present keyring.
    if (!keyring) return ours;
    return keyring;
}

/// Checks that every value opens under the keyring and matches its leaf. Returns their number.
Result<std::uint64_t> openAll(const storage::Reader& contents, const barrier::Barrier& barrier, const merkle::Forest& forest)
{
    std::uint64_t count = 0;
    for (const std::string_view storageClass : {"l/", "s/"}) {
        Result<> failure;
        auto scanned = contents.scan(storageClass, storage::endOfPrefix(storageClass), [&](std::string_view key, std::string_view value) {
            ++count;
            if (key != barrier::kKeyringKey) {
                const auto opened = barrier.openValue(key, value);
                if (!opened) { // more people see the error than the log, so it does not name the key
                    logging::error("snapshot", "a value of a snapshot could not be opened", {{"error", toString(opened.error())}});
                    failure = Error{ErrorCode::Corrupt, "a value of the snapshot does not open (the server's log says which)"};
                }
            }
            const auto made = failure ? barrier.putStoredOperation(std::string{key}, std::string{value}) : Result<log::Operation>{failure.error()};
            if (!made) {
                failure = made.error();
            } else if (forest.find(merkle::treeOf(key), made->keyHash) != made->leafDigest) {
                failure = Error{ErrorCode::Corrupt, "a leaf of the snapshot does not match its value"};
            }
            return failure.has_value();
        });
        if (!scanned) return std::move(scanned).error();
        if (!failure) return std::move(failure).error();
    }
    return count;
}

} // namespace

Result<Snapshots::Copy> Snapshots::unpack(const std::filesystem::path& file)
{
    auto store = ThrowAwayStore::open(m_scratch, m_clock, m_random);
    if (!store) return Error{ErrorCode::Io, "making a store to restore into: " + store.error().detail}; // not the snapshot's fault
    auto opened = readArchive(file, sealing(), [&](Entry&& entry) -> Result<> {
        if (!holds(entry.key)) return Error{ErrorCode::Corrupt, "the snapshot holds a key that does not belong in a snapshot"};
        entry.kind = log::OperationKind::Put;
        return (*store)->add(std::move(entry));
    });
    if (!opened) return std::move(opened).error();
    if (auto flushed = (*store)->flush(); !flushed) return std::move(flushed).error();
    return Copy{std::move(*opened), std::move(*store)};
}

Result<Snapshots::Proof> Snapshots::prove(const std::filesystem::path& file)
{
    const auto began = m_clock.steadyNow();
    auto copy = unpack(file);
    if (!copy) return std::move(copy).error();
    if (!copy->opened.isSealedByUs) return otherKeys();
    auto& store = copy->contents->store();
    auto keyring = keyringOf(store.reader(), m_barrier);
    if (!keyring) return std::move(keyring).error().withContext("the snapshot's keyring");
    barrier::Barrier restored{m_random};
    restored.unseal(std::move(*keyring));
    const auto count = openAll(store.reader(), restored, store.forest());
    if (!count) return count.error();

    Proof proof;
    proof.meta = std::move(copy->opened.meta);
    proof.root = store.forest().root(merkle::isReplicated);
    proof.keyCount = *count;
    if (proof.root != proof.meta.root) {
        return Error{ErrorCode::Corrupt, "the restored snapshot has the root " + proof.root + ", not " + proof.meta.root + " as recorded"};
    }
    if (!proof.meta.forestRoot.empty() && proof.root != proof.meta.forestRoot) {
        return Error{ErrorCode::Corrupt, "the snapshot's root is " + proof.root + ", but the cluster's was " + proof.meta.forestRoot +
                                             " at the same index: run a reindex of the cluster"};
    }
    proof.at = m_clock.now();
    proof.duration = std::chrono::duration_cast<std::chrono::milliseconds>(m_clock.steadyNow() - began);
    return proof;
}

} // namespace core::snapshot
