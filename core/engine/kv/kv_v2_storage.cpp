#include "core/engine/kv/kv_v2_storage.h"

namespace core::engine {
namespace {

constexpr std::string_view kConfigKey = "config";

std::string versionKey(std::string_view path, std::uint32_t version)
{
    std::string key{path};
    key.push_back('/');
    return key += std::to_string(version);
}

Result<std::optional<KvKeyMetadata>> decoded(const std::optional<std::string>& row)
{
    if (!row) return std::optional<KvKeyMetadata>{};
    auto metadata = KvKeyMetadata::decode(*row);
    if (!metadata) return metadata.error();
    return std::optional<KvKeyMetadata>{std::move(*metadata)};
}

} // namespace

KvV2Storage::KvV2Storage(barrier::View mount, std::optional<mount::RowRead> metadataRead)
    : m_mount{std::move(mount)}
    , m_metadata{m_mount.subView("metadata/")}
    , m_versions{m_mount.subView("versions/")}
    , m_metadataRead{std::move(metadataRead)}
{}

Result<KvConfig> KvV2Storage::config() const
{
    auto stored = m_mount.get(kConfigKey);
    if (!stored) return stored.error();
    if (!*stored) return KvConfig{};
    return decodeKvConfig(**stored);
}

Result<> KvV2Storage::putConfig(const KvConfig& config)
{
    return m_mount.put(kConfigKey, encodeKvConfig(config));
}

Result<std::optional<KvKeyMetadata>> KvV2Storage::metadata(std::string_view path) const
{
    if (m_metadataRead) return decoded(m_metadataRead->value);
    const auto stored = m_metadata.get(path);
    if (!stored) return stored.error();
    return decoded(*stored);
}

Result<mount::RowRead> KvV2Storage::metadataRow(std::string_view path) const
{
    auto stored = m_metadata.get(path);
    if (!stored) return std::move(stored).error();
    return mount::RowRead{std::move(*stored)};
}

Result<bool> KvV2Storage::hasMetadata(std::string_view path) const
{
    return m_metadata.exists(path);
}

Result<> KvV2Storage::putMetadata(std::string_view path, const KvKeyMetadata& metadata)
{
    m_metadataRead.reset();
    return m_metadata.put(path, metadata.encode());
}

Result<> KvV2Storage::eraseKey(std::string_view path, const KvKeyMetadata& metadata)
{
    for (const auto& version : metadata.versions) {
        if (version.isDestroyed) continue;
        if (auto erased = eraseValue(path, version.number); !erased) return erased;
    }
    m_metadataRead.reset();
    return m_metadata.erase(path);
}

Result<std::vector<std::string>> KvV2Storage::list(std::string_view folder) const
{
    return m_metadata.list(folder);
}

Result<std::string> KvV2Storage::value(std::string_view path, std::uint32_t version) const
{
    auto stored = m_versions.get(versionKey(path, version));
    if (!stored) return stored.error();
    if (!*stored) return Error{ErrorCode::Corrupt, "kv version " + std::to_string(version) + " has metadata but no value"};
    return std::move(**stored);
}

Result<> KvV2Storage::putValue(std::string_view path, std::uint32_t version, std::string_view text)
{
    return m_versions.put(versionKey(path, version), text);
}

Result<> KvV2Storage::eraseValue(std::string_view path, std::uint32_t version)
{
    return m_versions.erase(versionKey(path, version));
}

Result<KvVersion> addVersion(KvV2Storage& storage, const KvConfig& config, std::string_view path, KvKeyMetadata& metadata, std::string_view text,
                             WallTime now)
{
    const KvVersion added{
        .number = metadata.currentVersion + 1, .createdAt = now, .deletedAt = deletionTime(config, metadata, now), .isDestroyed = false};
    if (auto stored = storage.putValue(path, added.number, text); !stored) return stored.error();
    metadata.versions.push_back(added);
    metadata.currentVersion = added.number;
    metadata.updatedAt = now;
    if (metadata.createdAt == WallTime{}) metadata.createdAt = now;

    const auto kept = versionsKept(config, metadata);
    if (metadata.currentVersion > kept) {
        const auto oldest = metadata.currentVersion - kept + 1;
        auto& versions = metadata.versions;
        auto end = versions.begin();
        for (; end != versions.end() && end->number < oldest; ++end) {
            if (end->isDestroyed) continue;
            if (auto erased = storage.eraseValue(path, end->number); !erased) return erased.error();
        }
        versions.erase(versions.begin(), end);
        metadata.oldestVersion = oldest;
    }
    if (auto stored = storage.putMetadata(path, metadata); !stored) return stored.error();
    return added;
}

} // namespace core::engine
