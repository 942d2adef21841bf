#pragma once

#include "core/base/mutex.h"
#include "core/mount/mount_storage.h"

#include <map>
#include <string>

namespace core::mount {

/// isMounted() for each commit, without decryption in most cases: a row that was opened once is recognised by its stored bytes, which differ after
/// each change. Thread-safe.
class MountedRows {
public:
    /// As mount::isMounted().
    Result<bool> isMounted(const barrier::Scope& scope, TableKind kind, const MountEntry& entry) CORE_EXCLUDES(m_mutex);
    /// The tables have changed: forget all rows.
    void clear() CORE_EXCLUDES(m_mutex);

private:
    Mutex m_mutex;                                                                      // leaf lock
    std::map<std::string, std::string, std::less<>> m_mounted CORE_GUARDED_BY(m_mutex); // stored bytes, by uuid
};

} // namespace core::mount
