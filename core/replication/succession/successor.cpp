#include "core/replication/succession/successor.h"

#include "core/base/logging.h"

namespace core::replication {

namespace {

/// Written after an acceptance could not be stored. When this record is stored, the failed one can no longer appear at the next start.
constexpr const char* kDeclinedKey = "i/core/replication/declined";

} // namespace

void Successor::asked(Type type, wire::Handover asked)
{
    // One after another, in order. So a CANCEL is answered only after the offer before it has been decided.
    m_services.background->post([this, type, asked = std::move(asked)]() mutable {
        MutexLock operation{m_roles.operation};
        auto why = accept(type, asked);
        wipe(*asked.mutable_role());
        if (!why || !mayDecline(type)) return;
        logging::info("replication", "this cluster has declined a switchover", {{"type", std::string{toString(type)}}, {"why", *why}});
        wire::HandoverAnswer answer;
        answer.set_id(asked.id());
        answer.set_detail(std::move(*why));
        if (m_roles.transport()) m_roles.transport()->answerHandover(type, answer);
    });
}

bool Successor::mayDecline(Type type)
{
    if (m_roles.role(type)->mode != Mode::Secondary) return false;
    if (!m_isAcceptanceInDoubt) return true;
    // 1. Storing the acceptance fails. The log may still hold the record, not synced.
    // 2. This cluster declines, and the primary writes again.
    // 3. This cluster restarts, finds the record, and is a primary too.
    //
    // So it declines only after another record is stored behind the failed one. If that fails as well, it does not answer, and the primary
    // keeps waiting.
    log::Transaction transaction = m_services.store.begin();
    transaction.put({log::OperationKind::Put, kDeclinedKey, m_services.random.uuid(), {}, {}});
    if (!m_services.store.commitAndWait(std::move(transaction))) return false;
    if (auto loaded = m_roles.load(); !loaded || m_roles.role(type)->mode != Mode::Secondary) return false;
    m_isAcceptanceInDoubt = false;
    return true;
}

std::string Successor::signEntry(Type type, const std::string& encoded, const wire::Handover& asked, TrustChanges& given) const
{
    if (encoded.empty()) return {};
    const auto present = m_roles.trust(type);
    const auto keys = m_services.ownKeys ? m_services.ownKeys->keys() : std::nullopt;
    if (!present || !keys) return "this cluster keeps no trust log of the " + std::string{toString(type)} + " set yet";
    trust::TrustLog log = *present;
    for (const auto& told : asked.trust()) {
        if (told.type() == (type == Type::Dr ? 2U : 1U)) log.take({told.entries().begin(), told.entries().end()});
    }
    auto entry = trust::Entry::parse(encoded);
    if (!entry) return "the offer's entry of the trust log: " + core::toString(entry.error());
    if (entry->kind != trust::EntryKind::Handover || entry->authority != keys->member().key.publicKey())
        return "the offer is for another cluster's key";
    entry->sign(keys->member().key);
    if (auto taken = log.append(std::move(*entry)); !taken) return "the offer's entry of the trust log: " + core::toString(taken.error());
    given[type == Type::Dr] = TrustChange{std::move(log)};
    return {};
}

std::optional<std::string> Successor::accept(Type type, const wire::Handover& asked)
{
    if (asked.step() != wire::Handover::OFFER) return "the primary has taken the offer back";
    const auto current = m_roles.role(type);
    if (current->mode != Mode::Secondary || !m_roles.isPlayed(type)) return "this cluster is no secondary";
    auto offered = Role::decode(asked.role());
    if (!offered || !offered->authority || offered->mode != Mode::Primary) return "the offer is not a primary's role";
    if (offered->setId != current->setId) return "the offer is of another set";
    const Epoch known = std::max(epochKnown(*current), m_roles.positionOf(type).epoch);
    if (offered->epoch <= known) return "a later primary is known here";
    if (m_roles.self().clusterAddress.empty()) return "this cluster has no cluster address that others could follow";

    TrustChanges given;
    for (const auto& [of, entry] : {std::pair{type, &asked.entry()}, std::pair{Type::Performance, &asked.performance_entry()}}) {
        if (auto why = signEntry(of, *entry, asked, given); !why.empty()) return why;
    }
    Role next = std::move(*offered);
    next.primaryClusterAddress.clear(); // the new primary uses its own address
    const Epoch epoch = next.epoch;
    if (auto promoted = m_roles.promote(type, std::move(next), known, std::move(given)); !promoted) {
        logging::error("replication", "could not store the role that was offered", {{"error", toString(promoted.error())}});
        if (m_roles.role(type)->mode == Mode::Primary) return std::nullopt; // stored after all: this cluster is the primary
        m_isAcceptanceInDoubt = true;
        return "storing the role: " + promoted.error().detail;
    }
    m_roles.reloadLater();
    logging::info("replication", "took the primary role over", {{"type", std::string{toString(type)}}, {"epoch", core::toString(epoch)}});
    return std::nullopt;
}

} // namespace core::replication
