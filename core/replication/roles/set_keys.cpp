#include "core/replication/roles/set_keys.h"

#include "core/base/logging.h"
#include "core/log/commit_retry.h"
#include "core/replication/set/role.h"

namespace core::replication {
std::uint64_t SetKeys::keysVersion() const
{
    if (m_services.barrier.isRootKeyExpected()) { // a rekey is being committed: its keyring counts as soon as it can be read
        const auto stored = m_services.store.reader().get(barrier::kKeyringKey);
        if (stored && *stored) static_cast<void>(m_services.barrier.reload(**stored));
    }
    return m_services.barrier.version();
}

barrier::Keyring::Ids SetKeys::keyIds() const
{
    const auto keyring = m_services.barrier.keyring();
    return keyring ? keyring->ids() : barrier::Keyring::Ids{};
}

bool SetKeys::isRekeyed() const
{
    const auto keyring = m_services.barrier.keyring();
    return keyring && keyring->rootGeneration() > 0;
}

Result<SecretBytes> SetKeys::keyBundle() const
{
    auto bundle = m_services.seal.keyBundle();
    if (!bundle) return std::move(bundle).error();
    if (auto keyring = bundle->keyring(); !keyring) return std::move(keyring).error();
    return bundle->serialize();
}

bool SetKeys::isKeyringTakeable(std::string_view stored) const
{
    const auto ours = m_services.barrier.keyring();
    if (!ours) return false;
    const auto theirs = barrier::Keyring::open(stored, ours->rootKey());
    return theirs && theirs->holdsTermsOf(*ours);
}

std::string SetKeys::tokenKey() const
{
    const auto keys = m_services.ownKeys ? m_services.ownKeys->keys() : std::nullopt;
    return keys ? keys->token().key.publicKey() : std::string{};
}

std::uint64_t SetKeys::tokenKeysVersion() const
{
    return m_services.tokenMakers ? m_services.tokenMakers->version() : 0;
}

std::string SetKeys::tokenKeys() const
{
    const auto keys = m_services.ownKeys ? m_services.ownKeys->keys() : std::nullopt;
    if (!keys || !m_services.tokenMakers) return {};
    std::vector<trust::TokenMakers::Maker> own{{keys->token().key.publicKey(), {}}};
    for (const auto& former : keys->token().former) {
        if (m_services.clock.now() < former.countsUntil)
            own.push_back({former.publicKey, {}, trust::TokenMakers::SetType::Performance, former.countsUntil});
    }
    return m_services.tokenMakers->toldTo(own);
}

Result<> SetKeys::adopt(Type type, const SecretBytes& bundle) const
{
    const auto keys = barrier::KeyBundle::parse(bundle.view());
    if (!keys) return keys.error();
    bool isExpecting = false; // the barrier expects the new root key, from one of the tries
    auto adopted = log::commitAgainOnConflict(m_services.store, "storing the primary's keys", [&](log::Transaction& transaction) -> Result<> {
        const barrier::Scope scope{transaction, m_services.barrier, kRoleAccess};
        auto role = Role::load(scope, type); // read in the transaction, so a promotion at the same time conflicts
        if (!role) return std::move(role).error();
        if (role->mode != Mode::Secondary) return Error{ErrorCode::FailedPrecondition, "this cluster is no secondary any more"};
        auto taken = m_services.seal.adoptKeys(transaction, *keys); // false: this node holds these keys already
        if (!taken) return std::move(taken).error();
        isExpecting = isExpecting || *taken;
        return {};
    });
    if (isExpecting && (!adopted || !*adopted)) m_services.barrier.expectRootKey({});
    if (!adopted) return std::move(adopted).error();
    if (!*adopted) return {};
    // The barrier loads what the store holds. A rotation may have come in between.
    const auto stored = m_services.store.reader().get(barrier::kKeyringKey);
    if (!stored) return stored.error();
    if (auto loaded = m_services.barrier.reload(stored->value_or("")); !loaded) return loaded;
    logging::warn("replication", "the root key and the key shares are the primary's new ones from now on", {{"type", std::string{toString(type)}}});
    return {};
}

} // namespace core::replication
