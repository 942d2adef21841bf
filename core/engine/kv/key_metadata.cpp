#include "core/engine/kv/key_metadata.h"

#include "core/base/bytes.h"

#include <algorithm>

namespace core::engine {
namespace {

constexpr char kFormat = 1;
constexpr std::size_t kVersionBytes = 4 + 8 + 8 + 1;

void appendTime(std::string& out, WallTime time)
{
    appendLittleEndian(out, static_cast<std::uint64_t>(time.time_since_epoch().count()));
}

void appendText(std::string& out, std::string_view text)
{
    appendLittleEndian(out, static_cast<std::uint16_t>(text.size()));
    out.append(text);
}

/// Takes fields off the front of stored bytes; after the first shortage everything is zero and isShort stays true.
class Reader {
public:
    explicit Reader(std::string_view bytes) : m_bytes{bytes} {}

    template<class Integer>
    Integer integer()
    {
        const auto raw = take(sizeof(Integer));
        return raw.empty() ? Integer{0} : readLittleEndian<Integer>(raw);
    }
    std::chrono::nanoseconds duration() { return std::chrono::nanoseconds{static_cast<std::int64_t>(integer<std::uint64_t>())}; }
    WallTime time() { return WallTime{duration()}; }
    std::string text() { return std::string{take(integer<std::uint16_t>())}; }
    std::size_t bytesLeft() const { return m_bytes.size(); }
    bool isShort() const { return m_isShort; }

private:
    std::string_view take(std::size_t size)
    {
        if (m_isShort || size > m_bytes.size()) {
            m_isShort = true;
            return {};
        }
        const auto taken = m_bytes.substr(0, size);
        m_bytes.remove_prefix(size);
        return taken;
    }

    std::string_view m_bytes;
    bool m_isShort = false;
};

} // namespace

KvVersion* KvKeyMetadata::find(std::uint32_t number)
{
    const auto at = std::lower_bound(versions.begin(), versions.end(), number,
                                     [](const KvVersion& version, std::uint32_t wanted) { return version.number < wanted; });
    return at != versions.end() && at->number == number ? &*at : nullptr;
}

std::string KvKeyMetadata::encode() const
{
    std::string out;
    out.reserve(64 + versions.size() * kVersionBytes);
    out.push_back(kFormat);
    out.push_back(isCasRequired ? 1 : 0);
    appendLittleEndian(out, maxVersions);
    appendLittleEndian(out, static_cast<std::uint64_t>(deleteVersionAfter.count()));
    appendTime(out, createdAt);
    appendTime(out, updatedAt);
    appendLittleEndian(out, currentVersion);
    appendLittleEndian(out, oldestVersion);
    appendLittleEndian(out, static_cast<std::uint16_t>(custom.size()));
    for (const auto& [key, value] : custom) {
        appendText(out, key);
        appendText(out, value);
    }
    appendLittleEndian(out, static_cast<std::uint32_t>(versions.size()));
    for (const auto& version : versions) {
        appendLittleEndian(out, version.number);
        appendTime(out, version.createdAt);
        appendTime(out, version.deletedAt);
        out.push_back(version.isDestroyed ? 1 : 0);
    }
    return out;
}

Result<KvKeyMetadata> KvKeyMetadata::decode(std::string_view bytes)
{
    Reader reader{bytes};
    if (reader.integer<std::uint8_t>() != kFormat) return Error{ErrorCode::Corrupt, "kv metadata of an unknown format"};
    KvKeyMetadata metadata;
    metadata.isCasRequired = reader.integer<std::uint8_t>() != 0;
    metadata.maxVersions = reader.integer<std::uint32_t>();
    metadata.deleteVersionAfter = reader.duration();
    metadata.createdAt = reader.time();
    metadata.updatedAt = reader.time();
    metadata.currentVersion = reader.integer<std::uint32_t>();
    metadata.oldestVersion = reader.integer<std::uint32_t>();
    for (auto left = reader.integer<std::uint16_t>(); left > 0 && !reader.isShort(); --left) {
        auto key = reader.text();
        metadata.custom[std::move(key)] = reader.text();
    }
    const auto count = reader.integer<std::uint32_t>();
    if (reader.isShort() || reader.bytesLeft() != count * kVersionBytes) {
        return Error{ErrorCode::Corrupt, "kv metadata of " + std::to_string(bytes.size()) + " bytes"};
    }
    metadata.versions.resize(count);
    for (auto& version : metadata.versions) {
        version.number = reader.integer<std::uint32_t>();
        version.createdAt = reader.time();
        version.deletedAt = reader.time();
        version.isDestroyed = reader.integer<std::uint8_t>() != 0;
    }
    return metadata;
}

std::uint32_t versionsKept(const KvConfig& config, const KvKeyMetadata& metadata)
{
    const auto kept = std::max(config.maxVersions, metadata.maxVersions);
    return kept == 0 ? kVersionsKeptByDefault : kept;
}

WallTime deletionTime(const KvConfig& config, const KvKeyMetadata& metadata, WallTime from)
{
    if (config.deleteVersionAfter.count() < 0) return {};
    auto after = config.deleteVersionAfter;
    if (metadata.deleteVersionAfter.count() > 0 && (after.count() == 0 || metadata.deleteVersionAfter < after)) {
        after = metadata.deleteVersionAfter;
    }
    return after.count() == 0 ? WallTime{} : laterBy(from, after);
}

std::string encodeKvConfig(const KvConfig& config)
{
    std::string out;
    out.push_back(kFormat);
    out.push_back(config.isCasRequired ? 1 : 0);
    appendLittleEndian(out, config.maxVersions);
    appendLittleEndian(out, static_cast<std::uint64_t>(config.deleteVersionAfter.count()));
    return out;
}

Result<KvConfig> decodeKvConfig(std::string_view bytes)
{
    Reader reader{bytes};
    const auto format = reader.integer<std::uint8_t>();
    KvConfig config;
    config.isCasRequired = reader.integer<std::uint8_t>() != 0;
    config.maxVersions = reader.integer<std::uint32_t>();
    config.deleteVersionAfter = reader.duration();
    if (format != kFormat || reader.isShort() || reader.bytesLeft() != 0) {
        return Error{ErrorCode::Corrupt, "kv config of " + std::to_string(bytes.size()) + " bytes"};
    }
    return config;
}

std::string timeAnswer(WallTime time)
{
    return time == WallTime{} ? std::string{} : toRfc3339(time);
}

boost::json::value customAnswer(const KvKeyMetadata& metadata)
{
    if (metadata.custom.empty()) return nullptr;
    boost::json::object custom;
    for (const auto& [key, value] : metadata.custom) custom.emplace(key, value);
    return custom;
}

boost::json::object versionAnswer(const KvVersion& version, const KvKeyMetadata& metadata)
{
    return {{"created_time", timeAnswer(version.createdAt)},
            {"custom_metadata", customAnswer(metadata)},
            {"deletion_time", timeAnswer(version.deletedAt)},
            {"destroyed", version.isDestroyed},
            {"version", version.number}};
}

} // namespace core::engine
