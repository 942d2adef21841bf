#pragma once

#include "core/replication/proofs/link_identity.h"

namespace core::replication {

/// Decides for a primary whether the other end of a connection is the cluster that has the secondary's seat. Single-threaded, as its link.
class SeatProof {
public:
    /// `memberKey`: the secondary must prove this key; empty: none is known. `standIns`: or one of these, of its DR copies.
    SeatProof(trust::LinkClaim claim, std::string memberKey, std::vector<std::string> standIns);

    /// This end's half of the proofs.
    const LinkIdentity& identity() const { return m_identity; }
    /// The proof in a hello. Empty: accepted. Otherwise why it is refused.
    std::string refusalOf(const wire::LinkProof& proof);
    /// The member key that the secondary has proved; empty: none.
    const std::string& provenKey() const { return m_provenKey; }
    /// The former key of this seat that the proved key replaced; empty: none.
    const std::string& replacedKey() const { return m_replacedKey; }

private:
    LinkIdentity m_identity;
    std::vector<std::string> m_keys; // one of them must be proved; empty: none is known
    std::string m_provenKey;
    std::string m_replacedKey;
};

} // namespace core::replication
