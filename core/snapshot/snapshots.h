#pragma once

#include "core/barrier/barrier.h"
#include "core/log/staging.h"
#include "core/log/store.h"
#include "core/snapshot/restore_check.h"
#include "core/snapshot/throw_away_store.h"

namespace core::snapshot {

/// Name and id of the cluster in the clear, and of which types it is to be primary of a new set ("new_sets"), between a restore under
/// other keys and the first start with them.
inline constexpr std::string_view kRestoredIdentityKey = "i/core/cluster/restored";

/// Saves the whole state of a cluster to a file and puts one back. Blocking, for worker threads. Thread-safe.
class Snapshots {
public:
    struct Identity {
        std::string clusterId;
        std::string clusterName;
        Sets sets = {};
    };

    static bool holds(std::string_view key) { return belongsIntoSnapshot(key); }

    /// Who signs what is saved here, and whose signatures count here.
    struct Signing {
        std::function<std::optional<SumsSignature>(std::string_view sums, WallTime now)> sign;
        /// Whether a token key is this cluster's, or that of a present member of its sets.
        std::function<bool(std::string_view tokenKey, WallTime now)> isMembers;
        /// Whether another cluster has, or may have had, this one's keys.
        std::function<bool()> hadMembers;
    };

    /// All outlive this object. Throw-away stores are made in `scratch`; empty: in memory.
    Snapshots(log::Store& store, const barrier::Barrier& barrier, const Clock& clock, Random& random, std::filesystem::path scratch = {},
              Signing signing = {})
        : m_store{store}
        , m_barrier{barrier}
        , m_clock{clock}
        , m_random{random}
        , m_scratch{std::move(scratch)}
        , m_signing{std::move(signing)}
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

    /// What is to become of a restore, proven before anything is replaced. Without `isForced` an archive of other keys is refused; with
    /// it, `shares` (those of the archive) let its values be opened as well. Errors: those of checkArchive(), PermissionDenied (other
    /// keys, with the API's text).
    Result<CheckedArchive> check(const std::filesystem::path& file, bool isForced, const std::vector<SecretBytes>& shares = {});
    /// An archive under this cluster's keys must be signed by it or by a present member of its sets: former members have the keys too, and
    /// could put an archive together. Where there never was a member, nothing is asked. Errors: PermissionDenied (names the way out).
    Result<> checkSigner(const CheckedArchive& checked) const;

    /// What of an archive comes, and what of this cluster goes.
    enum class Extent {
        Everything,   // under our keys this cluster's roles stay
        WithoutRoles, // this cluster's roles go
        WithoutSet,   // of other keys: and the archive's role does not come, a new set is made at the first start
        Local,        // of our keys: only what is local, on a performance secondary, whose shared data comes from its primary
    };
    /// An archive whose contents wait beside this cluster's; they are removed with the object unless they were placed.
    struct Staged {
        std::unique_ptr<log::Staging> staging;
        log::Placing placing;
        Meta meta;
    };
    /// Brings in the contents of a file that check() has just proven, while the cluster goes on. Errors: Corrupt, Io, NoSpace.
    ///
    /// Under our keys, what is this cluster's alone stays, and so does every row that holds keys: the keyring (unless the archive's is
    /// newer), the seal, the key shares, the signing key of wrapping tokens, and the replication roles. An older one would bring back
    /// keys that have been replaced and secondaries that have been revoked. Under other keys nobody could open what is this cluster's
    /// alone: all of it goes, the archive's seal comes, and the name and id in `identity` are left in the clear for the next start
    /// (kRestoredIdentityKey). That this store was initialised stays known in every case (barrier::kInitializedKey).
    Result<Staged> stage(const std::filesystem::path& file, const CheckedArchive& checked, const Identity& identity, Extent extent);
    /// Puts it in place in one step. The caller then builds everything above the store anew; it is sealed where the snapshot's keys are
    /// not ours. Errors: Io, NoSpace.
    Result<> place(Staged& staged);

    /// Both in one.
    Result<> restore(const std::filesystem::path& file, const CheckedArchive& checked, const Identity& identity)
    {
        return put(file, checked, identity, Extent::Everything);
    }
    /// All in one, with any keys, and without the replication roles of this cluster's own.
    Result<Meta> restoreWithoutRoles(const std::filesystem::path& file, const Identity& identity);

private:
    Sealing sealing() const;
    Result<> put(const std::filesystem::path& file, const CheckedArchive& checked, const Identity& identity, Extent extent);
    static bool bringsSeal(const CheckedArchive& checked, Extent extent);
    Result<log::Placing> placing(const CheckedArchive& checked, const Identity& identity, Extent extent) const;
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
    const Signing m_signing;
};

} // namespace core::snapshot
