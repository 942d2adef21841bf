#pragma once

#include "core/barrier/view.h"
#include "core/engine/kv/key_metadata.h"
#include "core/mount/backend.h"

#include <optional>
#include <string>

namespace core::engine {

/// The rows of a version 2 mount: `config`, `metadata/<path>`, `versions/<path>/<number>` (README.md).
/// Bound to one request's transaction, like the view it wraps.
class KvV2Storage {
public:
    /// `metadataRead`: the metadata row of the one key of the request, if it was read already.
    explicit KvV2Storage(barrier::View mount, std::optional<mount::RowRead> metadataRead = {});

    /// Defaults if none is stored. Errors of all methods: those of the view, and Corrupt.
    Result<KvConfig> config() const;
    Result<> putConfig(const KvConfig& config);

    Result<std::optional<KvKeyMetadata>> metadata(std::string_view path) const;
    /// The same, not decoded.
    Result<mount::RowRead> metadataRow(std::string_view path) const;
    Result<bool> hasMetadata(std::string_view path) const;
    Result<> putMetadata(std::string_view path, const KvKeyMetadata& metadata);
    /// The key with all its versions.
    Result<> eraseKey(std::string_view path, const KvKeyMetadata& metadata);
    Result<std::vector<std::string>> list(std::string_view folder) const;

    /// The value's JSON text. Corrupt if it is missing, because the metadata says that it exists.
    Result<std::string> value(std::string_view path, std::uint32_t version) const;
    Result<> putValue(std::string_view path, std::uint32_t version, std::string_view text);
    Result<> eraseValue(std::string_view path, std::uint32_t version);

private:
    barrier::View m_mount;
    barrier::View m_metadata;
    barrier::View m_versions;
    std::optional<mount::RowRead> m_metadataRead; // until the key's metadata changes
};

/// Adds a version after the latest one, drops versions beyond the limit, and stores everything.
Result<KvVersion> addVersion(KvV2Storage& storage, const KvConfig& config, std::string_view path, KvKeyMetadata& metadata, std::string_view text,
                             WallTime now);

} // namespace core::engine
