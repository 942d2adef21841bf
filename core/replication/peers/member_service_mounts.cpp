#include "core/base/logging.h"
#include "core/base/origin.h"
#include "core/replication/wire/peer.pb.h"
#include "core/replication/peers/member_service.h"

#include <algorithm>

namespace core::replication {

namespace {

constexpr std::size_t kMountsMax = 1'000; // of one member
constexpr std::size_t kPathBytesMax = 512;
constexpr std::chrono::milliseconds kTellMax{1000};
constexpr std::chrono::seconds kTellInterval{10}; // the primary forgets the list when it restarts

} // namespace

void MemberService::tellLocalMounts()
{
    const auto& manager = m_services.manager;
    if (!m_services.localMounts || !m_transport || !manager.isPerformanceSecondary()) return;
    if (manager.report(Type::Performance).connectionState != "ready") {
        m_tellMountsAt = {}; // the next connection may be to another primary
        return;
    }
    auto mounts = m_services.localMounts();
    const SteadyTime now = m_services.clock.steadyNow();
    const bool isNews = mounts != m_toldMounts;
    if (!isNews && (mounts.empty() || now < m_tellMountsAt)) return;
    wire::PeerRequest request;
    auto& told = *request.mutable_local_mounts();
    for (const auto& [table, path] : mounts) {
        if (told.mounts_size() == static_cast<int>(kMountsMax) || path.size() > kPathBytesMax) continue;
        auto& row = *told.add_mounts();
        row.set_table(table);
        row.set_path(path);
    }
    for (const Member& member : m_transport->members()) {
        if (member.type != Type::Performance || !member.isPrimary) continue;
        m_tellMountsAt = now + kTellInterval;
        if (m_transport->ask(member, request, kTellMax)) m_toldMounts = std::move(mounts); // an older primary refuses
        return;
    }
}
// 1. A secondary mounts kv/ for itself.
// 2. The primary mounts a shared kv/. It would hide the local mount, or its data would not be visible on the secondary.
//
// So the secondary reports its local mounts, and the primary refuses such paths. A hostile secondary can block at most 1,000 paths this
// way.

void MemberService::noteLocalMounts(const Member& peer, const wire::PeerRequest::LocalMounts& told)
{
    // Accepts the list only from this cluster's own performance secondaries. A cluster in both sets is listed twice, so the list of members
    // decides, not the entry with which the peer was admitted.
    if (m_services.manager.role(Type::Performance)->mode != Mode::Primary) return;
    for (const Member& member : m_transport ? m_transport->members() : Members{}) {
        if (member.fingerprint != peer.fingerprint || member.type != Type::Performance || member.isPrimary) continue;
        LocalMounts mounts;
        for (const auto& row : told.mounts()) {
            if (mounts.size() == kMountsMax || row.path().size() > kPathBytesMax || row.path().empty() || row.table() > 2) break;
            mounts.emplace_back(row.table(), row.path());
        }
        MutexLock lock{m_mutex};
        m_memberMounts[member.id] = std::move(mounts);
        return;
    }
}

std::string MemberService::whoHasMounted(unsigned table, std::string_view path) const
{
    const auto role = m_services.manager.role(Type::Performance);
    if (role->mode != Mode::Primary) return {};
    MutexLock lock{m_mutex};
    for (const auto& [id, mounts] : m_memberMounts) {
        if (!role->find(id)) continue; // it was revoked since
        const bool overlaps = std::ranges::any_of(
            mounts, [&](const auto& mount) { return mount.first == table && (mount.second.starts_with(path) || path.starts_with(mount.second)); });
        if (overlaps) return id;
    }
    return {};
}

} // namespace core::replication
