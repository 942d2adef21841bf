// The settings of a key, trimming, and the settings of the mount.
#include "core/transit/routes/key_changes.h"
#include "core/transit/routes/key_view.h"
#include "core/transit/routes/routes.h"

namespace core::transit {
namespace {

constexpr std::int64_t kCacheSizeMin = 10;

// ---- keys/<name>/config

/// Reads a minimum version into `target`. Returns the refusal. `kind` is "encryption" or "decryption".
std::optional<Response> readMinimum(Call& call, const KeySettings& settings, const std::string& kind, VersionNumber& target, bool& isForced)
{
    auto asked = call.fields.integer("min_" + kind + "_version");
    if (!asked) return std::nullopt;
    if (*asked < 0) return Response::badRequest("min " + kind + " version cannot be negative");
    if (*asked == 0 && kind == "decryption") {
        asked = 1;
        isForced = true;
    }
    if (*asked > settings.latest) {
        return Response::badRequest("cannot set min " + kind + " version of " + std::to_string(*asked) + ", latest key version is " +
                                    std::to_string(settings.latest));
    }
    target = static_cast<VersionNumber>(*asked);
    return std::nullopt;
}

std::optional<Response> checkMinimums(const KeySettings& settings)
{
    if (settings.minEncryption > 0 && settings.minEncryption < settings.minDecryption) {
        return Response::badRequest("cannot set min encryption/decryption values; min encryption version of " +
                                    std::to_string(settings.minEncryption) + " must be greater than or equal to min decryption version of " +
                                    std::to_string(settings.minDecryption));
    }
    if (settings.minAvailable > settings.minEncryption) {
        return Response::badRequest("min encryption version should not be less than min available version");
    }
    if (settings.minAvailable > settings.minDecryption) {
        return Response::badRequest("min decryption version should not be less then min available version");
    }
    return std::nullopt;
}

/// Applies the fields of the request. Returns the refusal.
std::optional<Response> applyConfig(Call& call, KeySettings& settings, bool& isForced)
{
    auto& fields = call.fields;
    if (auto refused = readMinimum(call, settings, "decryption", settings.minDecryption, isForced)) return refused;
    if (auto refused = readMinimum(call, settings, "encryption", settings.minEncryption, isForced)) return refused;
    if (auto refused = checkMinimums(settings)) return refused;
    settings.isDeletionAllowed = fields.booleanOr("deletion_allowed", settings.isDeletionAllowed);
    settings.isExportable = fields.booleanOr("exportable", false) || settings.isExportable;
    settings.allowsPlaintextBackup = fields.booleanOr("allow_plaintext_backup", false) || settings.allowsPlaintextBackup;
    if (const auto period = fields.wholeSeconds("auto_rotate_period")) {
        if (auto refused = refuseRotatePeriod(*period)) return refused;
        settings.autoRotatePeriod = *period;
    }
    return fields.refusal();
}

Result<Response> handleKeyConfig(Call& call)
{
    KeyStorage storage{call.context.storage};
    const std::string name{call.part("name")};
    auto found = storage.load(name);
    if (!found) return std::move(found).error();
    if (!*found) return Response::badRequest("no existing key named " + name + " could be found");
    Key key = **found;
    bool isForced = false;
    if (auto refused = applyConfig(call, key.settings, isForced)) return *refused;
    if (key.settings.encode() != (*found)->settings.encode()) {
        if (auto stored = storage.putSettings(key.settings); !stored) return std::move(stored).error();
    }
    auto view = keyView(key);
    if (view && isForced) view->warnings.emplace_back("since Vault 0.3, transit key numbering starts at 1; forcing minimum to 1");
    return view;
}

// ---- keys/<name>/trim

/// Returns the refusal.
std::optional<Response> checkTrim(const KeySettings& settings, std::int64_t asked)
{
    if (asked < settings.minAvailable) return Response::badRequest("minimum available version cannot be decremented");
    if (settings.minEncryption == 0) {
        return Response::badRequest("minimum available version cannot be set when minimum encryption version is not set");
    }
    if (settings.minDecryption == 0) {
        return Response::badRequest("minimum available version cannot be set when minimum decryption version is not set");
    }
    if (asked > settings.minEncryption) return Response::badRequest("minimum available version cannot be greater than minmum encryption version");
    if (asked > settings.minDecryption) return Response::badRequest("minimum available version cannot be greater than minimum decryption version");
    if (asked < 0) return Response::badRequest("minimum available version cannot be negative");
    if (asked == 0) return Response::badRequest("minimum available version should be positive");
    return std::nullopt;
}

Result<Response> handleTrim(Call& call)
{
    KeyStorage storage{call.context.storage};
    auto found = storage.load(call.part("name"));
    if (!found) return std::move(found).error();
    if (!*found) return Response::badRequest("invalid key name");
    const auto asked = call.fields.integer("min_available_version");
    if (call.fields.refusal()) return *call.fields.refusal();
    if (!asked) return Response::badRequest("missing min_available_version");
    Key key = **found;
    if (auto refused = checkTrim(key.settings, *asked)) return *refused;
    const auto first = key.settings.oldest();
    key.settings.minAvailable = static_cast<VersionNumber>(*asked);
    key.versions.erase(key.versions.begin(), key.versions.lower_bound(key.settings.minAvailable));
    if (auto erased = storage.eraseVersions(key.settings.name, first, key.settings.minAvailable); !erased) return std::move(erased).error();
    if (auto stored = storage.putSettings(key.settings); !stored) return std::move(stored).error();
    return keyView(key);
}

// ---- cache-config and config/keys

Result<Response> handleReadCache(Call& call)
{
    auto config = KeyStorage{call.context.storage}.config();
    if (!config) return std::move(config).error();
    return Response::ofData({{"size", config->cacheSize}});
}

Result<Response> handleWriteCache(Call& call)
{
    const auto size = call.fields.integer("size").value_or(0);
    if (call.fields.refusal()) return *call.fields.refusal();
    if (size != 0 && size < kCacheSizeMin) return Response::badRequest("size must be 0 or a value greater or equal to 10");
    KeyStorage storage{call.context.storage};
    auto config = storage.config();
    if (!config) return std::move(config).error();
    config->cacheSize = size;
    if (auto stored = storage.putConfig(*config); !stored) return std::move(stored).error();
    return Response::ofData({{"size", size}});
}

Result<Response> handleReadKeysConfig(Call& call)
{
    auto config = KeyStorage{call.context.storage}.config();
    if (!config) return std::move(config).error();
    return Response::ofData({{"disable_upsert", config->isUpsertDisabled}});
}

Result<Response> handleWriteKeysConfig(Call& call)
{
    KeyStorage storage{call.context.storage};
    auto config = storage.config();
    if (!config) return std::move(config).error();
    config->isUpsertDisabled = call.fields.booleanOr("disable_upsert", false);
    if (call.fields.refusal()) return *call.fields.refusal();
    if (auto stored = storage.putConfig(*config); !stored) return std::move(stored).error();
    return Response::ofData({{"disable_upsert", config->isUpsertDisabled}});
}

} // namespace

void addConfigRoutes(RouteTable& routes)
{
    routes.add({.verbs = Verb::Write,
                .pattern = "keys/<name>/config",
                .handle = handleKeyConfig,
                .fields = FieldList{{"min_decryption_version", FieldType::Integer, "The oldest version that decrypts and verifies."},
                                    {"min_encryption_version", FieldType::Integer, "The oldest version that encrypts and signs; 0 is the latest."},
                                    {"deletion_allowed", FieldType::Boolean, "Whether the key can be deleted."},
                                    {"exportable", FieldType::Boolean, "The key can be exported. Cannot be withdrawn."},
                                    {"allow_plaintext_backup", FieldType::Boolean, "The key can be backed up in clear. Cannot be withdrawn."},
                                    {"auto_rotate_period", FieldType::Duration, "0, or at least an hour."}},
                .help = "Changes the settings of a key."});
    routes.add({.verbs = Verb::Write,
                .pattern = "keys/<name>/trim",
                .handle = handleTrim,
                .isSlow = true, // its time grows with the number of versions
                .fields = FieldList{{"min_available_version", FieldType::Integer, "The oldest version that stays."}},
                .help = "Destroys old versions. Both minimum versions must be at least as high."});
    routes.add({.verbs = Verb::Read,
                .pattern = "cache-config",
                .handle = handleReadCache,
                .fields = route::kNoFields,
                .help = "Shows the size of the cache."});
    routes.add({.verbs = Verb::Write,
                .pattern = "cache-config",
                .handle = handleWriteCache,
                .fields = FieldList{{"size", FieldType::Integer, "How many keys are kept in memory: 0 (all), or at least 10.", "0"}},
                .help = "Sets the size of the cache at once, without a restart."});
    routes.add({.verbs = Verb::Read,
                .pattern = "config/keys",
                .handle = handleReadKeysConfig,
                .fields = route::kNoFields,
                .help = "Shows whether encrypt can make keys."});
    routes.add({.verbs = Verb::Write,
                .pattern = "config/keys",
                .handle = handleWriteKeysConfig,
                .fields = FieldList{{"disable_upsert", FieldType::Boolean, "Whether encrypt must not make a key that does not exist.", "false"}},
                .help = "Sets whether encrypt can make keys."});
}

} // namespace core::transit
