#pragma once

#include "core/base/mutex.h"
#include "core/log/record.h"

#include <deque>
#include <memory>
#include <optional>

namespace core::log {

/// A record of the log, for reading. The records of one group share one piece of memory, and all readers share it too.
struct SharedRecord {
    std::shared_ptr<const std::string> owner;
    std::string_view bytes; // within `owner`

    RecordView view() const { return RecordView::ofTrusted(bytes); }
};

/// The newest records of the log in memory. A link that keeps up never reads the disk, and all such links share one copy. The tail is bounded by
/// count and bytes, but it always holds the newest group, even a large one. Thread-safe; its mutex is a leaf lock.
class RecordTail {
public:
    RecordTail(std::size_t countMax, std::uint64_t bytesMax) : m_countMax{countMax}, m_bytesMax{bytesMax} {}

    /// Adds a group of records. `first` is the index of the first one. If the group does not follow what is held, the tail drops that first.
    void append(LogIndex first, std::string_view group) CORE_EXCLUDES(m_mutex);
    void clear() CORE_EXCLUDES(m_mutex);

    /// Records [from, to], up to about `bytesMax` bytes but at least one. Empty if the tail does not hold `from`.
    std::optional<std::vector<SharedRecord>> read(LogIndex from, LogIndex to, std::size_t bytesMax) const CORE_EXCLUDES(m_mutex);

    std::uint64_t bytes() const CORE_EXCLUDES(m_mutex);
    std::size_t count() const CORE_EXCLUDES(m_mutex);

private:
    struct Group {
        std::shared_ptr<const std::string> bytes;
        LogIndex first;
        std::vector<std::uint32_t> ends; // of each record, in `bytes`
    };

    const std::size_t m_countMax;
    const std::uint64_t m_bytesMax;
    mutable Mutex m_mutex; // leaf lock
    std::deque<Group> m_groups CORE_GUARDED_BY(m_mutex);
    std::uint64_t m_bytes CORE_GUARDED_BY(m_mutex) = 0;
    std::size_t m_count CORE_GUARDED_BY(m_mutex) = 0;
};

} // namespace core::log
