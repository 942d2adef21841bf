#pragma once

#include "core/transit/key/key_version.h"

#include <boost/json/object.hpp>

#include <optional>
#include <string>

namespace core::transit {

/// Everything about a key except its material.
struct KeySettings {
    /// When a backup was made or restored, and the newest version in it.
    struct Copied {
        WallTime at;
        VersionNumber version = 0;
    };

    std::string name;
    KeyType type = KeyType::Aes256Gcm96;
    bool isDerived = false;
    bool isConvergent = false;
    bool isExportable = false;
    bool allowsPlaintextBackup = false;
    bool isDeletionAllowed = false;
    bool isImported = false;
    bool allowsImportedRotation = false;
    VersionNumber latest = 0;
    VersionNumber minDecryption = 1;
    VersionNumber minEncryption = 0; // 0: the latest version is used, and older ones can be asked for
    VersionNumber minAvailable = 0;  // older ones were destroyed; 0: none was
    std::uint32_t hmacKeyBytes = 0;  // of the type hmac
    std::chrono::seconds autoRotatePeriod{0};
    WallTime rotatedAt; // when the latest version was made
    std::optional<Copied> backup;
    std::optional<Copied> restore;

    const KeyTypeTraits& traits() const { return traitsOf(type); }
    /// The oldest version that is stored.
    VersionNumber oldest() const { return minAvailable > 1 ? minAvailable : 1; }

    /// The stored form: JSON. It holds no secret.
    std::string encode() const;
    /// Errors: Corrupt.
    static Result<KeySettings> decode(std::string_view name, std::string_view text);
};

} // namespace core::transit
