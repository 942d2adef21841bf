#pragma once

#include "core/replication/seams/key_source.h"
#include "core/replication/scope/link_filter.h"
#include "core/replication/roles/manager_services.h"

namespace core::replication {

/// The keys of the set: what a primary sends of them, and how a secondary stores them. Thread-safe.
class SetKeys final : public KeySource {
public:
    explicit SetKeys(const ManagerServices& services) : m_services{services} {}

    std::uint64_t keysVersion() const override;
    barrier::Keyring::Ids keyIds() const override;
    bool isRekeyed() const override;
    Result<SecretBytes> keyBundle() const override;
    bool isKeyringTakeable(std::string_view stored) const override;
    std::string tokenKey() const override;
    std::uint64_t tokenKeysVersion() const override;
    std::string tokenKeys() const override;

    /// Stores the keyring, shares and root key that this cluster's primary sent, under this node's own seal, in one transaction. The
    /// transaction conflicts with a change of the role. Blocking: an automatic seal may take seconds. Errors: Corrupt, FailedPrecondition
    /// (no secondary any more, or the keys cannot replace ours), those of the seal, Io.
    Result<> adopt(Type type, const SecretBytes& bundle) const;

private:
    const ManagerServices& m_services;
};

} // namespace core::replication
