#pragma once

#include "core/log/record.h"
#include "core/storage/engine.h"

#include <functional>
#include <map>

namespace core::log {

/// What one request reads and writes. A read sees the transaction's own writes first, then the committed state. Writes stay in memory until
/// Store::commit(). The transaction remembers what it read from the committed state. If another transaction wrote one of those keys later, the
/// committer refuses this one with Conflict. Not thread-safe; short-lived. `reader` must outlive it.
class Transaction {
public:
    /// `readAt` is the last index that was applied when the transaction began.
    Transaction(const storage::Reader& reader, LogIndex readAt);

    /// Errors: Io, Corrupt.
    Result<std::optional<std::string>> get(std::string_view key);
    /// Visits committed keys and this transaction's own writes, in key order. If the visitor writes a key after the cursor, that key is visited too.
    /// The visitor must not write the key that it is shown while it still reads the value. Errors: Io, Corrupt.
    Result<> scan(std::string_view from, std::string_view to, const storage::Visitor& visit);

    /// Both set the operation's kind. erase() also drops its value.
    void put(Operation operation);
    void erase(Operation operation);

    /// Adds operations that are already encoded. They are applied before the writes of put() and erase(). Reads of this transaction do
    /// not see them.
    void append(EncodedOperations operations) { m_encoded.append(std::move(operations)); }
    const EncodedOperations& encoded() const { return m_encoded; }

    bool hasWrites() const { return !m_writes.empty() || !m_encoded.isEmpty(); }
    /// Discards all writes and reads, and sets `readAt`. Does not change setReadsTracked().
    void reset(LogIndex readAt);

    LogIndex readAt() const { return m_readAt; }
    const std::map<std::string, Operation, std::less<>>& writes() const { return m_writes; }
    struct Range {
        std::string from;
        std::string to; // empty: to the end
    };
    /// What was read from the committed state; a key can be listed more than once.
    struct Reads {
        std::vector<std::string> keys;
        std::vector<Range> ranges;
    };
    const std::vector<std::string>& keysRead() const { return m_reads.keys; }
    Reads takeReads() && { return std::move(m_reads); }
    EncodedOperations takeEncoded() && { return std::move(m_encoded); }

    /// false: later reads are not checked for conflicts (statistics, checks that can be stale). true: they are checked again.
    void setReadsTracked(bool isTracked) { m_isTracked = isTracked; }

private:
    const storage::Reader* m_reader;
    LogIndex m_readAt;
    bool m_isTracked = true;
    std::map<std::string, Operation, std::less<>> m_writes;
    EncodedOperations m_encoded;
    Reads m_reads;
};

} // namespace core::log
