#include "core/log/record_tail.h"

#include "core/base/bytes.h"

#include <algorithm>

namespace core::log {

void RecordTail::append(LogIndex first, std::string_view group)
{
    if (m_countMax == 0 || m_bytesMax == 0) return;
    Group added{std::make_shared<const std::string>(group), first, {}};
    for (std::size_t at = 0; at < group.size();) {
        at += readLittleEndian<std::uint32_t>(group.substr(at)); // a record begins with its length
        added.ends.push_back(static_cast<std::uint32_t>(at));
    }
    std::deque<Group> gone; // destroyed after the mutex is released
    MutexLock lock{m_mutex};
    // A gap means that commits happened while nobody needed the tail. Readers expect a tail without gaps, so the older part is dropped.
    const bool follows = !m_groups.empty() && m_groups.back().first.value() + m_groups.back().ends.size() == first.value();
    if (!follows) {
        gone.swap(m_groups);
        m_bytes = m_count = 0;
    }
    m_bytes += group.size();
    m_count += added.ends.size();
    m_groups.push_back(std::move(added));
    // The newest group always stays, even if it is above the bounds: it is what every link reads next.
    while (m_groups.size() > 1 && (m_bytes > m_bytesMax || m_count > m_countMax)) {
        m_bytes -= m_groups.front().bytes->size();
        m_count -= m_groups.front().ends.size();
        gone.push_back(std::move(m_groups.front()));
        m_groups.pop_front();
    }
}

void RecordTail::clear()
{
    std::deque<Group> gone;
    MutexLock lock{m_mutex};
    gone.swap(m_groups);
    m_bytes = m_count = 0;
}

std::optional<std::vector<SharedRecord>> RecordTail::read(LogIndex from, LogIndex to, std::size_t bytesMax) const
{
    MutexLock lock{m_mutex};
    if (m_groups.empty() || from < m_groups.front().first) return std::nullopt;
    const auto after =
        std::upper_bound(m_groups.begin(), m_groups.end(), from, [](LogIndex index, const Group& group) { return index < group.first; });
    std::vector<SharedRecord> records;
    std::size_t bytes = 0;
    for (auto group = std::prev(after); group != m_groups.end(); ++group) {
        for (std::size_t at = from > group->first ? from.value() - group->first.value() : 0; at < group->ends.size(); ++at) {
            if (group->first.value() + at > to.value() || (bytes >= bytesMax && !records.empty())) return records;
            const std::size_t begin = at == 0 ? 0 : group->ends[at - 1];
            records.push_back({group->bytes, std::string_view{*group->bytes}.substr(begin, group->ends[at] - begin)});
            bytes += group->ends[at] - begin;
        }
    }
    // `from` is behind the newest group. The caller looks in the segments.
    if (records.empty() && from <= to) return std::nullopt;
    return records;
}

std::uint64_t RecordTail::bytes() const
{
    MutexLock lock{m_mutex};
    return m_bytes;
}

std::size_t RecordTail::count() const
{
    MutexLock lock{m_mutex};
    return m_count;
}

} // namespace core::log
