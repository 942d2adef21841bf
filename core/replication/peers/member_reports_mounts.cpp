#include "core/base/logging.h"
#include "core/base/origin.h"
#include "core/replication/wire/peer.pb.h"
#include "core/replication/peers/member_reports.h"
#include "core/replication/peers/link_verdict.h"

#include <algorithm>

namespace core::replication {

namespace {

constexpr std::size_t kMountsMax = 1'000; // of one member
constexpr std::size_t kPathBytesMax = 512;
constexpr std::size_t kTextBytesMax = 600;
constexpr int kConflictsMax = 20;
constexpr std::chrono::milliseconds kTellMax{1000};
constexpr std::chrono::seconds kTellInterval{10}; // the primary forgets the list when it restarts

} // namespace

void MemberReports::tick()
{
    tellPrimary();
    reportBelow();
}

void MemberReports::tellPrimary()
{
    const auto& manager = m_services.manager;
    if (!m_services.localMounts || !m_questions.transport() || !manager.isPerformanceSecondary()) return;
    if (manager.roles().report(Type::Performance).connection != ConnectionState::Ready) {
        m_reportAt = {}; // the next connection may be to another primary
        return;
    }
    LocalReport all{m_services.localMounts(), m_questions.mountConflicts(), m_questions.auditFailure()};
    const SteadyTime now = m_services.clock.steadyNow();
    if (all == m_lastReport && (all == LocalReport{} || now < m_reportAt)) return;
    wire::PeerRequest request;
    auto& told = *request.mutable_local_mounts();
    for (const auto& [table, path] : all.mounts) {
        if (told.mounts_size() == static_cast<int>(kMountsMax) || path.size() > kPathBytesMax) continue;
        auto& row = *told.add_mounts();
        row.set_table(table);
        row.set_path(path);
    }
    for (const auto& conflict : all.conflicts) {
        if (told.conflicts_size() < kConflictsMax) told.add_conflicts(conflict.substr(0, kTextBytesMax));
    }
    told.set_audit_failure(all.auditFailure.substr(0, kTextBytesMax));
    for (const Member& member : m_questions.transport()->members()) {
        if (member.type != Type::Performance || !member.isPrimary) continue;
        m_reportAt = now + kTellInterval;
        if (m_questions.transport()->ask(member, request, kTellMax)) m_lastReport = std::move(all); // an older primary refuses
        return;
    }
}
// 1. A secondary mounts kv/ for itself.
// 2. The primary mounts a shared kv/. It would hide the local mount, or its data would not be visible on the secondary.
//
// So the secondary reports its local mounts, and the primary refuses such paths. A hostile secondary can block at most 1,000 paths this
// way.

void MemberReports::noteLocalMounts(const Member& peer, const wire::PeerRequest::LocalMounts& told)
{
    // Accepts the list only from this cluster's own performance secondaries. A cluster in both sets is listed twice, so the list of members
    // decides, not the entry with which the peer was admitted.
    if (m_services.manager.roles().role(Type::Performance)->mode != Mode::Primary) return;
    for (const Member& member : m_questions.transport() ? m_questions.transport()->members() : Members{}) {
        if (member.fingerprint != peer.fingerprint || member.type != Type::Performance || member.isPrimary) continue;
        LocalReport all;
        for (const auto& row : told.mounts()) {
            if (all.mounts.size() == kMountsMax || row.path().size() > kPathBytesMax || row.path().empty() || row.table() > 2) break;
            all.mounts.emplace_back(row.table(), row.path());
        }
        for (const auto& conflict : told.conflicts()) {
            if (all.conflicts.size() < std::size_t{kConflictsMax}) all.conflicts.push_back(printable(conflict, kTextBytesMax));
        }
        all.auditFailure = printable(told.audit_failure(), kTextBytesMax);
        MutexLock lock{m_mutex};
        m_memberReports[member.id] = std::move(all);
        return;
    }
}

void MemberReports::addTold(const std::string& id, LinkFacts& facts) const
{
    MutexLock lock{m_mutex};
    const auto found = m_memberReports.find(id);
    if (found == m_memberReports.end()) return;
    if (!found->second.conflicts.empty()) facts.mountConflict = found->second.conflicts.front();
    facts.blockedThere = found->second.auditFailure;
}

std::string MemberReports::whoHasMounted(unsigned table, std::string_view path) const
{
    const auto role = m_services.manager.roles().role(Type::Performance);
    if (role->mode != Mode::Primary) return {};
    MutexLock lock{m_mutex};
    for (const auto& [id, told] : m_memberReports) {
        if (!role->find(id)) continue; // it was revoked since
        const bool overlaps = std::ranges::any_of(told.mounts, [&](const auto& mount) {
            return mount.first == table && (mount.second.starts_with(path) || path.starts_with(mount.second));
        });
        if (overlaps) return id;
    }
    return {};
}

} // namespace core::replication
