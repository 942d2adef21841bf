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

/// One stored key of a snapshot, with its hash and digest, so that a snapshot of another keyring can be restored.
using Entry = log::Operation;

/// The replication sets whose primary the saved cluster was, and the addresses of their members, its own included. When the snapshot is restored on
/// another machine, these members are asked whether a primary is running. In the clear, as all of meta.json.
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

/// The description of a snapshot.
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
    std::string root;       // over shared and local trees, 40 hex digits, computed from the entries
    std::string forestRoot; // of the live forest at `index`; empty if there was no moment without writes
    Sets sets;
};

/// A seal over the list of checksums, which only a holder of the keyring can make.
struct Sealing {
    std::function<Result<std::string>(std::string_view sums)> seal;
    std::function<Result<std::string>(std::string_view sealed)> open;
};

/// Calls `take` for each entry in order. It is called twice and must give the same entries both times. Errors of `take` are passed on.
using EntrySource = std::function<Result<>(const std::function<Result<>(const Entry&)>& take)>;

/// Writes the archive to `file` (0600; complete and synced, or absent). Format: README.md. Errors: Io, NoSpace.
Result<Meta> writeArchive(const std::filesystem::path& file, Meta meta, const EntrySource& entries, const Sealing& sealing);

/// An archive with correct checksums.
struct OpenedArchive {
    Meta meta;
    bool isSealedByUs = false;              // the checksums open under our keyring
    std::optional<SumsSignature> signature; // the valid signature of those checksums; empty: not signed, or not sealed by us
    std::string sums, sealedSums;
};
/// Checks the whole file and gives its entries in order. `visit` runs only after a first pass has verified every checksum. The cost of a file that is
/// no snapshot is bounded (ArchiveParts). Errors: Corrupt (names the part), Io, TooLarge; errors of `visit` are passed on.
Result<OpenedArchive> readArchive(const std::filesystem::path& file, const Sealing& sealing, const std::function<Result<>(Entry&&)>& visit);
/// Reads the entries of a file again that readArchive() has checked. Errors: as readArchive().
Result<> readEntries(const std::filesystem::path& file, const std::function<Result<>(Entry&&)>& visit);
/// True if a holder of this keyring has sealed the archive's checksums. `signature` gets a member's signature of them, if there is a valid one.
bool isSealedBy(const Sealing& sealing, const OpenedArchive& archive, std::optional<SumsSignature>& signature);

} // namespace core::snapshot
