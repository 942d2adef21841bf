#pragma once

#include "core/log/record.h"
#include "core/storage/engine.h"

#include <functional>
#include <map>

namespace core::log {

/// What one request reads and writes: reads see its own writes first, then the committed state; writes wait in memory
/// until Store::commit(). What was read is remembered, so that the committer can refuse (Conflict) when another
/// transaction has written it since. Not thread-safe; short-lived.
class Transaction {
public:
    /// Reads from `reader`; `readAt` is the last index that was applied when the transaction began.
    Transaction(const storage::Reader& reader, LogIndex readAt);

    /// Errors: Io, Corrupt.
    Result<std::optional<std::string>> get(std::string_view key);
    /// As storage::Reader::scan, over own writes and committed state together. Errors: Io, Corrupt.
    Result<> scan(std::string_view from, std::string_view to, const storage::Visitor& visit);

    void put(Operation operation);
    void erase(Operation operation);

    /// Writes that are encoded already, to be done before those of put() and erase(). Reads of this transaction do not see them.
    void append(EncodedOperations operations) { m_encoded.append(std::move(operations)); }
    const EncodedOperations& encoded() const { return m_encoded; }

    bool hasWrites() const { return !m_writes.empty() || !m_encoded.isEmpty(); }
    /// Forgets writes and reads and starts again at `readAt`.
    void reset(LogIndex readAt);

    LogIndex readAt() const { return m_readAt; }
    const std::map<std::string, Operation, std::less<>>& writes() const { return m_writes; }
    struct Range {
        std::string from;
        std::string to; // empty: to the end
    };
    /// What was read from the committed state; keys may be named more than once.
    struct Reads {
        std::vector<std::string> keys;
        std::vector<Range> ranges;
    };
    const std::vector<std::string>& keysRead() const { return m_reads.keys; }
    const std::vector<Range>& rangesRead() const { return m_reads.ranges; }
    Reads takeReads() && { return std::move(m_reads); }
    EncodedOperations takeEncoded() && { return std::move(m_encoded); }

    /// Reads from here on do not count as dependencies (statistics, checks whose staleness does no harm).
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
