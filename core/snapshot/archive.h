#pragma once

#include "core/base/result.h"
#include "core/log/record.h"
#include "core/storage/engine.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace core::snapshot {

/// One stored key of a snapshot, with what the forest needs, so that a snapshot of a foreign keyring can be put in place.
using Entry = log::Operation;

/// What an entry takes in the record that replaces all contents, and what is said of a snapshot that takes more than there may be.
inline std::size_t restoredBytes(const Entry& entry)
{
    return entry.key.size() + entry.value.size() + log::kOperationHeaderBytes;
}
inline Error tooLarge()
{
    return Error{ErrorCode::TooLarge, "the snapshot is larger than can be restored"};
}

/// What a snapshot says of itself.
struct Meta {
    std::string id;
    std::string clusterId;
    std::string clusterName;
    std::string createdAt; // RFC 3339
    std::string version;
    std::uint64_t index = 0;
    std::uint64_t keyCount = 0;
    std::uint64_t stateBytes = 0;
    std::string root;       // over shared and local trees, 40 hex digits, made from the entries
    std::string forestRoot; // the same as the live forest had it at `index`; empty where writes left no quiet moment
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
    bool isSealedByUs = false; // the sums open under our keyring
};
/// Checks the whole file and gives its entries in order. `visit` runs only after a first pass has proven every checksum.
/// Errors: Corrupt (names the part), Io, TooLarge; errors of `visit` pass through.
Result<OpenedArchive> readArchive(const std::filesystem::path& file, const Sealing& sealing,
                                  const std::function<Result<>(Entry&&)>& visit);

} // namespace core::snapshot
