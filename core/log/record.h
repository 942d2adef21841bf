#pragma once

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/base/strong_id.h"
#include "core/merkle/leaf.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace core::log {

inline constexpr std::size_t kRecordBytesMax = 64u << 20;
inline constexpr std::size_t kReplacementBytesMax = 1u << 30; // of a record that replaces all contents; it never goes over a link

enum class OperationKind : std::uint8_t { Put = 1, Delete = 2 };

/// One put or delete of a transaction: the physical key (`s/…`, `l/…`, `i/…`), the value as stored (sealed), and key hash and digest for the forest.
/// Hash and digest are computed when the value is sealed, so that neither the log nor a replay needs a key. Both are zero for `i/` keys.
struct Operation {
    OperationKind kind = OperationKind::Put;
    std::string key;
    std::string value;
    merkle::KeyHash keyHash{};
    merkle::LeafDigest leafDigest{};
};

/// One committed transaction. It has the same bytes on disk and on the wire; see README.md.
struct Record {
    LogIndex index;
    Epoch epoch;
    std::vector<Operation> operations;
};

/// An operation inside the bytes of a record. It is valid as long as those bytes.
struct OperationView {
    OperationKind kind = OperationKind::Put;
    std::string_view key;
    std::string_view value;
    merkle::KeyHash keyHash{};
    merkle::LeafDigest leafDigest{};

    Operation toOperation() const { return {kind, std::string{key}, std::string{value}, keyHash, leafDigest}; }
    static OperationView of(const Operation& operation)
    {
        return {operation.kind, operation.key, operation.value, operation.keyHash, operation.leafDigest};
    }
};

/// Reads the operation that begins at `at`, and moves `at` behind it. The bytes must have been checked before.
OperationView readOperation(std::string_view bytes, std::size_t& at);

/// A record that is read in place. Thread-safe. It is valid as long as the bytes.
class RecordView {
public:
    /// The record at the start of `bytes`; other bytes can follow it. Checks everything: the length, the checksum and each operation. Errors:
    /// Corrupt.
    static Result<RecordView> parse(std::string_view bytes);

    /// For a record that this process has just made. Checks nothing.
    static RecordView ofTrusted(std::string_view bytes) { return RecordView{bytes}; }

    std::string_view bytes() const { return m_bytes; }
    LogIndex index() const;
    Epoch epoch() const;
    std::uint32_t operationCount() const;
    /// The first index of the group that was synced together with this record. All records before that index were on disk earlier.
    LogIndex groupFirst() const;
    std::uint32_t segmentTag() const;
    /// The operations are the whole contents. Everything before this record is gone (Store::replaceContents()).
    bool replacesContents() const;

    /// Calls `visit(const OperationView&)` for each operation in order.
    template<class Visit>
    void forEach(Visit&& visit) const
    {
        for (std::size_t at = firstOperationOffset(); at < m_bytes.size();) visit(readOperation(m_bytes, at));
    }
    /// The bytes of all operations, in the record's order.
    std::string_view operationBytes() const { return m_bytes.substr(firstOperationOffset()); }
    Record toRecord() const;

private:
    explicit RecordView(std::string_view bytes) : m_bytes{bytes} {}
    static std::size_t firstOperationOffset();

    std::string_view m_bytes;
};

/// Operations in the form that records have, without a record around them. A key can occur more than once; the last one counts. Records from a link
/// go from the frame into the log in this form, without being decoded. Not thread-safe.
class EncodedOperations {
public:
    void append(const OperationView& operation);
    void append(const RecordView& record);
    void append(EncodedOperations other);
    void reserve(std::size_t bytes) { m_bytes.reserve(bytes); }

    bool isEmpty() const { return m_count == 0; }
    std::size_t count() const { return m_count; }
    std::string_view bytes() const { return m_bytes; }
    /// Calls `visit(const OperationView&)` for each operation in order.
    template<class Visit>
    void forEach(Visit&& visit) const
    {
        for (std::size_t at = 0; at < m_bytes.size();) visit(readOperation(m_bytes, at));
    }
    std::vector<Operation> toOperations() const;

private:
    std::string m_bytes;
    std::size_t m_count = 0;
};

/// The fields of a record except its operations.
struct RecordHeader {
    LogIndex index;
    Epoch epoch;
    std::uint32_t operationCount = 0;
    std::uint32_t groupOffset = 0; // index minus the first index of its group
    std::uint32_t segmentTag = 0;
    bool replacesContents = false;
};

inline constexpr std::size_t kRecordHeaderBytes = 40;
inline constexpr std::size_t kOperationHeaderBytes = 44;

/// Appends one operation in the form that records have.
void appendOperation(std::string& out, const OperationView& operation);
/// Fills in the first kRecordHeaderBytes of a record whose operations already follow. The checksum covers the rest, so it is written last.
void finishRecord(std::span<char> record, const RecordHeader& header);
/// A whole record, for links that leave out operations, and for tests. Its segment tag is 0.
std::string encodeRecord(const Record& record);

} // namespace core::log
