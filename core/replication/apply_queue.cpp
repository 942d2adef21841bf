#include "core/replication/apply_queue.h"

#include "core/base/assert.h"

#include <algorithm>
#include <iterator>

namespace core::replication {

void ApplyQueue::clear()
{
    m_items.clear();
    if (m_flight) m_flight->isOfThisConnection = false;
}

std::optional<ApplyQueue::Item> ApplyQueue::takeDue()
{
    if (m_flight || m_items.empty()) return std::nullopt;
    if (std::holds_alternative<Data>(m_items.front()) || std::holds_alternative<End>(m_items.front())) return std::nullopt;
    Item item = std::move(m_items.front());
    m_items.pop_front();
    return item;
}

std::optional<ApplyQueue::Apply> ApplyQueue::take(const Position& from, WallTime now)
{
    if (m_flight) return std::nullopt;
    Apply apply;
    Flight flight{from, 0, 0, true};
    bool isEntries = false;
    std::size_t bytes = 0;
    while (!m_items.empty() && bytes < m_options.applyBytes) {
        auto* data = std::get_if<Data>(&m_items.front());
        if (!data) break;
        if (data->through) {
            flight.position.index = std::max(flight.position.index, *data->through);
            flight.position.lastRelevantIndex = std::max(flight.position.lastRelevantIndex, data->lastRelevant);
        } else {
            isEntries = true;
        }
        bytes += data->bytes + 1;
        flight.bytes += data->bytes;
        std::ranges::move(data->operations, std::back_inserter(apply.operations));
        m_items.pop_front();
    }
    if (bytes == 0) {
        auto* end = m_items.empty() ? nullptr : std::get_if<End>(&m_items.front());
        if (end) {
            flight.position.logId = std::move(end->logId);
            flight.position.index = end->index;
            flight.position.scope = end->scope;
            flight.position.consistentFrom = end->consistentFrom;
            flight.position.lastRelevantIndex = end->lastRelevant;
            m_items.pop_front();
        } else if (m_isConsistentStored || !from.isConsistent()) {
            return std::nullopt;
        } // else a marker has shown it, and nothing may follow for long: a promotion must be able to rely on it
    } else if (isEntries) {
        flight.position.logId.clear();
        flight.position.index = LogIndex{0};
        flight.position.consistentFrom = LogIndex{0};
    }
    flight.position.appliedAt = now;
    apply.dataCount = apply.operations.size();
    flight.dataCount = apply.dataCount;
    apply.operations.push_back({log::OperationKind::Put, Position::key(m_options.type), flight.position.encode(), {}, {}});
    m_flight = std::move(flight);
    return apply;
}

ApplyQueue::Flight ApplyQueue::land(bool isStored)
{
    CORE_ASSERT(m_flight.has_value());
    Flight flight = std::move(*m_flight);
    m_flight.reset();
    if (isStored) m_isConsistentStored = flight.position.isConsistent();
    return flight;
}

} // namespace core::replication
