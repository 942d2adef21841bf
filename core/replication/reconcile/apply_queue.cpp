#include "core/replication/reconcile/apply_queue.h"

#include "core/base/assert.h"

#include <algorithm>

namespace core::replication {

void ApplyQueue::push(Item item)
{
    auto* data = std::get_if<Data>(&item);
    if (!data || !joinLast(*data)) m_items.push_back(std::move(item));
}

/// Data that waits joins into one batch while the batch before it is being applied. So a link that is behind pays for few syncs.
bool ApplyQueue::joinLast(Data& data)
{
    auto* last = m_items.empty() ? nullptr : std::get_if<Data>(&m_items.back());
    // Entries of a reconciliation have no place in the log and must not share a transaction with records that have one.
    if (!last || last->through.has_value() != data.through.has_value()) return false;
    if (last->operations.bytes().size() + data.operations.bytes().size() > m_options.applyBytes) return false;
    last->operations.append(std::move(data.operations));
    last->through = std::max(last->through, data.through);
    last->lastRelevant = std::max(last->lastRelevant, data.lastRelevant);
    last->bytes += data.bytes;
    return true;
}

void ApplyQueue::clear()
{
    m_items.clear();
    // The batch is already with the store. Its result counts for the data, but the new connection owes no credit for it.
    if (m_flight) m_flight->isOfThisConnection = false;
}

std::optional<ApplyQueue::Item> ApplyQueue::takeDue()
{
    if (m_flight || m_items.empty()) return std::nullopt;
    // Data and ends need a commit (take()). All other items take effect at once.
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
    auto* data = m_items.empty() ? nullptr : std::get_if<Data>(&m_items.front());
    auto* end = m_items.empty() ? nullptr : std::get_if<End>(&m_items.front());
    if (data) {
        if (data->through) {
            flight.position.index = std::max(flight.position.index, *data->through);
            flight.position.lastRelevantIndex = std::max(flight.position.lastRelevantIndex, data->lastRelevant);
        } else {
            // Entries of a reconciliation may be newer than any index that this position could name. A crash now must lead to another
            // reconciliation.
            flight.position.logId.clear();
            flight.position.index = LogIndex{0};
            flight.position.consistentFrom = LogIndex{0};
        }
        flight.bytes = data->bytes;
        flight.dataCount = apply.dataCount = data->operations.count();
        apply.operations = std::move(data->operations);
        m_items.pop_front();
    } else if (end) {
        flight.position.logId = std::move(end->logId);
        flight.position.index = end->index;
        flight.position.scope = end->scope;
        flight.position.consistentFrom = end->consistentFrom;
        flight.position.lastRelevantIndex = end->lastRelevant;
        m_items.pop_front();
    } else if (m_isConsistentStored || !from.isConsistent()) {
        return std::nullopt;
    } // store now that a marker has proved consistency: a promotion relies on it, and the next batch may be far away
    flight.position.appliedAt = now;
    apply.operations.append({log::OperationKind::Put, Position::key(m_options.type), flight.position.encode(), {}, {}});
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
