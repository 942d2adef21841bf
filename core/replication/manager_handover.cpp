#include "core/replication/manager.h"

#include "core/base/logging.h"

namespace core::replication {

namespace {

/// Written when an acceptance could not be: once this is stored, what failed before it never comes back.
constexpr const char* kDeclinedKey = "i/core/replication/declined";

} // namespace

void ReplicationManager::handoverAsked(Type type, wire::Handover asked)
{
    // One after the other, so that a CANCEL is answered when the offer before it has been decided.
    m_background.post([this, type, asked = std::move(asked)]() mutable {
        MutexLock operation{m_operation};
        auto why = acceptHandover(type, asked);
        wipe(*asked.mutable_role());
        if (!why || !mayDecline(type)) return;
        logging::info("replication", "a switchover to this cluster is off", {{"type", std::string{toString(type)}}, {"why", *why}});
        wire::HandoverAnswer answer;
        answer.set_id(asked.id());
        answer.set_detail(std::move(*why));
        if (m_transport) m_transport->answerHandover(type, answer);
    });
}

bool ReplicationManager::mayDecline(Type type)
{
    if (role(type)->mode != Mode::Secondary) return false;
    if (!m_isAcceptanceInDoubt) return true;
    // An acceptance that failed to be stored may be found by the next start, unless something has been stored behind it.
    log::Transaction transaction = m_services.store.begin();
    transaction.put({log::OperationKind::Put, kDeclinedKey, m_services.random.uuid(), {}, {}});
    if (!m_services.store.commitAndWait(std::move(transaction))) return false;
    if (auto loaded = loadRoles(); !loaded || role(type)->mode != Mode::Secondary) return false;
    m_isAcceptanceInDoubt = false;
    return true;
}

std::optional<std::string> ReplicationManager::acceptHandover(Type type, const wire::Handover& asked)
{
    if (asked.step() != wire::Handover::OFFER) return "the primary has taken the offer back";
    const auto current = role(type);
    if (current->mode != Mode::Secondary || !isPlayed(type)) return "this cluster is no secondary";
    auto offered = Role::decode(asked.role());
    if (!offered || !offered->authority || offered->mode != Mode::Primary) return "the offer is not a primary's role";
    if (offered->setId != current->setId) return "the offer is of another set";
    const Epoch known = std::max(epochKnown(*current), positionOf(type).epoch);
    if (offered->epoch <= known) return "a later primary is known here";
    if (self().clusterAddress.empty()) return "this cluster has no cluster address that others could follow";

    Role next = std::move(*offered);
    next.primaryClusterAddress.clear(); // its own, from now on
    const Epoch epoch = next.epoch;
    if (auto promoted = promoteTo(type, std::move(next), known); !promoted) {
        logging::error("replication", "could not store the role that was offered", {{"error", toString(promoted.error())}});
        if (role(type)->mode == Mode::Primary) return std::nullopt; // stored after all
        m_isAcceptanceInDoubt = true;
        return "storing the role: " + promoted.error().detail;
    }
    reloadLater();
    logging::info("replication", "took the primary role over",
                  {{"type", std::string{toString(type)}}, {"epoch", core::toString(epoch)}});
    return std::nullopt;
}

} // namespace core::replication
