#pragma once

#include "core/barrier/barrier.h"
#include "core/log/store.h"
#include "core/mount/backend.h"
#include "core/replication/scope/path_filters.h"

#include <map>

namespace sim {

using namespace core;

/// Which keys a primary's performance links may carry, by the mounts and filters stored there. Written a second time here, without the
/// product's filters. A mount that is gone keeps its last state for each secondary, because its last records are still to be sent.
class MountRules {
public:
    /// Called after each change of mounts or filters. False: nothing could be read, and the known state stays.
    bool read(const log::Store& store, const barrier::Barrier& barrier);

    bool isFiltered(const std::string& secondaryId) const { return m_filters.contains(secondaryId); }
    bool mayCarry(const std::string& secondaryId, std::string_view key) const;
    bool mayCarryMount(const std::string& secondaryId, std::string_view uuid) const;
    /// Shared mounts by uuid, also those that are being unmounted.
    const std::map<std::string, mount::MountEntry, std::less<>>& mounts() const { return m_mounts; }

private:
    static bool passes(const replication::PathFilter& filter, const mount::MountEntry& entry);

    std::map<std::string, mount::MountEntry, std::less<>> m_mounts;
    std::map<std::string, replication::PathFilter> m_filters; // by secondary
    /// For mounts that are gone: the secondaries from which they were held back at the end.
    std::map<std::string, std::set<std::string>, std::less<>> m_gone;
};

} // namespace sim
