// sign and verify. A verification of a MAC continues to mac_routes.cpp.
#include "core/base/encoding.h"
#include "core/base/go_text.h"
#include "core/transit/operation/signing.h"
#include "core/transit/operation/versioned_text.h"
#include "core/transit/routes/batch.h"
#include "core/transit/routes/mac_verification.h"
#include "core/transit/routes/routes.h"

#include <algorithm>
#include <charconv>

namespace core::transit {
namespace {

namespace json = boost::json;

/// Reads salt_length into the scheme. Returns the refusal.
std::optional<Response> readSalt(Call& call, crypto::SignatureScheme& scheme)
{
    const auto text = call.fields.textOr("salt_length", "auto");
    if (text == "auto" || text.empty()) return std::nullopt;
    if (text == "hash") {
        scheme.saltBytes = crypto::SignatureScheme::kSaltAsDigest;
        return std::nullopt;
    }
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), scheme.saltBytes);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return Response::badRequest("salt length neither 'auto', 'hash', nor an int: " + text);
    }
    if (scheme.saltBytes < crypto::SignatureScheme::kSaltAsDigest) return Response::badRequest("salt length is invalid: " + text);
    return std::nullopt;
}

/// Returns the refusal.
std::optional<Response> readOptions(Call& call, SigningOptions& options)
{
    const auto hashName = hashNameOf(call);
    const auto hash = crypto::hashAlgorithmOf(hashName);
    if (!hash) return Response::badRequest("invalid hash algorithm " + goQuoted(hashName));
    options.scheme.hash = *hash;
    const auto marshaling = call.fields.textOr("marshaling_algorithm", "asn1");
    if (marshaling != "asn1" && marshaling != "jws") return Response::badRequest("invalid marshaling type " + goQuoted(marshaling));
    options.marshaling = marshaling == "jws" ? SigningOptions::Marshaling::Jws : SigningOptions::Marshaling::Asn1;
    options.isPrehashed = call.fields.booleanOr("prehashed", false);
    options.rsaAlgorithm = call.fields.textOr("signature_algorithm", {});
    if (auto refused = readSalt(call, options.scheme)) return refused;
    return call.fields.refusal();
}

/// Completes the options and checks them against the key. Returns the refusal.
std::optional<Response> checkOptions(SigningOptions& options)
{
    if (options.scheme.hash == crypto::HashAlgorithm::None && (!options.isPrehashed || options.rsaAlgorithm != "pkcs1v15")) {
        return Response::badRequest("hash_algorithm=none requires both prehashed=true and signature_algorithm=pkcs1v15");
    }
    if (options.rsaAlgorithm.empty()) options.rsaAlgorithm = "pss";
    if (options.rsaAlgorithm == "pkcs1v15") options.scheme.padding = crypto::SignatureScheme::Padding::Pkcs1v15;
    return std::nullopt;
}

/// The key that the path names, if it can sign. A response: the refusal. `purpose` is "signing" or "verification".
Result<std::variant<KeyPointer, Response>> signingKey(Call& call, const char* missing, const char* purpose)
{
    auto key = backendOf(call).findKey(call.context, call.part("name"));
    if (!key) return std::move(key).error();
    if (!*key) return Response::badRequest(missing);
    const auto& type = (*key)->settings.traits();
    if (!type.canSign()) return Response::badRequest("key type " + std::string{type.name} + " does not support " + purpose);
    return std::move(*key);
}

/// Input and context of an item. Empty, and the item failed.
struct Decoded {
    std::string input;
    std::string context;
};
std::optional<Decoded> decode(BatchItem& item)
{
    if (!item.has("input")) {
        item.fail("missing input");
        return std::nullopt;
    }
    auto input = decodeGoBase64(item.text("input"));
    auto context = decodeGoBase64(item.text("context"));
    if (!input) item.fail("unable to decode input as base64: " + input.error().detail);
    else if (!context) item.fail("failed to base64-decode context");
    if (!item.error.empty()) return std::nullopt;
    return Decoded{std::move(*input), std::move(*context)};
}

Result<Response> answer(Batch& batch, const json::object& onFailure)
{
    if (batch.isBatch) return Response::ofData({{"batch_results", batchResults(batch, onFailure)}});
    auto& item = batch.items.front();
    if (!item.error.empty()) return item.isServerFault ? serverError(item.error) : Response::badRequest(item.error);
    return Response::ofData(std::move(item.result));
}

/// A request without a batch can leave out the input, which is then empty.
void completeSingle(Batch& batch)
{
    if (!batch.isBatch) batch.single.emplace("input", "");
}

const BatchForm kForm{.texts = {"input", "context", "reference", "signature", "hmac"}};

// ---- sign

void signItem(const Key& key, const SigningOptions& options, std::int64_t version, BatchItem& item, bool isBatch)
{
    const auto decoded = decode(item);
    if (!decoded) return;
    auto signature = sign(key, options, version, decoded->context, decoded->input);
    if (!signature) return item.fail(signature.error());
    item.result = {{"signature", std::move(signature->text)}, {"key_version", signature->version}};
    // Clients know it by two names.
    if (!signature->derivedPublicKey.empty()) item.result.emplace(isBatch ? "publickey" : "public_key", toBase64(signature->derivedPublicKey));
}

Result<Response> handleSign(Call& call)
{
    SigningOptions options;
    const auto version = call.fields.integer("key_version").value_or(0);
    if (auto refused = readOptions(call, options)) return *refused;
    auto key = signingKey(call, "signing key not found", "signing");
    if (!key) return std::move(key).error();
    if (auto* refusal = std::get_if<Response>(&*key)) return std::move(*refusal);
    if (auto refused = checkOptions(options)) return *refused;
    const auto& used = *std::get<KeyPointer>(*key);
    Batch batch;
    if (auto refused = readBatch(call, kForm, batch)) return *refused;
    if (auto refused = refuseLongBatch(batch, used.settings.traits())) return *refused;
    completeSingle(batch);
    for (auto& item : batch.items) signItem(used, options, version, item, batch.isBatch);
    return answer(batch, {{"key_version", 0}});
}

// ---- verify

/// Signatures and MACs cannot be mixed in a batch. Returns the refusal.
std::optional<Response> checkProofs(const Batch& batch, bool& areMacs)
{
    const auto count = [&](const auto& matches) { return static_cast<std::size_t>(std::ranges::count_if(batch.items, matches)); };
    const auto signatures = count([](const BatchItem& item) { return item.has("signature"); });
    const auto macs = count([](const BatchItem& item) { return !item.has("signature") && item.has("hmac"); });
    areMacs = macs > 0;
    if (signatures + macs == batch.items.size() && (signatures == 0 || macs == 0)) return std::nullopt;
    if (!batch.isBatch) return Response::badRequest("neither a 'signature' nor an 'hmac' were given to verify");
    if (signatures > 0 && macs > 0) return Response::badRequest("elements of batch_input must all provide 'signature' or all provide 'hmac'");
    if (signatures > 0) return Response::badRequest("some elements of batch_input are missing 'signature'");
    if (macs > 0) return Response::badRequest("some elements of batch_input are missing 'hmac'");
    return Response::badRequest("no batch_input elements have 'signature' or 'hmac'");
}

void verifyItem(const Key& key, const SigningOptions& options, BatchItem& item)
{
    const auto decoded = decode(item);
    if (!decoded) return;
    const auto isValid = isSignatureOf(key, options, decoded->context, decoded->input, item.text("signature"));
    if (!isValid) return item.fail(isValid.error());
    item.result = {{"valid", *isValid}};
}

Result<Response> handleVerify(Call& call)
{
    Batch batch;
    if (auto refused = readBatch(call, kForm, batch)) return *refused;
    bool areMacs = false;
    if (auto refused = checkProofs(batch, areMacs)) return *refused;
    SigningOptions options;
    if (auto refused = readOptions(call, options)) return *refused;
    completeSingle(batch);
    if (areMacs) return verifyMacs(call, batch);
    auto key = signingKey(call, "signature verification key not found", "verification");
    if (!key) return std::move(key).error();
    if (auto* refusal = std::get_if<Response>(&*key)) return std::move(*refusal);
    if (auto refused = checkOptions(options)) return *refused;
    const auto& used = *std::get<KeyPointer>(*key);
    if (auto refused = refuseLongBatch(batch, used.settings.traits())) return *refused;
    for (auto& item : batch.items) verifyItem(used, options, item);
    return answer(batch, {{"valid", false}});
}

FieldList signatureFields()
{
    return {{"input", FieldType::Text, "Base64."},
            {"context", FieldType::Text, "Base64; names the derived key of a key that derives."},
            {"hash_algorithm", FieldType::Text, "sha1, sha2-224 to sha2-512, sha3-224 to sha3-512, or none.", R"("sha2-256")"},
            {"algorithm", FieldType::Text, "An older name of hash_algorithm."},
            {"prehashed", FieldType::Boolean, "The input is a digest already.", "false"},
            {"signature_algorithm", FieldType::Text, "With RSA: pss or pkcs1v15.", R"("pss")"},
            {"marshaling_algorithm", FieldType::Text, "With ECDSA: asn1, or jws (r and s in base64 for URLs).", R"("asn1")"},
            {"salt_length", FieldType::Text, "With pss: auto, hash, or a number of bytes.", R"("auto")"},
            {"batch_input", FieldType::Any, "A list of objects with input, context and reference, and for verify the proof."}};
}

} // namespace

std::string hashNameOf(Call& call)
{
    std::string name{call.part("urlalgorithm")};
    if (name.empty()) name = call.fields.textOr("hash_algorithm", {});
    if (name.empty()) name = call.fields.textOr("algorithm", {});
    return name.empty() ? "sha2-256" : name;
}

void addSignRoutes(RouteTable& routes)
{
    auto signFields = signatureFields();
    signFields.emplace_back("key_version", FieldType::Integer, "The version to use; 0 is the latest.", "0");
    auto verifyFields = signatureFields();
    verifyFields.emplace_back("signature", FieldType::Text, "As sign gave it.");
    verifyFields.emplace_back("hmac", FieldType::Text, "As hmac gave it.");
    for (const auto* tail : {"", "/:urlalgorithm"}) {
        routes.add({.verbs = Verb::Write,
                    .pattern = std::string{"sign/<name>"} + tail,
                    .handle = handleSign,
                    .fields = signFields,
                    .help = "Signs `input`."});
        routes.add({.verbs = Verb::Write,
                    .pattern = std::string{"verify/<name>"} + tail,
                    .handle = handleVerify,
                    .fields = verifyFields,
                    .help = "Verifies `signature` or `hmac` of `input`. A wrong one is no error: `valid` is false."});
    }
}

} // namespace core::transit
