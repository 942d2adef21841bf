#include "core/barrier/seal.h"

#include "core/barrier/sealed_value.h"

// Replaces the root key of a replication set: on the cluster that makes the new one, and on the other clusters of the set.

namespace core::barrier {
namespace {

Result<std::string> storedKeyring(log::Transaction& transaction)
{
    auto stored = transaction.get(kKeyringKey); // read in the transaction, so that a rotation at the same time conflicts
    if (!stored) return std::move(stored).error();
    if (!*stored) return Error{ErrorCode::Corrupt, "there is no keyring"};
    return std::move(**stored);
}

} // namespace

std::optional<bool> Seal::isShare(const SecretBytes& share) const
{
    const auto bundle = keyBundle();
    if (!bundle) return std::nullopt;
    return bundle->shares.isShare(share);
}

Result<Seal::Rekeyed> Seal::makeKeys(const ShareCounts& counts) const
{
    const auto keyring = m_barrier.keyring();
    if (!keyring) return keyring.error();
    Rekeyed out;
    out.keys.rootKey = m_random.secret(crypto::kAeadKeyBytes);
    out.keys.replacesRootKeyId = keyring->ids().rootKey;
    auto made = ShareSet::make(counts, out.keys.rootKey, m_random);
    if (!made) return std::move(made).error();
    out.keys.set = std::move(made->set);
    out.shares = std::move(made->shares);
    return out;
}

Result<> Seal::putOwn(log::Transaction& transaction, const ShareSet& set, const SecretBytes& rootKey, bool isFromPrimary) const
{
    for (auto& operation : shareOperations(set, rootKey, isFromPrimary)) transaction.put(std::move(operation));
    if (!m_wrapper) return {};
    auto wrapped = m_wrapper->wrap(kRootKeyKey, rootKey);
    if (!wrapped) return std::move(wrapped).error().withContext("wrapping the root key");
    transaction.put({.kind = log::OperationKind::Put, .key = std::string{kRootKeyKey}, .value = std::move(*wrapped)});
    return {};
}

Result<> Seal::install(log::Transaction& transaction, const NewKeys& keys, bool rotates, WallTime now) const
{
    auto stored = storedKeyring(transaction);
    if (!stored) return std::move(stored).error();
    if (auto current = m_barrier.reload(*stored); !current) return current;
    auto next = m_barrier.keyring();
    if (!next) return std::move(next).error();
    // Two operators could have made shares at the same time. Only the first set can be installed, or the second would undo the first one.
    if (next->ids().rootKey != keys.replacesRootKeyId) {
        return Error{ErrorCode::FailedPrecondition, "the root key was replaced after these key shares were made; start the rekey again"};
    }
    if (rotates) next->rotate(m_random, now);
    next->replaceRootKey(keys.rootKey.clone());
    auto row = m_barrier.putStoredOperation(std::string{kKeyringKey}, next->sealed(m_random));
    if (!row) return std::move(row).error();
    transaction.put(std::move(*row));
    const auto older = transaction.get(kKeySharesKey);
    if (!older) return older.error();
    if (*older) {
        auto erased = m_barrier.eraseOperation(std::string{kKeySharesKey});
        if (!erased) return std::move(erased).error();
        transaction.erase(std::move(*erased));
    }
    if (auto put = putOwn(transaction, keys.set, keys.rootKey, false); !put) return put;
    // Before the commit, so that a reader can open the new keyring as soon as it is visible; see Barrier::reload().
    m_barrier.expectRootKey(keys.rootKey.clone());
    return {};
}

Result<bool> Seal::adoptKeys(log::Transaction& transaction, const KeyBundle& bundle) const
{
    auto stored = storedKeyring(transaction);
    if (!stored) return std::move(stored).error();
    const auto ours = m_barrier.keyring();
    if (!ours) return ours.error();
    const auto theirs = bundle.keyring();
    if (!theirs) return theirs.error();
    if (*stored == bundle.sealedKeyring && ours->ids() == theirs->ids()) return false;
    // All leaves are hashed with the forest key. Another one would make every leaf of this cluster differ from the set.
    if (!(theirs->forestKey() == ours->forestKey())) return Error{ErrorCode::Corrupt, "the primary sent the keys of another replication set"};
    // Adopting such a keyring would lose keys:
    // 1. The old primary rotates. This cluster gets the new term and values sealed with it.
    // 2. The old primary is lost. A cluster that missed the rotation is promoted.
    // 3. The new primary sends its keyring, which lacks the term. The values could never be opened again.
    if (!theirs->holdsTermsOf(*ours)) {
        return Error{ErrorCode::FailedPrecondition, "the primary's keyring lacks terms that values of this cluster are sealed with (it was "
                                                    "promoted without the last rotation); activate this cluster again with a new token"};
    }
    auto row = m_barrier.putStoredOperation(std::string{kKeyringKey}, bundle.sealedKeyring);
    if (!row) return std::move(row).error();
    transaction.put(std::move(*row));
    if (auto put = putOwn(transaction, bundle.shares, bundle.rootKey, true); !put) return std::move(put).error();
    m_barrier.expectRootKey(bundle.rootKey.clone());
    return true;
}

} // namespace core::barrier
