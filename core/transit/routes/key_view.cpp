#include "core/transit/routes/key_view.h"

#include "core/base/encoding.h"
#include "core/transit/operation/encryption.h"

namespace core::transit {
namespace {

namespace json = boost::json;

Result<std::string> publicKeyOf(const Key& key, const KeyVersion& version, std::string_view context)
{
    if (key.settings.isDerived) {
        if (context.empty()) return std::string{};
        auto seed = materialFor(key, version, context, 32);
        if (!seed) return std::move(seed).error();
        return toBase64(crypto::AsymmetricKey::ed25519FromSeed(seed->view()).ed25519Public());
    }
    auto pair = crypto::AsymmetricKey::fromPublicDer(version.publicDer);
    if (!pair) return std::move(pair).error();
    return key.settings.type == KeyType::Ed25519 ? toBase64(pair->ed25519Public()) : pair->publicPem();
}

Result<json::object> versionsOf(const Key& key, std::string_view context)
{
    json::object versions;
    for (const auto& [number, version] : key.versions) {
        if (number < key.settings.minDecryption) continue;
        const auto name = std::to_string(number);
        if (!key.settings.traits().asymmetric) {
            versions.emplace(name, toUnixSeconds(version->createdAt));
            continue;
        }
        auto publicKey = publicKeyOf(key, *version, context);
        if (!publicKey) return std::move(publicKey).error();
        versions.emplace(name, json::object{{"name", key.settings.traits().versionName},
                                            {"public_key", std::move(*publicKey)},
                                            {"creation_time", toRfc3339(version->createdAt)}});
    }
    return versions;
}

void addCopied(json::object& data, std::string_view name, const std::optional<KeySettings::Copied>& copied)
{
    if (copied) data.emplace(name, json::object{{"time", toRfc3339(copied->at)}, {"version", copied->version}});
}

} // namespace

Result<Response> keyView(const Key& key, std::string_view context)
{
    const auto& settings = key.settings;
    const auto& type = settings.traits();
    auto versions = versionsOf(key, context);
    if (!versions) return std::move(versions).error();
    json::object data{
        {"name", settings.name},
        {"type", type.name},
        {"derived", settings.isDerived},
        {"deletion_allowed", settings.isDeletionAllowed},
        {"min_available_version", settings.minAvailable},
        {"min_decryption_version", settings.minDecryption},
        {"min_encryption_version", settings.minEncryption},
        {"latest_version", settings.latest},
        {"exportable", settings.isExportable},
        {"allow_plaintext_backup", settings.allowsPlaintextBackup},
        {"supports_encryption", type.canEncrypt()},
        {"supports_decryption", type.canEncrypt()},
        {"supports_signing", type.canSign()},
        {"supports_derivation", type.canDerive()},
        {"auto_rotate_period", settings.autoRotatePeriod.count()},
        {"imported_key", settings.isImported},
        {"keys", std::move(*versions)},
    };
    if (settings.hmacKeyBytes != 0) data.emplace("key_size", settings.hmacKeyBytes);
    if (settings.isImported) data.emplace("imported_key_allow_rotation", settings.allowsImportedRotation);
    addCopied(data, "backup_info", settings.backup);
    addCopied(data, "restore_info", settings.restore);
    if (settings.isDerived) {
        data.emplace("kdf", "hkdf_sha256");
        data.emplace("convergent_encryption", settings.isConvergent);
        if (settings.isConvergent) data.emplace("convergent_encryption_version", -1); // each version has its own
    }
    return Response::ofData(std::move(data));
}

} // namespace core::transit
