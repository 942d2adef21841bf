#pragma once

#include "core/base/clock.h"
#include "core/base/executor.h"
#include "core/base/random.h"
#include "core/log/changed_keys.h"
#include "core/log/record_tail.h"
#include "core/log/transaction.h"
#include "core/merkle/forest.h"

#include <filesystem>

namespace core::log {

class FileSystem;

/// The data of one node: engine, log, forest, and the one pipeline that writes to them.
/// A commit is durable when its completion runs: its group is in the log and synced. Reads see it shortly before that. After a write or sync error
/// the store refuses further commits (Io, NoSpace) until recover() succeeds. Reads still work. Thread-safe.
class Store {
public:
    struct Options {
        std::filesystem::path directory; // segments; empty: no log on disk (in-memory storage)
        std::uint64_t segmentBytes = 16u << 20;
        std::uint64_t retentionBytes = 256u << 20; // segments kept for slots, beyond the checkpoint
        std::uint64_t unclaimedBytes = 64u << 20;  // segments kept though no slot needs them
        std::chrono::seconds retentionAge{24 * 3600};
        std::chrono::milliseconds checkpointInterval{10'000};
        std::uint64_t checkpointBytes = 64u << 20; // log bytes after which a checkpoint is due
        std::size_t tailCountMax = 16'384;         // newest records kept in memory while there is a slot
        std::uint64_t tailBytesMax = 16u << 20;
    };

    /// Opens and recovers: finds the end of the log, loads the forest, and redoes the records after the checkpoint. `files`, `clock` and `random`
    /// must outlive the store. Errors: Corrupt (names the damaged file and offset), Io, NoSpace.
    static Result<std::unique_ptr<Store>> open(std::unique_ptr<storage::Engine> engine, FileSystem& files, const Clock& clock, Random& random,
                                               Options options);
    virtual ~Store() = default;

    // Reading
    virtual const storage::Reader& reader() const = 0;
    /// The data as it is between two groups. Later commits do not change it. For backups.
    virtual std::unique_ptr<storage::Reader> snapshot() const = 0;
    /// Reads see everything up to and including this index.
    virtual LogIndex appliedIndex() const = 0;
    /// The last index whose record touched shared keys, and the last one that touched shared or local keys.
    virtual LogIndex lastSharedIndex() const = 0;
    virtual LogIndex lastReplicatedIndex() const = 0;
    Transaction begin() const { return Transaction{reader(), appliedIndex()}; }

    // Writing
    using Completion = std::function<void(Result<LogIndex>)>;
    /// Queues the transaction. `done` runs on `executor`. Errors:
    /// - Conflict, NoSpace, Io
    /// - Unavailable: the store is stopping, the queue is full, or there is no memory
    /// - TooLarge: the transaction is above kRecordBytesMax
    /// - InvalidArgument: a key outside `s/`, `l/`, `i/`, or a shared or local put without its leaf digest
    virtual void commit(Transaction transaction, Executor& executor, Completion done) = 0;
    /// The same, but waits for the result. Must not run on an I/O thread. If there are no reads to check, pass a fresh transaction.
    virtual Result<LogIndex> commitAndWait(Transaction transaction) = 0;
    /// Calls `notify` with the keys of each commit, after it is applied and before it is answered. The rules are those of KeySubscribers.
    virtual std::unique_ptr<Subscription> subscribeToKeys(KeySubscribers::Notify notify) = 0;
    /// The epoch that new records carry. It is stored.
    virtual void setEpoch(Epoch epoch) = 0;
    virtual Epoch epoch() const = 0;

    // The log as links see it
    /// Identifies this log. An index has a meaning only together with this id. A new or wiped store has a new id.
    virtual std::string logId() const = 0;
    /// The oldest index that read() can start from.
    virtual LogIndex oldestIndex() const = 0;
    /// Records from `from` on, up to about `bytesMax` bytes, verified and encoded as on disk. Empty if there is none yet. The newest come from memory
    /// and are shared. They include `l/` and `i/` operations. Errors: NotFound (older than the oldest record), Corrupt, Io.
    virtual Result<std::vector<SharedRecord>> read(LogIndex from, std::size_t bytesMax) const = 0;
    /// Calls `notify` after each group until the handle is destroyed. It runs on the committer's thread and must be quick. For links; what keeps
    /// copies of rows uses subscribeToKeys().
    virtual std::unique_ptr<Subscription> subscribe(std::function<void(LogIndex applied)> notify) = 0;
    /// Keeps records from `from` on for the link `name`, within the retention bounds. The slot is stored. Erase it when it is no longer needed.
    virtual void setSlot(std::string_view name, LogIndex from) = 0;
    virtual void eraseSlot(std::string_view name) = 0;

    virtual const merkle::Forest& forest() const = 0;
    /// Calls `look` between two groups, when engine, forest and appliedIndex() agree. Commits wait for it, so it must be short. Waits; must not run
    /// on an I/O thread. Errors: Unavailable (stopping).
    virtual Result<> betweenGroups(const std::function<void()>& look) = 0;
    /// Computes the digests of one tree of the forest again from its leaves. Waits. Errors: Unavailable (stopping).
    virtual Result<> sumUpForest(std::string_view tree) = 0;
    /// The physical key of a leaf, for reconciliation. Empty if there is no such leaf. Errors: Io, Corrupt.
    virtual Result<std::optional<std::string>> keyOf(std::string_view tree, const merkle::KeyHash& hash) const = 0;

    /// Removes every `s/` and `l/` key, all leaf rows, and the `i/` keys for which `isKept` is false. Then it writes `first`. Readers see one atomic
    /// step. After a crash the step was done as a whole or not at all; recovery finishes a step that has begun.
    /// The log gets a new id; indexes continue. Transactions that began before are refused (Conflict). Waits; must not run on an I/O thread. Errors:
    /// as commit(), but never Conflict.
    virtual Result<> replaceContents(const std::function<bool(std::string_view key)>& isKept, std::vector<Operation> first) = 0;

    /// Writes a checkpoint now. Errors: Io, NoSpace.
    virtual Result<> checkpoint() = 0;
    /// Tries to write again after NoSpace or Io. The store also does this itself every second.
    virtual Result<> recover() = 0;
    /// Takes no more commits, finishes the queued ones, and writes a checkpoint.
    virtual void stop() = 0;

    struct Statistics {
        std::uint64_t commitCount = 0, groupCount = 0, logBytes = 0, segmentCount = 0, leafCount = 0, forestBytes = 0;
        std::uint64_t queuedCount = 0;
        std::uint64_t tailHits = 0, tailMisses = 0; // of read()
        std::uint64_t tailCount = 0, tailBytes = 0, tailCountMax = 0, tailBytesMax = 0;
        std::chrono::nanoseconds syncTime{0};
    };
    virtual Statistics statistics() const = 0;
};

} // namespace core::log
