#pragma once

#include "core/base/secret_bytes.h"
#include "core/log/record.h"
#include "core/replication/wire/link.h"
#include "core/replication/wire/wire.pb.h"

#include <deque>
#include <optional>
#include <variant>
#include <vector>

namespace core::replication {

/// Holds what has arrived over a secondary's link and is not applied yet, in order. Returns whole batches together with the position that
/// they reach, one batch at a time. Single-threaded.
class ApplyQueue {
public:
    struct Options {
        Type type = Type::Performance;
        std::size_t applyBytes = 0; // of operations in one transaction, about
    };
    ApplyQueue(Options options, const Position& stored) : m_options{options}, m_isConsistentStored{stored.isConsistent()} {}

    struct Data { // operations that wait to be applied, and the place in the primary's log that they reach
        log::EncodedOperations operations;
        std::optional<LogIndex> through; // nothing: entries of a reconciliation
        LogIndex lastRelevant;
        std::size_t bytes = 0;
    };
    struct End { // of a reconciliation: the position names a place in a log again
        std::string logId;
        LogIndex index;
        std::uint64_t scope = 0;
        LogIndex consistentFrom;
        LogIndex lastRelevant;
    };
    struct Scope { // LinkFilter::id() of the items after it
        std::uint64_t id = 0;
    };
    struct Keys { // of the set: must be stored before anything after them is applied
        SecretBytes bundle;
    };
    using Item = std::variant<Data, wire::Marker, wire::Handover, End, Scope, Keys>;
    void push(Item item);
    /// The connection is gone, and all items from it. The batch that is being applied continues.
    void clear();

    /// The first item if it is not data: a marker, a step of a switchover, another scope, or keys. Everything before it has been applied.
    std::optional<Item> takeDue();

    /// Puts and deletes to commit in one transaction, the position among them.
    struct Apply {
        log::EncodedOperations operations;
        std::size_t dataCount = 0; // of them, without the position
    };
    /// The next batch after position `from`. Nothing while a batch is being applied.
    std::optional<Apply> take(const Position& from, WallTime now);
    struct Flight {
        Position position;
        std::size_t bytes = 0;
        std::size_t dataCount = 0;
        bool isOfThisConnection = true;
    };
    /// The batch that is being applied, if any.
    const std::optional<Flight>& flight() const { return m_flight; }
    /// The batch was applied, or could not be applied.
    Flight land(bool isStored);

private:
    bool joinLast(Data& data);

    const Options m_options;
    std::deque<Item> m_items;
    std::optional<Flight> m_flight;
    bool m_isConsistentStored; // whether the stored position is consistent
};

} // namespace core::replication
