#include "core/replication/proofs/seat_proof.h"

namespace core::replication {

SeatProof::SeatProof(trust::LinkClaim claim, std::string memberKey, std::vector<std::string> standIns) : m_identity{std::move(claim)}
{
    if (memberKey.empty()) return;
    m_keys = std::move(standIns);
    m_keys.push_back(std::move(memberKey));
}

std::string SeatProof::refusalOf(const wire::LinkProof& proof)
{
    m_provenKey = m_identity.provenKey(proof, true);
    if (m_keys.empty()) return {}; // the first key takes the seat, or the secondary is of an older version
    const std::string known = m_provenKey.empty() ? std::string{} : LinkIdentity::knownKey(proof, m_keys);
    if (known != m_provenKey) m_replacedKey = known;
    if (!known.empty()) return {};
    return m_provenKey.empty() ? "this secondary proves its key, and the one that connects does not"
                               : "another cluster's key holds this seat; if its token was used twice, revoke the secondary";
}

} // namespace core::replication
