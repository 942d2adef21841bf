#pragma once

#include "core/base/mutex.h"
#include "core/log/record.h"

#include <deque>
#include <memory>
#include <optional>

namespace core::log {

/// A record as the log keeps it, for reading. Those of one group share its bytes, and so do all who read them.
struct SharedRecord {
    std::shared_ptr<const std::string> owner;
    std::string_view bytes; // within `owner`

    RecordView view() const { return RecordView::ofTrusted(bytes); }
};

/// The newest records of the log in memory: links that keep up with it never read the disk, and have one copy between them.
/// Bounded by count and bytes; always holds the newest group, whatever its size. Thread-safe; a leaf lock inside.
class RecordTail {
public:
    RecordTail(std::size_t countMax, std::uint64_t bytesMax) : m_countMax{countMax}, m_bytesMax{bytesMax} {}

    /// Records one after another, the first of index `first`, which must follow what is held; else that is forgotten first.
    void append(LogIndex first, std::string_view group) CORE_EXCLUDES(m_mutex);
    void clear() CORE_EXCLUDES(m_mutex);

    /// Records [from, to], at most about `bytesMax` of them but one at least; nothing when `from` is not held.
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
