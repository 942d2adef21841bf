// Keys from outside: the wrapping key, import, and export under another key.
#include "core/base/encoding.h"
#include "core/base/go_text.h"
#include "core/transit/key/key_making.h"
#include "core/transit/operation/key_transport.h"
#include "core/transit/operation/versioned_text.h"
#include "core/transit/routes/batch.h"
#include "core/transit/routes/key_changes.h"
#include "core/transit/routes/key_versions.h"
#include "core/transit/routes/routes.h"

namespace core::transit {
namespace {

namespace json = boost::json;

constexpr std::size_t kBlobTextBytesMax = 64u << 10;

/// Empty: it has not been made yet. Errors: those of the storage.
Result<std::optional<crypto::AsymmetricKey>> storedWrappingKey(const KeyStorage& storage)
{
    const auto stored = storage.wrappingKey();
    if (!stored) return stored.error();
    if (stored->empty()) return std::optional<crypto::AsymmetricKey>{};
    auto pair = crypto::AsymmetricKey::fromPkcs8(stored->view());
    if (!pair) return Error{ErrorCode::Corrupt, "the stored wrapping key is damaged"};
    return std::optional{std::move(*pair)};
}

/// Makes the wrapping key when it is asked for first.
Result<Response> handleWrappingKey(Call& call)
{
    KeyStorage storage{call.context.storage};
    const auto stored = storedWrappingKey(storage);
    if (!stored) return stored.error();
    if (*stored) return Response::ofData({{"public_key", (*stored)->publicPem()}});
    // A secondary learns here that it must ask its primary, before it spends the time for a key.
    if (auto probed = storage.putWrappingKey(SecretBytes{}); !probed) return std::move(probed).error();
    const auto pair = crypto::AsymmetricKey::generate(crypto::AsymmetricAlgorithm::Rsa4096);
    if (auto put = storage.putWrappingKey(pair.pkcs8()); !put) return std::move(put).error();
    return Response::ofData({{"public_key", pair.publicPem()}});
}

/// The version that a request brings, without number and time. Errors: those of answerOf().
Result<KeyVersion> readVersion(Call& call, const KeyStorage& storage, const KeyTypeTraits& type)
{
    auto& fields = call.fields;
    if (!fields.has("ciphertext")) return versionFromPublicPem(type, fields.textOr("public_key", {}));
    const auto hashName = fields.textOr("hash_function", "SHA256");
    const auto hash = transportHashOf(hashName);
    if (!hash) return callerFault("unknown hash function: " + hashName);
    const auto text = fields.textOr("ciphertext", {});
    if (text.size() > kBlobTextBytesMax) return callerFault("the ciphertext is longer than a wrapped key can be");
    const auto blob = decodeGoBase64(text);
    if (!blob) return serverFault(blob.error().detail);
    const auto pair = storedWrappingKey(storage);
    if (!pair) return pair.error();
    if (!*pair) return serverFault("this mount has no wrapping key yet, so the ciphertext is not for it: read wrapping_key first");
    auto key = unwrapFromTransport(**pair, *hash, *blob);
    if (!key) return std::move(key).error();
    return versionFromTransport(type, *key);
}

/// Reads the settings of a key that is imported. Returns the refusal.
std::optional<Response> readSettings(Call& call, KeySettings& settings)
{
    auto& fields = call.fields;
    const auto typeName = fields.textOr("type", "aes256-gcm96");
    settings.isImported = true;
    settings.isDerived = fields.booleanOr("derived", false);
    settings.isExportable = fields.booleanOr("exportable", false);
    settings.allowsPlaintextBackup = fields.booleanOr("allow_plaintext_backup", false);
    settings.allowsImportedRotation = fields.booleanOr("allow_rotation", false);
    settings.autoRotatePeriod = fields.wholeSeconds("auto_rotate_period").value_or(std::chrono::seconds{0});
    if (fields.refusal()) return fields.refusal();
    if (fields.has("convergent_encryption")) return serverError("import cannot be used on keys with convergent encryption enabled");
    if (settings.autoRotatePeriod.count() > 0 && !settings.allowsImportedRotation) {
        return serverError("allow_rotation must be set to true if auto-rotation is enabled");
    }
    if (auto refused = refuseRotatePeriod(settings.autoRotatePeriod)) return refused;
    const auto* type = keyTypeNamed(typeName);
    if (!type) return Response::badRequest("unknown key type: " + typeName);
    settings.type = type->type;
    if (settings.isDerived && !type->canDerive()) return serverError("key derivation is not supported for keys of type " + typeName);
    return std::nullopt;
}

/// Adds what an import does not bring.
KeyVersion completed(KeyVersion version, VersionNumber number, Call& call, const KeyTypeTraits& type)
{
    version.number = number;
    version.createdAt = call.now();
    version.hmacKey = type.type == KeyType::Hmac ? version.secret.clone() : call.context.random.secret(kMacKeyBytes);
    return version;
}

Result<Response> handleImport(Call& call)
{
    KeyStorage storage{call.context.storage};
    Key key;
    key.settings.name = call.part("name");
    if (auto refused = readSettings(call, key.settings)) return *refused;
    auto existing = storage.exists(key.settings.name);
    if (!existing) return std::move(existing).error();
    if (*existing) {
        return serverError("the import path cannot be used with an existing key; use import-version to rotate an existing imported key");
    }
    const auto& type = key.settings.traits();
    auto version = readVersion(call, storage, type);
    if (call.fields.refusal()) return *call.fields.refusal();
    if (!version) return answerOf(version.error());
    if (key.settings.isDerived && !version->hasPrivateHalf()) {
        return serverError(
            "unable to import only public key for derived Ed25519 key: imported key should not be an Ed25519 key pair but is instead an "
            "HKDF key");
    }
    if (type.type == KeyType::Hmac) key.settings.hmacKeyBytes = static_cast<std::uint32_t>(version->secret.size());
    key = withVersion(key, completed(std::move(*version), 1, call, type), call.now());
    if (auto stored = storeNewest(storage, key); !stored) return stored;
    return Response{};
}

/// The version whose private half a request completes: the one that it names, or the latest if that has none. 0: a new version is added.
Result<VersionNumber> versionToComplete(Call& call, const Key& key, const KeyVersion& given)
{
    const auto asked = call.fields.integer("version");
    const auto number = asked.value_or(key.settings.latest);
    const auto* present = number < 1 || number > key.settings.latest ? nullptr : key.version(static_cast<VersionNumber>(number));
    if (!asked) {
        const bool completes = given.hasPrivateHalf() && present && !present->hasPrivateHalf() && present->publicDer == given.publicDer;
        return completes ? key.settings.latest : VersionNumber{0};
    }
    if (!present) return serverFault("no such key version found");
    if (!key.settings.traits().asymmetric) return serverFault("provided type does not support importing key versions");
    if (present->hasPrivateHalf()) return serverFault("private key imported, key version cannot be updated");
    if (!given.hasPrivateHalf()) return serverFault("cannot add a public key to a key version that already has a public key set");
    if (present->publicDer != given.publicDer) return serverFault("cannot import key, key pair does not match");
    return static_cast<VersionNumber>(number);
}

Result<Response> handleImportVersion(Call& call)
{
    KeyStorage storage{call.context.storage};
    const std::string name{call.part("name")};
    auto found = storage.load(name);
    if (!found) return std::move(found).error();
    if (!*found) return serverError("no key found with name " + name + "; to import a new key, use the import/ endpoint");
    const auto& key = **found;
    if (!key.settings.isImported) return serverError("the import_version endpoint can only be used with an imported key");
    const auto& type = key.settings.traits();
    auto version = readVersion(call, storage, type);
    if (call.fields.refusal()) return *call.fields.refusal();
    if (!version) return answerOf(version.error());
    if (key.settings.isDerived && !version->hasPrivateHalf()) return serverError("unable to import only public key for derived Ed25519 key");
    const auto number = versionToComplete(call, key, *version);
    if (call.fields.refusal()) return *call.fields.refusal();
    if (!number) return answerOf(number.error());
    if (*number == 0) {
        if (auto refused = refuseMoreVersions(key)) return *refused;
        const auto next = withVersion(key, completed(std::move(*version), key.settings.latest + 1, call, type), call.now());
        if (auto stored = storeNewest(storage, next); !stored) return stored;
        return Response{};
    }
    auto complete = key.version(*number)->clone();
    complete.secret = std::move(version->secret);
    if (auto stored = storage.putVersion(name, complete); !stored) return std::move(stored).error();
    return Response{};
}

// ---- byok-export

Result<Response> handleWrappedExport(Call& call)
{
    auto destination = backendOf(call).findKey(call.context, call.part("destination"));
    if (!destination) return std::move(destination).error();
    if (!*destination) return serverError("no such destination key to export to");
    auto source = backendOf(call).findKey(call.context, call.part("source"));
    if (!source) return std::move(source).error();
    if (!*source) return serverError("no such source key for export");
    const auto& from = (*source)->settings;
    const auto& to = (*destination)->settings;
    if (!from.isExportable) return Response::badRequest("key is not exportable");
    if (!to.traits().isRsa()) return serverError("unsupported key type in use; must be a rsa key");
    const auto* wrapping = (*destination)->version(to.latest);
    const auto hashName = call.fields.textOr("hash", "SHA256");
    const auto hash = transportHashOf(hashName);
    if (!hash) return serverError("unknown hash function: " + hashName);
    if (!wrapping) return serverError("no such key version found");
    const auto pair = crypto::AsymmetricKey::fromPublicDer(wrapping->publicDer);
    if (!pair) return Error{ErrorCode::Corrupt, "a stored public key is damaged"};
    auto versions = versionsToExport(**source, call.part("version"));
    if (!versions) return answerOf(versions.error());
    if (versions->size() > kRsaBatchItemsMax) {
        return Response::badRequest("the key has more than " + std::to_string(kRsaBatchItemsMax) + " versions; name the version to export");
    }
    json::object blobs;
    for (const auto* version : *versions) {
        const auto form = transportForm(from.traits(), *version);
        if (!form) return form.error();
        if (form->empty()) return serverError("a version of the key has no private half");
        auto blob = wrapForTransport(*pair, *hash, *form, call.context.random);
        if (!blob) return serverError("the destination key is too small for this hash");
        blobs.emplace(std::to_string(version->number), toBase64(*blob));
    }
    return Response::ofData({{"name", from.name}, {"type", from.traits().name}, {"keys", std::move(blobs)}});
}

const Field kCiphertext{"ciphertext", FieldType::Text,
                        "Base64: the AES key that the wrapping key encrypts by OAEP, then the key that the AES key wraps."};
const Field kHash{"hash_function", FieldType::Text, "The hash of OAEP: SHA1, SHA224, SHA256, SHA384 or SHA512.", R"("SHA256")"};
const Field kPublicKey{"public_key", FieldType::Text, "PEM of a public key, instead of ciphertext."};

} // namespace

void addImportRoutes(RouteTable& routes)
{
    routes.add({.verbs = Verb::Read,
                .pattern = "wrapping_key",
                .handle = handleWrappingKey,
                .isSlow = true, // the first time
                .fields = route::kNoFields,
                .help = "Shows the public key that wraps keys for an import."});
    routes.add({.verbs = Verb::Write,
                .pattern = "keys/<name>/import",
                .handle = handleImport,
                .isSlow = true,
                .fields = FieldList{{"type", FieldType::Text, "The type of the key.", R"("aes256-gcm96")"},
                                    kCiphertext,
                                    kHash,
                                    kPublicKey,
                                    {"allow_rotation", FieldType::Boolean, "The server can add versions.", "false"},
                                    {"derived", FieldType::Boolean, "Each context has a key of its own.", "false"},
                                    {"exportable", FieldType::Boolean, "The key can be exported.", "false"},
                                    {"allow_plaintext_backup", FieldType::Boolean, "The key can be backed up in clear.", "false"},
                                    {"auto_rotate_period", FieldType::Duration, "0, or at least an hour.", "0"},
                                    {"context", FieldType::Text, "Has no effect."}},
                .help = "Makes a key from one that was made elsewhere."});
    routes.add({.verbs = Verb::Write,
                .pattern = "keys/<name>/import_version",
                .handle = handleImportVersion,
                .isSlow = true,
                .fields = FieldList{kCiphertext,
                                    kHash,
                                    kPublicKey,
                                    {"version", FieldType::Integer, "The version whose private half is added; without it, a new version is added."}},
                .help = "Adds a version to an imported key, or the private half to one that has only the public half."});
    for (const auto* tail : {"", "/:version"}) {
        routes.add({.verbs = Verb::Read,
                    .pattern = std::string{"byok-export/<destination>/<source>"} + tail,
                    .handle = handleWrappedExport,
                    .isSlow = true,
                    .fields = FieldList{{"hash", FieldType::Text, "The hash of OAEP.", R"("SHA256")"}},
                    .help = "Shows the exportable key `source`, wrapped by the RSA key `destination`, in the form that import takes."});
    }
}

} // namespace core::transit
