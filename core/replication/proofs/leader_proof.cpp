#include "core/replication/proofs/leader_proof.h"

namespace core::replication {

void LeaderProof::begin(trust::LinkClaim claim)
{
    m_identity.claim = std::move(claim);
    m_provenKey.clear();
}

std::string LeaderProof::keyOf(const wire::LinkProof& proof) const
{
    std::string key = m_identity.provenKey(proof, false);
    if (!key.empty() && isDue() && LinkIdentity::knownKey(proof, m_keys).empty()) return {};
    return key;
}

bool LeaderProof::accept(const wire::LinkProof& proof)
{
    m_provenKey = keyOf(proof);
    if (!isDue()) { // activated by an older version: from now on this key counts
        if (!m_provenKey.empty()) m_proven = Proven{m_provenKey, {}};
        return true;
    }
    if (m_provenKey.empty()) return false;
    if (m_provenKey == m_keys.front()) return true;
    if (const auto known = LinkIdentity::knownKey(proof, m_keys); known != m_provenKey) m_proven = Proven{m_provenKey, known};
    // A member that may succeed the primary. The link checks its epoch and statement next.
    std::erase(m_keys, m_provenKey);
    m_keys.insert(m_keys.begin(), m_provenKey);
    return true;
}

} // namespace core::replication
