#include "core/transit/key/key_storage.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <charconv>

namespace core::transit {
namespace {

namespace json = boost::json;

constexpr std::string_view kKeys = "keys/";
constexpr std::string_view kVersions = "versions/";
constexpr std::string_view kRotations = "rotations/";
constexpr std::string_view kConfig = "config";
constexpr std::string_view kWrappingKey = "wrapping-key";

std::string rowOf(std::string_view folder, std::string_view name)
{
    return std::string{folder}.append(name);
}

std::string versionRow(std::string_view name, VersionNumber number)
{
    return rowOf(kVersions, name) + "/" + std::to_string(number);
}

template<class Number>
std::optional<Number> numberOf(std::string_view text)
{
    Number number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

} // namespace

Result<KeyPointer> KeyStorage::load(std::string_view name) const
{
    auto text = m_mount.get(rowOf(kKeys, name));
    if (!text) return text.error();
    if (!*text) return KeyPointer{};
    auto settings = KeySettings::decode(name, **text);
    if (!settings) return settings.error();
    auto key = std::make_shared<Key>();
    key->settings = std::move(*settings);
    std::optional<Error> failed;
    auto visited = m_mount.forEach(rowOf(kVersions, name) + "/", [&](std::string_view path, std::string_view value) {
        const auto number = numberOf<VersionNumber>(path.substr(path.rfind('/') + 1));
        if (!number || *number < key->settings.oldest() || *number > key->settings.latest) return true;
        auto version = KeyVersion::decode(*number, value);
        if (!version) {
            failed = version.error();
            return false;
        }
        key->versions.emplace(*number, std::make_shared<const KeyVersion>(std::move(*version)));
        return true;
    });
    if (!visited) return visited.error();
    if (failed) return *failed;
    return KeyPointer{std::move(key)};
}

Result<bool> KeyStorage::exists(std::string_view name) const
{
    return m_mount.exists(rowOf(kKeys, name));
}

Result<std::vector<std::string>> KeyStorage::names() const
{
    return m_mount.list(kKeys);
}

Result<> KeyStorage::putSettings(const KeySettings& settings)
{
    if (auto stored = m_mount.put(rowOf(kKeys, settings.name), settings.encode()); !stored) return stored;
    const auto row = rowOf(kRotations, settings.name);
    if (settings.autoRotatePeriod.count() > 0) {
        return m_mount.put(row, std::to_string(laterBy(settings.rotatedAt, settings.autoRotatePeriod).time_since_epoch().count()));
    }
    auto isThere = m_mount.exists(row);
    if (!isThere) return isThere.error();
    return *isThere ? m_mount.erase(row) : Result<>{};
}

Result<> KeyStorage::putVersion(std::string_view name, const KeyVersion& version)
{
    return m_mount.put(versionRow(name, version.number), version.encode().view());
}

Result<> KeyStorage::eraseVersions(std::string_view name, VersionNumber first, VersionNumber end)
{
    for (auto number = first; number < end; ++number) {
        if (auto erased = m_mount.erase(versionRow(name, number)); !erased) return erased;
    }
    return {};
}

Result<> KeyStorage::erase(std::string_view name)
{
    if (auto erased = m_mount.erase(rowOf(kKeys, name)); !erased) return erased;
    if (auto erased = m_mount.erase(rowOf(kRotations, name)); !erased) return erased;
    return m_mount.eraseAll(rowOf(kVersions, name) + "/");
}

Result<std::vector<std::string>> KeyStorage::dueForRotation(WallTime now, std::size_t limit) const
{
    std::vector<std::string> due;
    auto visited = m_mount.forEach(kRotations, [&](std::string_view path, std::string_view value) {
        const auto at = numberOf<std::int64_t>(value);
        if (at && WallTime{std::chrono::nanoseconds{*at}} <= now) due.emplace_back(path.substr(path.rfind('/') + 1));
        return due.size() < limit;
    });
    if (!visited) return visited.error();
    return due;
}

Result<SecretBytes> KeyStorage::wrappingKey() const
{
    auto stored = m_mount.get(kWrappingKey);
    if (!stored) return stored.error();
    if (!*stored) return SecretBytes{};
    auto key = SecretBytes::copyOf(**stored);
    wipe(**stored);
    return key;
}

Result<> KeyStorage::putWrappingKey(const SecretBytes& pkcs8)
{
    return m_mount.put(kWrappingKey, pkcs8.view());
}

Result<KeyStorage::Config> KeyStorage::config() const
{
    auto text = m_mount.get(kConfig);
    if (!text) return text.error();
    if (!*text) return Config{};
    json::error_code failed;
    const auto parsed = json::parse(**text, failed);
    const auto* object = failed ? nullptr : parsed.if_object();
    const auto* size = object ? object->if_contains("cache_size") : nullptr;
    const auto* isDisabled = object ? object->if_contains("upsert_disabled") : nullptr;
    if (!size || !size->is_int64() || !isDisabled || !isDisabled->is_bool()) {
        return Error{ErrorCode::Corrupt, "the stored configuration of a transit mount is damaged"};
    }
    return Config{.cacheSize = size->get_int64(), .isUpsertDisabled = isDisabled->get_bool()};
}

Result<> KeyStorage::putConfig(const Config& config)
{
    return m_mount.put(kConfig, json::serialize(json::object{{"cache_size", config.cacheSize}, {"upsert_disabled", config.isUpsertDisabled}}));
}

std::string_view KeyStorage::keyOfRow(std::string_view path)
{
    for (const auto folder : {kKeys, kVersions}) {
        if (!path.starts_with(folder)) continue;
        const auto name = path.substr(folder.size());
        return name.substr(0, name.find('/'));
    }
    return {};
}

bool KeyStorage::isConfigRow(std::string_view path)
{
    return path == kConfig;
}

} // namespace core::transit
