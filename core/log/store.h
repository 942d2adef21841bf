#pragma once

#include "core/base/clock.h"
#include "core/base/executor.h"
#include "core/base/random.h"
#include "core/log/record_tail.h"
#include "core/log/transaction.h"
#include "core/merkle/forest.h"

#include <filesystem>

namespace core::log {

class FileSystem;

/// The data of one node: engine, log, forest and the one pipeline that writes to them.
///
/// A commit is durable when its completion runs: its group is in the log and synced; it is visible to reads a moment
/// before. After a write or sync error the store refuses further commits (Io, NoSpace) until recover() succeeds,
/// while reads go on. Thread-safe.
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

    /// Opens and recovers: finds the end of the log, loads the forest, redoes what the checkpoint lacks.
    /// Errors: Corrupt (names the damaged file and offset), Io, NoSpace. `files`, `clock` and `random` outlive the store.
    static Result<std::unique_ptr<Store>> open(std::unique_ptr<storage::Engine> engine, FileSystem& files, const Clock& clock, Random& random,
                                               Options options);
    virtual ~Store() = default;

    // Reading
    virtual const storage::Reader& reader() const = 0;
    /// The data as it stands between two groups, unmoved by later commits; for backups.
    virtual std::unique_ptr<storage::Reader> snapshot() const = 0;
    /// Everything up to and including this index is visible to reads.
    virtual LogIndex appliedIndex() const = 0;
    /// Last index whose record touched shared keys; shared or local keys.
    virtual LogIndex lastSharedIndex() const = 0;
    virtual LogIndex lastReplicatedIndex() const = 0;
    Transaction begin() const { return Transaction{reader(), appliedIndex()}; }

    // Writing
    using Completion = std::function<void(Result<LogIndex>)>;
    /// Queues the transaction; `done` runs on `executor`. Errors: Conflict, NoSpace, Io, Unavailable (stopping),
    /// TooLarge (a transaction above kRecordBytesMax), InvalidArgument (a key outside `s/`, `l/`, `i/`, or a shared or
    /// local put without its leaf digest).
    virtual void commit(Transaction transaction, Executor& executor, Completion done) = 0;
    /// The same, waiting here; never on an I/O thread. For operations without reads to check, pass a fresh transaction.
    virtual Result<LogIndex> commitAndWait(Transaction transaction) = 0;
    /// The epoch that new records carry; it persists.
    virtual void setEpoch(Epoch epoch) = 0;
    virtual Epoch epoch() const = 0;

    // The log as links see it
    /// Identifies this log: an index means something only together with it. New for a new or a wiped store.
    virtual std::string logId() const = 0;
    /// The oldest index that read() can start from.
    virtual LogIndex oldestIndex() const = 0;
    /// Records from `from` on, at most about `bytesMax`, verified, encoded as on disk; empty when there is none yet. The
    /// newest come from memory and are shared. They hold `l/` and `i/` operations as well.
    /// Errors: NotFound (older than the log reaches), Corrupt, Io.
    virtual Result<std::vector<SharedRecord>> read(LogIndex from, std::size_t bytesMax) const = 0;
    /// Calls `notify` (from the committer's thread; it must be quick) after each group, until the handle dies. The handle
    /// must not die inside `notify`.
    class Subscription {
    public:
        virtual ~Subscription() = default;
    };
    virtual std::unique_ptr<Subscription> subscribe(std::function<void(LogIndex applied)> notify) = 0;
    /// Keeps records from `from` on, within the retention bounds, for the link `name`; it persists. Erase when done.
    virtual void setSlot(std::string_view name, LogIndex from) = 0;
    virtual void eraseSlot(std::string_view name) = 0;

    virtual const merkle::Forest& forest() const = 0;
    /// Calls `look` between two groups, while engine, forest and appliedIndex() agree; commits wait, so it must be short.
    /// Waits; never on an I/O thread. Errors: Unavailable (stopping).
    virtual Result<> betweenGroups(const std::function<void()>& look) = 0;
    /// Takes the digests of a tree of the forest anew from the leaves that it holds. Waits. Errors: Unavailable (stopping).
    virtual Result<> sumUpForest(std::string_view tree) = 0;
    /// The physical key of a leaf, for reconciliation; nothing when there is no such leaf. Errors: Io, Corrupt.
    virtual Result<std::optional<std::string>> keyOf(std::string_view tree, const merkle::KeyHash& hash) const = 0;

    /// Removes every `s/`, `l/` and forest entry, and the `i/` keys that `isKept` does not claim, then writes `first`:
    /// one atomic step to a reader and to a crash (done wholly at restart once begun). The log gets a new id; indexes
    /// go on. Transactions that began before are refused (Conflict). Waits; never on an I/O thread.
    /// Errors: as commit(), but never Conflict.
    virtual Result<> replaceContents(const std::function<bool(std::string_view key)>& isKept, std::vector<Operation> first) = 0;

    /// Writes a checkpoint now. Errors: Io, NoSpace.
    virtual Result<> checkpoint() = 0;
    /// After NoSpace or Io: tries to write again. Called by the store itself every second as well.
    virtual Result<> recover() = 0;
    /// Stops taking commits, finishes those queued, writes a checkpoint.
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
