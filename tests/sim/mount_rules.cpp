#include "tests/sim/mount_rules.h"

#include "tests/sim/model.h"

#include <algorithm>

namespace sim {

bool MountRules::read(const log::Store& store, const barrier::Barrier& barrier)
{
    log::Transaction transaction = store.begin();
    const barrier::Scope scope{transaction, barrier, {false, false}};
    const auto entries = replication::sharedMounts(scope);
    auto filters = replication::PathFilters::ofPrimary(scope).all();
    if (!entries || !filters) return false; // the disk fails, or the keyring has changed; the next reading finds them
    for (const auto& [uuid, entry] : m_mounts) {
        auto& heldBack = m_gone[uuid];
        heldBack.clear();
        for (const auto& [id, filter] : m_filters) {
            if (!passes(filter, entry)) heldBack.insert(id);
        }
    }
    m_mounts.clear();
    for (const auto& entry : *entries) m_mounts.emplace(entry.uuid, entry);
    m_filters = std::move(*filters);
    return true;
}

bool MountRules::passes(const replication::PathFilter& filter, const mount::MountEntry& entry)
{
    if (entry.type == "token") return true;
    const bool isNamed = std::ranges::count(filter.unmounted, entry.uuid) > 0 ||
                         std::ranges::any_of(filter.paths, [&entry](const std::string& path) { return entry.path.starts_with(path); });
    return isNamed == filter.isAllowing;
}

bool MountRules::mayCarryMount(const std::string& secondaryId, std::string_view uuid) const
{
    const auto filter = m_filters.find(secondaryId);
    if (filter == m_filters.end()) return true;
    if (const auto mount = m_mounts.find(uuid); mount != m_mounts.end()) return passes(filter->second, mount->second);
    const auto gone = m_gone.find(uuid);
    return gone != m_gone.end() && !gone->second.contains(secondaryId);
}

bool MountRules::mayCarry(const std::string& secondaryId, std::string_view key) const
{
    if (!isFiltered(secondaryId)) return true;
    if (key.starts_with("s/core/replication/filters")) return false;
    const auto uuid = mountUuidOf(key);
    return uuid.empty() || mayCarryMount(secondaryId, uuid);
}

} // namespace sim
