#pragma once

#include "core/base/result.h"
#include "core/log/record.h"
#include "core/snapshot/sums_signature.h"
#include "core/storage/engine.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace core::snapshot {

/// One stored key of a snapshot, with what the forest needs, so that a snapshot of a foreign keyring can be put in place.
using Entry = log::Operation;

/// The replication sets whose primary the saved cluster was, and where their members were, itself among them: whoever restores the
/// snapshot on another machine asks them whether a primary is there. In the clear, as all of meta.json.
struct Sets {
    struct Member {
        std::string type; // "performance" or "dr"
        std::string id;   // empty: the cluster that was saved
        std::string apiAddress;
    };
    static constexpr std::size_t kMemberCountMax = 64;

    std::string performanceSetId, drSetId; // empty: not its primary
    std::vector<Member> members = {};
};

/// What a snapshot says of itself.
struct Meta {
    std::string id;
    std::string clusterId;
    std::string clusterName;
    std::string createdAt; // RFC 3339
    std::string version;
    std::uint32_t storeFormat = 1; // barrier::StoreFormat
    std::uint64_t index = 0;
    std::uint64_t keyCount = 0;
    std::uint64_t stateBytes = 0;
    std::string root;       // over shared and local trees, 40 hex digits, made from the entries
    std::string forestRoot; // the same as the live forest had it at `index`; empty where writes left no quiet moment
    Sets sets;
};

/// A seal over the list of checksums, which only the holders of the keyring could have made.
struct Sealing {
    std::function<Result<std::string>(std::string_view sums)> seal;
    std::function<Result<std::string>(std::string_view sealed)> open;
};

/// Calls `take` for each entry in order; the same entries in each of the two passes. Errors of `take` pass through.
using EntrySource = std::function<Result<>(const std::function<Result<>(const Entry&)>& take)>;

/// Writes the archive to `file` (0600; complete and synced, or absent). Format: README.md. Errors: Io, NoSpace.
Result<Meta> writeArchive(const std::filesystem::path& file, Meta meta, const EntrySource& entries, const Sealing& sealing);

/// An archive whose checksums are right.
struct OpenedArchive {
    Meta meta;
    bool isSealedByUs = false;              // the sums open under our keyring
    std::optional<SumsSignature> signature; // of those sums, good; nothing: not signed, or not sealed by us
    std::string sums, sealedSums;
};
/// Checks the whole file and gives its entries in order. `visit` runs only after a first pass has proven every checksum. What a file
/// may cost that is no snapshot is bounded (ArchiveParts). Errors: Corrupt (names the part), Io, TooLarge; errors of `visit` pass through.
Result<OpenedArchive> readArchive(const std::filesystem::path& file, const Sealing& sealing, const std::function<Result<>(Entry&&)>& visit);
/// The entries of a file that readArchive() has checked, once more. Errors: as readArchive().
Result<> readEntries(const std::filesystem::path& file, const std::function<Result<>(Entry&&)>& visit);
/// Whether the holders of this keyring have sealed the archive's sums; `signature` gets the signature of a cluster among them, if it is good.
bool isSealedBy(const Sealing& sealing, const OpenedArchive& archive, std::optional<SumsSignature>& signature);

} // namespace core::snapshot
