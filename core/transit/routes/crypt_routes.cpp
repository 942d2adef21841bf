// encrypt, decrypt, rewrap and datakey.
#include "core/base/encoding.h"
#include "core/base/go_text.h"
#include "core/transit/key/key_making.h"
#include "core/transit/operation/encryption.h"
#include "core/transit/operation/versioned_text.h"
#include "core/transit/routes/batch.h"
#include "core/transit/routes/routes.h"

namespace core::transit {
namespace {

namespace json = boost::json;

constexpr std::string_view kNonceRefusal = "provided nonce not allowed for this key";
const json::object kNothing;

/// The decoded fields of an item that all operations share.
struct Decoded {
    std::string context;
    std::string additional;
    bool hasAdditional = false;
};

/// Empty, and the item failed.
std::optional<Decoded> decode(BatchItem& item)
{
    Decoded out;
    auto context = decodeGoBase64(item.text("context"));
    if (!context) {
        item.fail(context.error());
        return std::nullopt;
    }
    out.context = std::move(*context);
    if (!item.text("nonce").empty()) {
        item.fail(std::string{kNonceRefusal});
        return std::nullopt;
    }
    return out;
}

/// False, and the item failed.
bool decodeAdditional(BatchItem& item, std::size_t index, const KeyTypeTraits& type, Decoded& out)
{
    const auto text = item.text("associated_data");
    if (text.empty()) return true;
    if (!type.aead) {
        item.fail("'[" + std::to_string(index) + "].associated_data' provided for non-AEAD cipher suite " + std::string{type.name});
        return false;
    }
    auto decoded = decodeGoBase64(text);
    if (!decoded) {
        item.fail(serverFault("unable to get associated_data/additional_data from factory[0]: " + decoded.error().detail));
        return false;
    }
    out.additional = std::move(*decoded);
    out.hasAdditional = true;
    return true;
}

std::optional<std::string_view> additionalOf(const Decoded& decoded)
{
    return decoded.hasAdditional ? std::optional{std::string_view{decoded.additional}} : std::nullopt;
}

/// The answer of a batch, or of its only item if there was no batch.
Result<Response> answer(Call& call, Batch& batch, const json::object& onFailure, bool hasStatus)
{
    if (!batch.isBatch) {
        auto& item = batch.items.front();
        if (!item.error.empty()) return item.isServerFault ? serverError(item.error) : Response::badRequest(item.error);
        return Response::ofData(std::move(item.result));
    }
    auto response = Response::ofData({{"batch_results", batchResults(batch, onFailure)}});
    if (hasStatus) setBatchStatus(call, batch, response);
    return response;
}

// ---- encrypt

/// Makes the key that the path names, as the request wants it. Errors: those of the storage. A response: the refusal.
Result<std::variant<KeyPointer, Response>> makeKey(Call& call, bool hasContext)
{
    const bool isConvergent = call.fields.booleanOr("convergent_encryption", false);
    const auto typeName = call.fields.textOr("type", "aes256-gcm96");
    if (call.fields.refusal()) return *call.fields.refusal();
    if (isConvergent && !hasContext) {
        return Response::badRequest("convergent encryption requires derivation to be enabled, so context is required");
    }
    const auto* type = keyTypeNamed(typeName);
    if (!type) return Response::badRequest("unknown key type " + typeName);
    if (!type->aead) return Response::badRequest("key type " + typeName + " not supported for this operation");
    Key key;
    key.settings.name = call.part("name");
    key.settings.type = type->type;
    key.settings.isDerived = hasContext;
    key.settings.isConvergent = isConvergent;
    key = withNewVersion(key, call.context.random, call.now());
    KeyStorage storage{call.context.storage};
    if (auto stored = storage.putVersion(key.settings.name, *key.version(1)); !stored) return std::move(stored).error();
    if (auto stored = storage.putSettings(key.settings); !stored) return std::move(stored).error();
    return std::make_shared<const Key>(std::move(key));
}

/// The key to encrypt with. A caller who can create gets a new one if there is none.
Result<std::variant<KeyPointer, Response>> keyToEncrypt(Call& call, const Batch& batch, bool& isMade)
{
    auto found = backendOf(call).findKey(call.context, call.part("name"));
    if (!found) return std::move(found).error();
    if (*found) return std::move(*found);
    const auto notFound = Response::badRequest("encryption key not found");
    if (call.request.operation != policy::Operation::Create) return notFound;
    auto config = KeyStorage{call.context.storage}.config();
    if (!config) return std::move(config).error();
    if (config->isUpsertDisabled) return notFound;
    const auto& first = batch.items.front();
    if (!batch.isBatch) { // a key is not made for a request that cannot succeed
        for (const auto field : {"plaintext", "context"}) {
            if (const auto decoded = decodeGoBase64(first.text(field)); !decoded) return Response::badRequest(decoded.error().detail);
        }
    }
    isMade = true;
    return makeKey(call, !first.text("context").empty());
}

void encryptItem(Call& call, const Key& key, BatchItem& item, std::size_t index)
{
    auto decoded = decode(item);
    if (!decoded || !decodeAdditional(item, index, key.settings.traits(), *decoded)) return;
    auto plaintext = decodeGoBase64(item.text("plaintext"));
    if (!plaintext) return item.fail(plaintext.error());
    const auto* version = item.fields->if_contains("key_version");
    auto encrypted = encrypt(key,
                             {.version = version && version->is_int64() ? version->get_int64() : 0,
                              .context = decoded->context,
                              .additional = additionalOf(*decoded),
                              .plaintext = *plaintext},
                             call.context.random);
    wipe(*plaintext);
    if (!encrypted) return item.fail(encrypted.error());
    item.result = {{"ciphertext", std::move(encrypted->ciphertext)}, {"key_version", encrypted->version}};
}

const BatchForm kEncryptForm{.texts = {"plaintext", "context", "nonce", "associated_data", "reference"},
                             .integer = "key_version",
                             .required = "plaintext",
                             .requiredRefusal = "missing plaintext to encrypt"};

Result<Response> handleEncrypt(Call& call)
{
    Batch batch;
    if (auto refused = readBatch(call, kEncryptForm, batch)) return *refused;
    if (mixesContexts(batch)) return Response::badRequest("context should be set either in all the request blocks or in none");
    bool isMade = false;
    auto key = keyToEncrypt(call, batch, isMade);
    if (!key) return std::move(key).error();
    if (auto* refusal = std::get_if<Response>(&*key)) return std::move(*refusal);
    const auto& used = *std::get<KeyPointer>(*key);
    if (auto refused = refuseLongBatch(batch, used.settings.traits())) return *refused;
    for (std::size_t index = 0; index < batch.items.size(); ++index) encryptItem(call, used, batch.items[index], index);
    auto response = answer(call, batch, kNothing, true);
    if (response && !response->isError && call.request.operation == policy::Operation::Create && !isMade) {
        response->warnings.push_back("Attempted creation of the key during the encrypt operation, but it was created beforehand");
    }
    return response;
}

Result<bool> encryptionKeyExists(Call& call)
{
    const auto name = call.part("name");
    if (backendOf(call).cache().find(name)) return true;
    return KeyStorage{call.context.storage}.exists(name);
}

// ---- decrypt and rewrap

/// The key that the path names. A response: there is none, or the batch is too long for it.
Result<std::variant<KeyPointer, Response>> keyToDecrypt(Call& call, const Batch& batch)
{
    auto found = backendOf(call).findKey(call.context, call.part("name"));
    if (!found) return std::move(found).error();
    if (!*found) return Response::badRequest("encryption key not found");
    if (auto refused = refuseLongBatch(batch, (*found)->settings.traits())) return std::move(*refused);
    return std::move(*found);
}

/// Empty, and the item failed.
std::optional<SecretBytes> decryptItem(const Key& key, BatchItem& item, std::size_t index, Decoded& decoded)
{
    if (item.text("ciphertext").empty()) {
        item.fail("missing ciphertext to decrypt");
        return std::nullopt;
    }
    auto fields = decode(item);
    if (!fields || !decodeAdditional(item, index, key.settings.traits(), *fields)) return std::nullopt;
    decoded = std::move(*fields);
    auto plaintext = decrypt(key, {.context = decoded.context, .additional = additionalOf(decoded), .ciphertext = item.text("ciphertext")});
    if (plaintext) return std::move(*plaintext);
    item.fail(plaintext.error());
    return std::nullopt;
}

const BatchForm kDecryptForm{.texts = {"ciphertext", "context", "nonce", "associated_data", "reference"},
                             .required = "ciphertext",
                             .requiredRefusal = "missing ciphertext to decrypt"};

Result<Response> handleDecrypt(Call& call)
{
    Batch batch;
    if (auto refused = readBatch(call, kDecryptForm, batch)) return *refused;
    if (mixesContexts(batch)) return Response::badRequest("context should be set either in all the request blocks or in none");
    if (!batch.isBatch && batch.items.front().text("ciphertext").empty()) return Response::badRequest("missing ciphertext to decrypt");
    auto key = keyToDecrypt(call, batch);
    if (!key) return std::move(key).error();
    if (auto* refusal = std::get_if<Response>(&*key)) return std::move(*refusal);
    for (std::size_t index = 0; index < batch.items.size(); ++index) {
        auto& item = batch.items[index];
        Decoded decoded;
        const auto plaintext = decryptItem(*std::get<KeyPointer>(*key), item, index, decoded);
        if (plaintext) item.result = {{"plaintext", toBase64(plaintext->view())}};
    }
    return answer(call, batch, {{"plaintext", ""}}, true);
}

void rewrapItem(Call& call, const Key& key, BatchItem& item, std::size_t index)
{
    Decoded decoded;
    const auto plaintext = decryptItem(key, item, index, decoded);
    if (!plaintext) return;
    const auto* version = item.fields->if_contains("key_version");
    auto encrypted = encrypt(key,
                             {.version = version && version->is_int64() ? version->get_int64() : 0,
                              .context = decoded.context,
                              .additional = additionalOf(decoded),
                              .plaintext = plaintext->view()},
                             call.context.random);
    if (!encrypted) return item.fail(encrypted.error());
    item.result = {{"ciphertext", std::move(encrypted->ciphertext)}, {"key_version", encrypted->version}};
}

const BatchForm kRewrapForm{.texts = {"ciphertext", "context", "nonce", "associated_data", "reference"}, .integer = "key_version"};

Result<Response> handleRewrap(Call& call)
{
    Batch batch;
    if (auto refused = readBatch(call, kRewrapForm, batch)) return *refused;
    if (mixesContexts(batch)) return Response::badRequest("context should be set either in all the request blocks or in none");
    if (!batch.isBatch && batch.items.front().text("ciphertext").empty()) return Response::badRequest("missing ciphertext to decrypt");
    auto key = keyToDecrypt(call, batch);
    if (!key) return std::move(key).error();
    if (auto* refusal = std::get_if<Response>(&*key)) return std::move(*refusal);
    for (std::size_t index = 0; index < batch.items.size(); ++index) rewrapItem(call, *std::get<KeyPointer>(*key), batch.items[index], index);
    return answer(call, batch, kNothing, false);
}

// ---- datakey

Result<Response> handleDataKey(Call& call)
{
    const auto kind = call.part("plaintext");
    if (kind != "plaintext" && kind != "wrapped") return Response::badRequest("Invalid path, must be 'plaintext' or 'wrapped'");
    const auto context = base64Field(call, "context", "failed to base64-decode context");
    if (!context) return answerOf(context.error());
    if (!call.fields.textOr("nonce", {}).empty()) return Response::badRequest(std::string{kNonceRefusal});
    const auto bits = call.fields.integer("bits").value_or(256);
    const auto asked = call.fields.integer("key_version").value_or(0);
    if (call.fields.refusal()) return *call.fields.refusal();
    auto key = backendOf(call).findKey(call.context, call.part("name"));
    if (!key) return std::move(key).error();
    if (!*key) return Response::badRequest("encryption key not found");
    if (bits != 128 && bits != 256 && bits != 512) return Response::badRequest("invalid bit length");
    const auto made = call.context.random.secret(static_cast<std::size_t>(bits / 8));
    auto encrypted =
        encrypt(**key, {.version = asked, .context = *context, .additional = std::nullopt, .plaintext = made.view()}, call.context.random);
    if (!encrypted) return answerOf(encrypted.error());
    json::object data{{"ciphertext", std::move(encrypted->ciphertext)}, {"key_version", encrypted->version}};
    if (kind == "plaintext") data.emplace("plaintext", toBase64(made.view()));
    return Response::ofData(std::move(data));
}

const Field kContext{"context", FieldType::Text, "Base64; names the derived key of a key that derives."};
const Field kKeyVersion{"key_version", FieldType::Integer, "The version to use; 0 is the latest.", "0"};
const Field kAdditional{"associated_data", FieldType::Text, "Base64; is authenticated, but is not part of the ciphertext."};
const Field kBatch{"batch_input", FieldType::Any,
                   "A list of objects with these fields and `reference`. Other fields of the request have no effect then."};
const Field kPartialCode{"partial_failure_response_code", FieldType::Integer,
                         "The status of a batch in which something failed and something did not."};
const Field kNonce{"nonce", FieldType::Text, "Not used by present keys."};

} // namespace

void addCryptRoutes(RouteTable& routes)
{
    routes.add({.verbs = Verb::Write,
                .pattern = "encrypt/<name>",
                .handle = handleEncrypt,
                .exists = encryptionKeyExists,
                .fields = FieldList{{"plaintext", FieldType::Text, "Base64."},
                                    kContext,
                                    kAdditional,
                                    kKeyVersion,
                                    kNonce,
                                    {"type", FieldType::Text, "The type of the key if it must be made.", R"("aes256-gcm96")"},
                                    {"convergent_encryption", FieldType::Boolean, "Whether a key that is made encrypts convergently.", "false"},
                                    kBatch,
                                    kPartialCode},
                .help = "Encrypts `plaintext`. With the capability `create` a key that does not exist is made."});
    routes.add({.verbs = Verb::Write,
                .pattern = "decrypt/<name>",
                .handle = handleDecrypt,
                .fields = FieldList{{"ciphertext", FieldType::Text, "As encrypt gave it."}, kContext, kAdditional, kNonce, kBatch, kPartialCode},
                .help = "Decrypts `ciphertext`."});
    routes.add({.verbs = Verb::Write,
                .pattern = "rewrap/<name>",
                .handle = handleRewrap,
                .fields = FieldList{{"ciphertext", FieldType::Text, "As encrypt gave it."}, kContext, kAdditional, kKeyVersion, kNonce, kBatch},
                .help = "Encrypts what `ciphertext` holds with the latest version, without showing it."});
    routes.add({.verbs = Verb::Write,
                .pattern = "datakey/:plaintext/<name>",
                .handle = handleDataKey,
                .fields = FieldList{{"bits", FieldType::Integer, "128, 256 or 512.", "256"}, kContext, kKeyVersion, kNonce},
                .help = "Makes a random key and returns it encrypted; `datakey/plaintext` returns it in clear as well."});
}

} // namespace core::transit
