#pragma once

#include "core/barrier/view.h"
#include "core/transit/key/key.h"

namespace core::transit {

/// How many versions of a key can be stored. Reading a key reads all of them. Trimming makes room.
inline constexpr std::size_t kVersionsMax = 10'000;

/// The rows of a transit mount (README.md). Bound to one transaction, like the view. Errors of all methods: those of the view, and Corrupt.
class KeyStorage {
public:
    explicit KeyStorage(barrier::View mount) : m_mount{std::move(mount)} {}

    /// Null: there is no such key.
    Result<KeyPointer> load(std::string_view name) const;
    Result<bool> exists(std::string_view name) const;
    Result<std::vector<std::string>> names() const;

    /// Stores the settings, and when the key must be rotated.
    Result<> putSettings(const KeySettings& settings);
    Result<> putVersion(std::string_view name, const KeyVersion& version);
    /// Destroys the versions from `first` up to but not including `end`.
    Result<> eraseVersions(std::string_view name, VersionNumber first, VersionNumber end);
    Result<> erase(std::string_view name);

    /// The names of keys whose time of rotation has come, at most `limit`.
    Result<std::vector<std::string>> dueForRotation(WallTime now, std::size_t limit) const;

    /// The pair that wraps keys for an import, in PKCS#8. Empty: it has not been made yet.
    Result<SecretBytes> wrappingKey() const;
    Result<> putWrappingKey(const SecretBytes& pkcs8);

    struct Config {
        std::int64_t cacheSize = 0; // 0: unlimited
        bool isUpsertDisabled = false;
    };
    Result<Config> config() const;
    Result<> putConfig(const Config& config);

    /// The key that a stored row belongs to; empty: to none.
    static std::string_view keyOfRow(std::string_view path);
    static bool isConfigRow(std::string_view path);

private:
    barrier::View m_mount;
};

} // namespace core::transit
