// Making, reading, listing and deleting keys; rotation.
#include "core/transit/key/key_making.h"
#include "core/transit/operation/versioned_text.h"
#include "core/transit/routes/key_changes.h"
#include "core/transit/routes/key_view.h"
#include "core/transit/routes/routes.h"

namespace core::transit {
namespace {

constexpr std::chrono::hours kRotatePeriodMin{1};

/// Reads what a new key must be like. Returns the refusal.
std::optional<Response> readSettings(Call& call, KeySettings& settings)
{
    const auto typeName = call.fields.textOr("type", "aes256-gcm96");
    const auto hmacKeyBytes = call.fields.integer("key_size").value_or(0);
    settings.isDerived = call.fields.booleanOr("derived", false);
    settings.isConvergent = call.fields.booleanOr("convergent_encryption", false);
    settings.isExportable = call.fields.booleanOr("exportable", false);
    settings.allowsPlaintextBackup = call.fields.booleanOr("allow_plaintext_backup", false);
    settings.autoRotatePeriod = call.fields.wholeSeconds("auto_rotate_period").value_or(std::chrono::seconds{0});
    if (call.fields.refusal()) return call.fields.refusal();
    if (auto refused = refuseRotatePeriod(settings.autoRotatePeriod)) return refused;
    if (!settings.isDerived && settings.isConvergent) return Response::badRequest("convergent encryption requires derivation to be enabled");
    const auto* type = keyTypeNamed(typeName);
    if (!type) return Response::badRequest("unknown key type " + typeName);
    settings.type = type->type;
    if (hmacKeyBytes != 0 && type->type != KeyType::Hmac) return Response::badRequest("key_size is not valid for algorithm " + typeName);
    if (type->type == KeyType::Hmac) {
        const auto size = hmacKeyBytes == 0 ? static_cast<std::int64_t>(kHmacKeyBytesMin) : hmacKeyBytes;
        if (size < static_cast<std::int64_t>(kHmacKeyBytesMin) || size > static_cast<std::int64_t>(kHmacKeyBytesMax)) {
            return Response::badRequest("invalid key_size " + std::to_string(size));
        }
        settings.hmacKeyBytes = static_cast<std::uint32_t>(size);
    }
    if (settings.isDerived && (!type->canDerive() || (settings.isConvergent && !type->aead))) {
        return serverError("key derivation and convergent encryption not supported for keys of type " + typeName);
    }
    return std::nullopt;
}

Result<Response> handleCreate(Call& call)
{
    KeyStorage storage{call.context.storage};
    Key key;
    key.settings.name = call.part("name");
    if (auto refused = readSettings(call, key.settings)) return *refused;
    auto existing = storage.load(key.settings.name);
    if (!existing) return std::move(existing).error();
    if (*existing) return keyView(**existing);
    // A secondary learns here that it must ask its primary, before it spends the time for a key.
    if (auto stored = storage.putSettings(key.settings); !stored) return std::move(stored).error();
    return storeNewest(storage, withNewVersion(key, call.context.random, call.now()));
}

Result<Response> handleRead(Call& call)
{
    auto key = backendOf(call).findKey(call.context, call.part("name"));
    if (!key) return std::move(key).error();
    if (!*key) return Response::error(404, {});
    const auto context = base64Field(call, "context", "failed to base64-decode context");
    if (!context) return answerOf(context.error());
    return keyView(**key, *context);
}

Result<Response> handleList(Call& call)
{
    auto names = KeyStorage{call.context.storage}.names();
    if (!names) return std::move(names).error();
    return mount::keysAnswer(*names);
}

Result<Response> handleDelete(Call& call)
{
    KeyStorage storage{call.context.storage};
    const std::string name{call.part("name")};
    auto key = storage.load(name);
    if (!key) return std::move(key).error();
    if (!*key) return Response::badRequest("error deleting policy " + name + ": could not delete key; not found");
    if (!(*key)->settings.isDeletionAllowed) {
        return Response::badRequest("error deleting policy " + name + ": deletion is not allowed for this key");
    }
    if (auto erased = storage.erase(name); !erased) return std::move(erased).error();
    return Response{};
}

Result<Response> handleRotate(Call& call)
{
    KeyStorage storage{call.context.storage};
    auto key = storage.load(call.part("name"));
    if (!key) return std::move(key).error();
    if (!*key) return Response::badRequest("key not found");
    if (auto refused = refuseRotation(**key)) return *refused;
    // As above: a secondary forwards the request before it makes a key.
    if (auto stored = storage.putSettings((*key)->settings); !stored) return std::move(stored).error();
    auto next = withNewVersion(**key, call.context.random, call.now());
    next.settings.isImported = false;
    return storeNewest(storage, next);
}

} // namespace

std::optional<Response> refuseRotatePeriod(std::chrono::seconds period)
{
    if (period.count() == 0 || period >= kRotatePeriodMin) return std::nullopt;
    return Response::badRequest("auto rotate period must be 0 to disable or at least an hour");
}

std::optional<Response> refuseRotation(const Key& key)
{
    const auto& settings = key.settings;
    if (settings.isImported && !settings.allowsImportedRotation) {
        return serverError("imported key " + settings.name + " does not allow rotation within Vault");
    }
    return refuseMoreVersions(key);
}

std::optional<Response> refuseMoreVersions(const Key& key)
{
    if (key.versions.size() < kVersionsMax) return std::nullopt;
    return Response::badRequest("the key has " + std::to_string(key.versions.size()) +
                                " versions, the most that are allowed. Raise its minimum versions "
                                "and trim it first");
}

Result<Response> storeNewest(KeyStorage& storage, const Key& key)
{
    const auto* newest = key.version(key.settings.latest);
    CORE_ASSERT(newest != nullptr);
    if (auto stored = storage.putVersion(key.settings.name, *newest); !stored) return std::move(stored).error();
    if (auto stored = storage.putSettings(key.settings); !stored) return std::move(stored).error();
    return keyView(key);
}

void addKeyRoutes(RouteTable& routes)
{
    for (const auto* pattern : {"keys", "keys/"}) {
        routes.add({.verbs = Verb::List, .pattern = pattern, .handle = handleList, .fields = route::kNoFields, .help = "Lists the keys."});
    }
    const Field context{"context", FieldType::Text, "Base64; shows the public key that a derived Ed25519 key has for it."};
    routes.add(
        {.verbs = Verb::Read, .pattern = "keys/<name>", .handle = handleRead, .fields = FieldList{context}, .help = "Shows a key without secrets."});
    routes.add(
        {.verbs = Verb::Write,
         .pattern = "keys/<name>",
         .handle = handleCreate,
         .isSlow = true, // an RSA key can take seconds
         .fields = FieldList{{"type", FieldType::Text,
                              "aes128-gcm96, aes256-gcm96, chacha20-poly1305, ed25519, ecdsa-p256, ecdsa-p384, ecdsa-p521, rsa-2048, rsa-3072, "
                              "rsa-4096 or hmac.",
                              R"("aes256-gcm96")"},
                             {"derived", FieldType::Boolean, "Each context has a key of its own.", "false"},
                             {"convergent_encryption", FieldType::Boolean, "Equal plaintexts of a context give equal ciphertexts.", "false"},
                             {"exportable", FieldType::Boolean, "The key can be exported. Cannot be withdrawn.", "false"},
                             {"allow_plaintext_backup", FieldType::Boolean, "The key can be backed up in clear. Cannot be withdrawn.", "false"},
                             {"auto_rotate_period", FieldType::Duration, "0, or at least an hour.", "0"},
                             {"key_size", FieldType::Integer, "Bytes of an hmac key, 32 to 512.", "0"},
                             context},
         .help = "Makes a key. An existing key stays as it is."});
    routes.add({.verbs = Verb::Delete, .pattern = "keys/<name>", .handle = handleDelete, .help = "Destroys a key for which deletion is allowed."});
    routes.add({.verbs = Verb::Write,
                .pattern = "keys/<name>/rotate",
                .handle = handleRotate,
                .isSlow = true,
                .fields = route::kNoFields,
                .help = "Adds a new version, which encrypts and signs from now on."});
}

} // namespace core::transit
