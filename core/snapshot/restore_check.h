#pragma once

#include "core/barrier/barrier.h"
#include "core/base/secret_bytes.h"
#include "core/snapshot/archive.h"

#include <optional>
#include <string>
#include <vector>

namespace core::snapshot {

/// What an archive turned out to be, before anything is replaced by it.
struct CheckedArchive {
    /// Whose keys its values were opened with.
    enum class Keys {
        Ours,    // this cluster's: every value was opened
        Given,   // those of the key shares that came with it: every value was opened
        Unknown, // nobody's here: its form was checked, and no value could be opened
    };

    Meta meta;
    Keys keys = Keys::Unknown;
    /// Ours: the archive's, where it is newer than this cluster's and takes its place. Given: the archive's.
    std::optional<barrier::Keyring> keyring;
    bool isRootKeyOurs = false; // of Ours: false where the root key has been replaced since, so that the archive's seal opens nothing here
    bool areSumsSealed = false; // by the keys that opened the values
    std::optional<SumsSignature> signature; // of them, by a cluster that had these keys; nothing: not signed
    std::string sealType;                   // of the seal that it brings
    std::vector<std::string> warnings;      // what could not be proven, for people
};

/// Whether a physical key belongs into a snapshot.
bool belongsIntoSnapshot(std::string_view key);

/// Reads a whole archive and proves what can be proven of it; nothing of it is stored.
///
/// Always: checksums; the class of each key, in the order in which a cluster writes them, each once; a seal with its configuration;
/// the form of each sealed value; the roots. With keys, its own or those of `shares`, in addition: the keyring opens, fits this
/// cluster's, and opens every value, and each leaf is that of its value. `shares` may be empty.
/// Errors: Corrupt (says what is wrong), InvalidArgument and FailedPrecondition (about the shares), Sealed, Io, TooLarge.
Result<CheckedArchive> checkArchive(const std::filesystem::path& file, const Sealing& ownSealing, const barrier::Barrier& own,
                                    const std::vector<SecretBytes>& shares, Random& random);

/// Signs checksums; nothing where there is no key to sign with.
using SumsSigner = std::function<std::optional<SumsSignature>(std::string_view sums)>;
/// The seal over an archive's checksums under the keyring of a barrier, which outlives it.
Sealing sealingOf(const barrier::Barrier& barrier, SumsSigner sign = {});

} // namespace core::snapshot
