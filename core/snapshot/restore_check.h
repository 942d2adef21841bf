#pragma once

#include "core/barrier/barrier.h"
#include "core/base/secret_bytes.h"
#include "core/snapshot/archive.h"

#include <optional>
#include <string>
#include <vector>

namespace core::snapshot {

/// The result of checking an archive, before it replaces anything.
struct CheckedArchive {
    /// The keys that opened its values.
    enum class Keys {
        Ours,    // this cluster's: every value was opened
        Given,   // those of the given key shares: every value was opened
        Unknown, // none: only the form was checked
    };

    Meta meta;
    Keys keys = Keys::Unknown;
    /// Ours: the archive's keyring, if it is newer and must replace this cluster's. Given: the archive's keyring.
    std::optional<barrier::Keyring> keyring;
    bool isRootKeyOurs = false;             // for Ours; false if the root key was replaced later, so that the archive's seal opens nothing here
    bool areSumsSealed = false;             // with the keys that opened the values
    std::optional<SumsSignature> signature; // the signature of the checksums, by a cluster that had these keys; empty: not signed
    std::string sealType;                   // of the seal in the archive
    std::vector<std::string> warnings;      // what could not be verified, for people
};

/// True if a snapshot can contain this physical key.
bool belongsIntoSnapshot(std::string_view key);

/// Reads a whole archive and verifies as much of it as possible. Stores nothing.
///
/// Always: the checksums; the class of each key, the order of the keys, each once; a seal with its configuration; the form of each sealed value; the
/// roots. With keys (this cluster's, or those of `shares`) also: the keyring opens, matches this cluster's, and opens every value; each leaf matches
/// its value. `shares` can be empty. Errors: Corrupt (says what is wrong), InvalidArgument and FailedPrecondition (about the shares), Sealed, Io,
/// TooLarge.
Result<CheckedArchive> checkArchive(const std::filesystem::path& file, const Sealing& ownSealing, const barrier::Barrier& own,
                                    const std::vector<SecretBytes>& shares, Random& random);

/// Signs checksums. Returns an empty optional if there is no key to sign with.
using SumsSigner = std::function<std::optional<SumsSignature>(std::string_view sums)>;
/// The seal over an archive's checksums under the keyring of a barrier, which must outlive it.
Sealing sealingOf(const barrier::Barrier& barrier, SumsSigner sign = {});

} // namespace core::snapshot
