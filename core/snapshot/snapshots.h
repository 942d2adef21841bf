#pragma once

#include "core/barrier/barrier.h"
#include "core/log/staging.h"
#include "core/log/store.h"
#include "core/snapshot/restore_check.h"
#include "core/snapshot/throw_away_store.h"

namespace core::snapshot {

/// Name and id of the cluster in the clear, and the types of which it becomes primary of a new set ("new_sets"). Stored from a restore under other
/// keys until the first start with them.
inline constexpr std::string_view kRestoredIdentityKey = "i/core/cluster/restored";

/// Saves the whole state of a cluster to a file, and restores one. Blocking, for worker threads. Thread-safe.
class Snapshots {
public:
    struct Identity {
        std::string clusterId;
        std::string clusterName;
        Sets sets = {};
    };

    static bool holds(std::string_view key) { return belongsIntoSnapshot(key); }

    /// Who signs the snapshots that are saved here, and whose signatures are accepted.
    struct Signing {
        std::function<std::optional<SumsSignature>(std::string_view sums, WallTime now)> sign;
        /// True if a token key belongs to this cluster or to a present member of its sets.
        std::function<bool(std::string_view tokenKey, WallTime now)> isMembers;
        /// True if another cluster has, or can have had, this cluster's keys.
        std::function<bool()> hadMembers;
    };

    /// All must outlive this object. Throw-away stores are made in `scratch`; empty: in memory.
    Snapshots(log::Store& store, const barrier::Barrier& barrier, const Clock& clock, Random& random, std::filesystem::path scratch = {},
              Signing signing = {})
        : m_store{store}
        , m_barrier{barrier}
        , m_clock{clock}
        , m_random{random}
        , m_scratch{std::move(scratch)}
        , m_signing{std::move(signing)}
    {}

    /// Saves shared and local data with the seal's configuration, but not the cluster's identity and roles. Errors: Sealed, NoSpace, Io.
    Result<Meta> save(const std::filesystem::path& file, const Identity& identity);

    /// Checks the file, and does nothing else. Errors: Corrupt, Io.
    Result<OpenedArchive> inspect(const std::filesystem::path& file);

    /// The restored contents of a snapshot, in a store of its own. Errors: Corrupt, Io, NoSpace.
    struct Copy {
        OpenedArchive opened;
        std::unique_ptr<ThrowAwayStore> contents;
    };
    Result<Copy> unpack(const std::filesystem::path& file);

    /// The present contents of the cluster in a store of its own, including everything that belongs only to this cluster, such as its roles.
    struct Twin {
        std::unique_ptr<ThrowAwayStore> contents;
        LogIndex index;
        std::string forestRoot; // of the live forest at that index; empty if there was no moment without writes
        std::uint64_t keyCount = 0, bytes = 0;
    };
    /// Errors: Sealed, Io, NoSpace.
    Result<Twin> twin();

    /// Shows that a snapshot can be restored here and now.
    struct Proof {
        Meta meta;
        std::string root; // of the restored store's forest
        std::uint64_t keyCount = 0;
        WallTime at;
        std::chrono::milliseconds duration{0};
    };
    /// Restores the snapshot into a throw-away store, opens its keyring with our root key and every value with that keyring, and compares the roots
    /// with the recorded ones. Errors: Corrupt (says what is wrong), PermissionDenied (other keys), TooLarge (for a restore), Io, NoSpace.
    Result<Proof> prove(const std::filesystem::path& file);

    const std::filesystem::path& scratch() const { return m_scratch; }

    /// Verifies an archive before a restore replaces anything. Without `isForced` an archive of other keys is refused. With it, `shares` (those of
    /// the archive) let the values be opened too. Errors: those of checkArchive(), PermissionDenied (other keys, with the API's text).
    Result<CheckedArchive> check(const std::filesystem::path& file, bool isForced, const std::vector<SecretBytes>& shares = {});
    /// An archive under this cluster's keys must be signed by this cluster or by a present member of its sets. Former members have the keys too, and
    /// could make an archive. If there never was a member, no signature is needed. Errors: PermissionDenied (says what to do).
    Result<> checkSigner(const CheckedArchive& checked) const;

    /// What is taken from an archive, and what of this cluster is replaced.
    enum class Extent {
        Everything,   // under our keys this cluster's roles stay
        WithoutRoles, // this cluster's roles are replaced
        WithoutSet,   // other keys: the archive's role is not taken; the first start makes a new set
        Local,        // our keys: only local data, for a performance secondary, whose primary provides the shared data
    };
    /// An archive whose contents are staged beside this cluster's. They are removed with this object, unless they were placed.
    struct Staged {
        std::unique_ptr<log::Staging> staging;
        log::Placing placing;
        Meta meta;
        bool keepsMemberRows = false; // the filters and bounds of members stay as they are when the contents are placed
    };
    /// Stages the contents of a file that check() has just verified, while the cluster runs. Errors: Corrupt, Io, NoSpace.
    ///
    /// Under our keys, all rows that belong only to this cluster stay, and all rows with keys: the keyring (unless the archive's is newer), the seal,
    /// the key shares, the signing key of wrapping tokens, what revocations leave to do, and the replication roles with the filters and bounds of
    /// members. Older ones would bring back replaced keys, revoked secondaries, and rights that members do not have any more.
    ///
    /// Under other keys nobody could open the rows that belong only to this cluster. They are removed, and the archive's seal is taken. Name and id
    /// in `identity` are left in the clear for the next start (kRestoredIdentityKey). The store stays marked as initialised in each case
    /// (barrier::kInitializedKey).
    Result<Staged> stage(const std::filesystem::path& file, const CheckedArchive& checked, const Identity& identity, Extent extent);
    /// Puts the staged contents in place in one step. The caller then builds everything above the store again. The cluster is sealed if the
    /// snapshot's keys are not ours. Errors: Io, NoSpace.
    Result<> place(Staged& staged);

    /// stage() and place() in one call.
    Result<> restore(const std::filesystem::path& file, const CheckedArchive& checked, const Identity& identity)
    {
        return put(file, checked, identity, Extent::Everything);
    }
    /// Everything in one call, with any keys, and without this cluster's replication roles.
    Result<Meta> restoreWithoutRoles(const std::filesystem::path& file, const Identity& identity);

private:
    Sealing sealing() const;
    Result<> put(const std::filesystem::path& file, const CheckedArchive& checked, const Identity& identity, Extent extent);
    static bool bringsSeal(const CheckedArchive& checked, Extent extent);
    Result<> keepMemberRows(log::Placing& placing) const;
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
