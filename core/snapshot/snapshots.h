#pragma once

#include "core/barrier/barrier.h"
#include "core/log/store.h"
#include "core/snapshot/archive.h"
#include "core/snapshot/throw_away_store.h"

namespace core::snapshot {

/// Name and id of the cluster in the clear, between a restore under other keys and the first start with them.
inline constexpr std::string_view kRestoredIdentityKey = "i/core/cluster/restored";

/// Saves the whole state of a cluster to a file and puts one back. Blocking, for worker threads. Thread-safe.
class Snapshots {
public:
    struct Identity {
        std::string clusterId;
        std::string clusterName;
    };

    /// Whether a physical key belongs into a snapshot.
    static bool holds(std::string_view key);

    /// All outlive this object. Throw-away stores are made in `scratch`; empty: in memory. More than `restoreBytesMax` cannot be
    /// restored; less than the store takes only in tests.
    Snapshots(log::Store& store, const barrier::Barrier& barrier, const Clock& clock, Random& random, std::filesystem::path scratch = {},
              std::size_t restoreBytesMax = log::kReplacementBytesMax)
        : m_store{store}
        , m_barrier{barrier}
        , m_clock{clock}
        , m_random{random}
        , m_scratch{std::move(scratch)}
        , m_restoreBytesMax{restoreBytesMax}
    {}

    /// Shared and local data with the seal's configuration; neither the cluster's identity nor its replication roles.
    /// Errors: Sealed, NoSpace, Io.
    Result<Meta> save(const std::filesystem::path& file, const Identity& identity);

    /// Checks the file and nothing else. Errors: Corrupt, Io.
    Result<OpenedArchive> inspect(const std::filesystem::path& file);

    /// What a snapshot makes when it is restored, in a store of its own. Errors: Corrupt, Io, NoSpace.
    struct Copy {
        OpenedArchive opened;
        std::unique_ptr<ThrowAwayStore> contents;
        std::size_t restoreBytes = 0; // as restore() counts them
    };
    Result<Copy> unpack(const std::filesystem::path& file);

    /// What the cluster holds now, in a store of its own: with all that is this cluster's alone, its roles included.
    struct Twin {
        std::unique_ptr<ThrowAwayStore> contents;
        LogIndex index;
        std::string forestRoot; // of the live forest at that index; empty where writes left no quiet moment
        std::uint64_t keyCount = 0, bytes = 0;
    };
    /// Errors: Sealed, Io, NoSpace.
    Result<Twin> twin();

    /// That a snapshot could be restored here and now.
    struct Proof {
        Meta meta;
        std::string root; // of the restored store's forest
        std::uint64_t keyCount = 0;
        WallTime at;
        std::chrono::milliseconds duration{0};
    };
    /// Restores it into a throw-away store, opens its keyring with our root key and every value with that keyring, and compares
    /// the roots with those recorded at the save. Errors: Corrupt (says what is wrong), PermissionDenied (other keys), TooLarge (for a
    /// restore), Io, NoSpace.
    Result<Proof> prove(const std::filesystem::path& file);

    const std::filesystem::path& scratch() const { return m_scratch; }

    /// Replaces all shared and local data and the seal's configuration by the snapshot's, in one step. The caller then builds
    /// everything above the store anew; it is sealed where the snapshot's keys are not ours. Without `isForced` a snapshot
    /// of other keys is refused. Errors: Corrupt, PermissionDenied (other keys, with the API's text), TooLarge, Io, NoSpace.
    ///
    /// What is this cluster's alone stays where our keys are the snapshot's, and so does the keyring, which may have newer terms. Under
    /// other keys nobody could open it: all of it goes, and the name and id in `identity` are left in the clear for the next start
    /// (kRestoredIdentityKey).
    Result<Meta> restore(const std::filesystem::path& file, bool isForced, const Identity& identity)
    {
        return restore(file, isForced, identity, true);
    }
    /// The same with any keys, and without the replication roles of this cluster's own.
    Result<Meta> restoreWithoutRoles(const std::filesystem::path& file, const Identity& identity)
    {
        return restore(file, true, identity, false);
    }

private:
    Sealing sealing() const;
    Result<Meta> restore(const std::filesystem::path& file, bool isForced, const Identity& identity, bool keepsRoles);
    Result<> keepPresent(const std::string& key, std::vector<log::Operation>& operations) const;
    struct Moment {
        std::unique_ptr<storage::Reader> reader;
        LogIndex index;
        std::string forestRoot;
    };
    Moment moment() const;

    log::Store& m_store;
    const barrier::Barrier& m_barrier;
    const Clock& m_clock;
    Random& m_random;
    const std::filesystem::path m_scratch;
    const std::size_t m_restoreBytesMax;
};

} // namespace core::snapshot
