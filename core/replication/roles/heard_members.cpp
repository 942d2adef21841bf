#include "core/replication/roles/heard_members.h"

#include "core/base/logging.h"
#include "core/replication/wire/peer.pb.h"

#include <algorithm>
#include <utility>

namespace core::replication {
namespace {

constexpr const char* kPath = "core/replication/heard";
constexpr std::chrono::minutes kStoreInterval{5};

/// The members that the links of a type have heard since they started.
Members heardBy(const LinkStatus& report, Type type)
{
    Members out;
    for (const auto& secondary : report.secondaries) {
        if (secondary.peer.heardAt == WallTime{}) continue;
        out.push_back({.type = type,
                       .id = secondary.id,
                       .fingerprint = {},
                       .endpoint = secondary.peer.endpoint,
                       .heardAt = secondary.peer.heardAt,
                       .isPrimary = false,
                       .isConnected = secondary.isConnected,
                       .program = secondary.peer.program});
    }
    if (report.isRunning && report.primary.heardAt != WallTime{}) {
        out.push_back({.type = type,
                       .id = {},
                       .fingerprint = {},
                       .endpoint = report.primary.endpoint,
                       .heardAt = report.primary.heardAt,
                       .isPrimary = true,
                       .isConnected = report.connection == ConnectionState::Ready,
                       .program = report.primary.program});
    }
    return out;
}

bool isOne(const Member& member, Type type, std::string_view id)
{
    return member.type == type && member.isPrimary == id.empty() && member.id == id;
}

} // namespace

void HeardMembers::load()
{
    log::Transaction transaction = m_services.store.begin();
    const barrier::Scope scope{transaction, m_services.barrier, kRoleAccess};
    Members known;
    auto value = scope.ignored({}).get(kPath);
    wire::Members list;
    if (value && *value && list.ParseFromString(**value)) known = fromWire(list);
    else if (!value || *value) logging::warn("replication", "the row with the times when members were last heard cannot be read");
    for (auto& member : known) member.isConnected = false;
    MutexLock lock{m_mutex};
    m_heard = std::move(known);
    m_storeAt = m_services.clock.steadyNow() + kStoreInterval;
    m_isLoaded = true;
}

bool HeardMembers::refresh()
{
    Members now;
    for (const Type type : {Type::Performance, Type::Dr}) {
        const auto heard = heardBy(m_roles.report(type), type);
        now.insert(now.end(), heard.begin(), heard.end());
    }
    MutexLock lock{m_mutex};
    bool hasChanged = false;
    for (Member& member : now) {
        const auto known = std::ranges::find_if(m_heard, [&](const Member& other) { return isOne(other, member.type, member.id); });
        if (known == m_heard.end()) {
            hasChanged = true;
            m_heard.push_back(std::move(member));
            continue;
        }
        hasChanged = hasChanged || known->isConnected != member.isConnected || known->endpoint.apiAddress != member.endpoint.apiAddress ||
                     known->program != member.program;
        *known = std::move(member);
    }
    // Members that were revoked, or that belong to a role that has ended.
    const auto gone = std::erase_if(m_heard, [this](const Member& member) {
        const auto role = m_roles.role(member.type);
        return member.isPrimary ? role->mode != Mode::Secondary : role->find(member.id) == nullptr;
    });
    return hasChanged || gone > 0;
}

void HeardMembers::tick()
{
    // While the contents are being replaced, a write would put this row into the new contents.
    if (!m_roles.writeRefusal().empty()) return;
    const bool hasChanged = refresh();
    {
        MutexLock lock{m_mutex};
        if (!m_isLoaded || (!hasChanged && (m_heard.empty() || m_services.clock.steadyNow() < m_storeAt))) return;
        m_storeAt = m_services.clock.steadyNow() + kStoreInterval;
    }
    m_services.background->post([this] { store(); });
}

void HeardMembers::stop()
{
    {
        MutexLock lock{m_mutex};
        if (!std::exchange(m_isLoaded, false)) return;
    }
    if (!m_roles.writeRefusal().empty()) return;
    refresh(); // no tick has seen members of the last second
    {
        MutexLock lock{m_mutex};
        if (m_heard.empty()) return;
    }
    m_services.background->post([this] { store(); });
}

void HeardMembers::store()
{
    wire::Members list;
    {
        MutexLock lock{m_mutex};
        toWire(m_heard, list);
    }
    log::Transaction transaction = m_services.store.begin();
    const barrier::Scope scope{transaction, m_services.barrier, kRoleAccess};
    auto done = scope.ignored({}).put(kPath, list.SerializeAsString());
    if (done) {
        auto committed = m_services.store.commitAndWait(std::move(transaction));
        if (!committed) done = std::move(committed).error();
    }
    if (!done) logging::warn("replication", "could not store when members were last heard", {{"error", core::toString(done.error())}});
}

std::optional<Member> HeardMembers::find(Type type, std::string_view id) const
{
    MutexLock lock{m_mutex};
    const auto found = std::ranges::find_if(m_heard, [&](const Member& member) { return isOne(member, type, id); });
    return found == m_heard.end() ? std::nullopt : std::optional{*found};
}

} // namespace core::replication
