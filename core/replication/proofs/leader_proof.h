#pragma once

#include "core/replication/proofs/link_identity.h"

#include <optional>
#include <utility>

namespace core::replication {

/// Decides for a secondary whether the other end of a connection proves the key of a cluster that it may follow. Single-threaded, as its link.
class LeaderProof {
public:
    /// The other end must prove one of these keys. The first is the primary's own, the others are those of members that may succeed it.
    /// Empty: none is known yet.
    void setKeys(std::vector<std::string> keys) { m_keys = std::move(keys); }
    bool isDue() const { return !m_keys.empty(); }
    /// The primary's key; empty: none is known.
    std::string leader() const { return isDue() ? m_keys.front() : std::string{}; }

    /// A new connection: nothing is proved on it yet.
    void begin(trust::LinkClaim claim);
    /// This end's half of the proofs.
    const LinkIdentity& identity() const { return m_identity; }
    /// The leader's key that the proof proves; empty: none.
    std::string keyOf(const wire::LinkProof& proof) const;
    /// The proof in a Welcome. False: this cluster must not follow the other end.
    bool accept(const wire::LinkProof& proof);
    /// The key that was proved on this connection; empty: none.
    const std::string& provenKey() const { return m_provenKey; }

    struct Proven {
        std::string key, replaced;
    };
    /// The proved key, once: if none was known, or if it has replaced the known one.
    std::optional<Proven> takeProven() { return std::exchange(m_proven, std::nullopt); }

private:
    LinkIdentity m_identity;
    std::vector<std::string> m_keys;
    std::string m_provenKey;
    std::optional<Proven> m_proven;
};

} // namespace core::replication
