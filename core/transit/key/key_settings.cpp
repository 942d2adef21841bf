#include "core/transit/key/key_settings.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace core::transit {
namespace {

namespace json = boost::json;

const Error kDamaged{ErrorCode::Corrupt, "the stored settings of a transit key are damaged"};

std::int64_t nanosecondsOf(WallTime time)
{
    return time.time_since_epoch().count();
}

WallTime timeOf(std::int64_t nanoseconds)
{
    return WallTime{std::chrono::nanoseconds{nanoseconds}};
}

json::value copiedValue(const std::optional<KeySettings::Copied>& copied)
{
    if (!copied) return nullptr;
    return json::object{{"at", nanosecondsOf(copied->at)}, {"version", copied->version}};
}

/// Reads members with defaults, so that a newer program can read what an older one has stored.
class Reader {
public:
    explicit Reader(const json::object& object) : m_object{object} {}

    bool boolean(std::string_view name) const
    {
        const auto* value = m_object.if_contains(name);
        return value && value->is_bool() && value->get_bool();
    }
    std::int64_t number(std::string_view name, std::int64_t fallback = 0) const
    {
        const auto* value = m_object.if_contains(name);
        return value && value->is_int64() ? value->get_int64() : fallback;
    }
    VersionNumber version(std::string_view name, VersionNumber fallback = 0) const { return static_cast<VersionNumber>(number(name, fallback)); }
    std::optional<KeySettings::Copied> copied(std::string_view name) const
    {
        const auto* value = m_object.if_contains(name);
        if (!value || !value->is_object()) return std::nullopt;
        const Reader reader{value->get_object()};
        return KeySettings::Copied{timeOf(reader.number("at")), reader.version("version")};
    }

private:
    const json::object& m_object;
};

} // namespace

std::string KeySettings::encode() const
{
    return json::serialize(json::object{
        {"type", traits().name},
        {"derived", isDerived},
        {"convergent", isConvergent},
        {"exportable", isExportable},
        {"plaintext_backup", allowsPlaintextBackup},
        {"deletion_allowed", isDeletionAllowed},
        {"imported", isImported},
        {"imported_rotation", allowsImportedRotation},
        {"latest", latest},
        {"min_decryption", minDecryption},
        {"min_encryption", minEncryption},
        {"min_available", minAvailable},
        {"hmac_key_bytes", hmacKeyBytes},
        {"auto_rotate_seconds", autoRotatePeriod.count()},
        {"rotated_at", nanosecondsOf(rotatedAt)},
        {"backup", copiedValue(backup)},
        {"restore", copiedValue(restore)},
    });
}

Result<KeySettings> KeySettings::decode(std::string_view name, std::string_view text)
{
    json::error_code failed;
    const auto parsed = json::parse(json::string_view{text.data(), text.size()}, failed);
    if (failed || !parsed.is_object()) return kDamaged;
    const auto& object = parsed.get_object();
    const auto* typeName = object.if_contains("type");
    const auto* traits = typeName && typeName->is_string() ? keyTypeNamed(std::string_view{typeName->get_string()}) : nullptr;
    const Reader reader{object};
    KeySettings settings;
    settings.latest = reader.version("latest");
    if (!traits || settings.latest == 0) return kDamaged;
    settings.name = name;
    settings.type = traits->type;
    settings.isDerived = reader.boolean("derived");
    settings.isConvergent = reader.boolean("convergent");
    settings.isExportable = reader.boolean("exportable");
    settings.allowsPlaintextBackup = reader.boolean("plaintext_backup");
    settings.isDeletionAllowed = reader.boolean("deletion_allowed");
    settings.isImported = reader.boolean("imported");
    settings.allowsImportedRotation = reader.boolean("imported_rotation");
    settings.minDecryption = reader.version("min_decryption", 1);
    settings.minEncryption = reader.version("min_encryption");
    settings.minAvailable = reader.version("min_available");
    settings.hmacKeyBytes = static_cast<std::uint32_t>(reader.number("hmac_key_bytes"));
    settings.autoRotatePeriod = std::chrono::seconds{reader.number("auto_rotate_seconds")};
    settings.rotatedAt = timeOf(reader.number("rotated_at"));
    settings.backup = reader.copied("backup");
    settings.restore = reader.copied("restore");
    return settings;
}

} // namespace core::transit
