// hmac, and the verification of MACs.
#include "core/base/encoding.h"
#include "core/base/go_text.h"
#include "core/transit/operation/versioned_text.h"
#include "core/transit/routes/mac_verification.h"

namespace core::transit {
namespace {

namespace json = boost::json;

/// The key of a version for MACs. Errors: InvalidArgument.
Result<const SecretBytes*> macKey(const Key& key, std::int64_t number)
{
    const auto latest = key.settings.latest;
    if (number < 0) return callerFault("key version does not exist (cannot be negative)");
    if (number > latest) return callerFault("key version does not exist; latest key version is " + std::to_string(latest));
    const auto* version = key.version(static_cast<VersionNumber>(number));
    if (!version) return callerFault("no such key version found");
    if (version->hmacKey.empty()) return callerFault("no HMAC key exists for that key version");
    return &version->hmacKey;
}

std::optional<crypto::HashAlgorithm> macHashOf(std::string_view name)
{
    const auto hash = crypto::hashAlgorithmOf(name);
    return hash == crypto::HashAlgorithm::None ? std::nullopt : hash;
}

Response unsupportedAlgorithm()
{
    return Response::badRequest(R"(unsupported algorithm '\x00')"); // as clients know it: the name is not repeated
}

void macItem(const SecretBytes& key, crypto::HashAlgorithm hash, std::int64_t version, BatchItem& item)
{
    if (!item.has("input")) return item.fail("missing input for HMAC");
    const auto input = decodeGoBase64(item.text("input"));
    if (!input) return item.fail("unable to decode input as base64: " + input.error().detail);
    item.result = {{"hmac", versionedText(version, toBase64(crypto::hmacBy(hash, key, *input)))}};
}

Result<Response> answer(Batch& batch)
{
    if (batch.isBatch) return Response::ofData({{"batch_results", batchResults(batch, {})}});
    auto& item = batch.items.front();
    if (!item.error.empty()) return Response::badRequest(item.error);
    return Response::ofData(std::move(item.result));
}

const BatchForm kForm{.texts = {"input", "reference"}};

Result<Response> handleMac(Call& call)
{
    auto found = backendOf(call).findKey(call.context, call.part("name"));
    if (!found) return std::move(found).error();
    if (!*found) return Response::badRequest("encryption key not found");
    const auto& key = **found;
    auto version = call.fields.integer("key_version").value_or(0);
    if (call.fields.refusal()) return *call.fields.refusal();
    if (version == 0) version = key.settings.latest;
    if (version >= 0 && version < key.settings.minEncryption && version != key.settings.latest) {
        return Response::badRequest("cannot generate HMAC: version is too old (disallowed by policy)");
    }
    const auto secret = macKey(key, version);
    if (!secret) return answerOf(secret.error());
    const auto hash = macHashOf(hashNameOf(call));
    if (!hash) return unsupportedAlgorithm();
    Batch batch;
    if (auto refused = readBatch(call, kForm, batch)) return *refused;
    for (auto& item : batch.items) macItem(**secret, *hash, version, item);
    return answer(batch);
}

/// The version that a MAC names. Errors: InvalidArgument.
Result<VersionNumber> versionToVerify(const KeySettings& settings, const VersionedText& text)
{
    using Fault = VersionedText::Fault;
    if (text.fault == Fault::NoPrefix) return callerFault("invalid HMAC to verify: no prefix");
    if (text.fault == Fault::FieldCount) return callerFault("invalid HMAC: wrong number of fields");
    if (text.fault == Fault::Version) return callerFault("invalid HMAC: version number could not be decoded");
    if (text.version > settings.latest) return callerFault("invalid HMAC: version is too new");
    if (text.version < settings.minDecryption) return callerFault("cannot verify HMAC: version is too old (disallowed by policy)");
    return static_cast<VersionNumber>(text.version);
}

void verifyItem(const Key& key, crypto::HashAlgorithm hash, BatchItem& item)
{
    if (!item.has("input")) return item.fail("missing input");
    const auto input = decodeGoBase64(item.text("input"));
    if (!input) return item.fail("unable to decode input as base64: " + input.error().detail);
    const auto text = VersionedText::parse(item.text("hmac"));
    const auto given = decodeGoBase64(text.payload);
    const auto number = versionToVerify(key.settings, text);
    if (!given && text.fault == VersionedText::Fault::None) {
        return item.fail("unable to decode verification HMAC as base64: " + given.error().detail);
    }
    if (!number) return item.fail(number.error());
    const auto secret = macKey(key, *number);
    if (!secret) return item.fail(secret.error());
    const bool isValid = equalInConstantTime(crypto::hmacBy(hash, **secret, *input), *given);
    item.result = {{"valid", isValid}};
}

} // namespace

Result<Response> verifyMacs(Call& call, Batch& batch)
{
    auto found = backendOf(call).findKey(call.context, call.part("name"));
    if (!found) return std::move(found).error();
    if (!*found) return Response::badRequest("encryption key not found");
    const auto hash = macHashOf(hashNameOf(call));
    if (!hash) return unsupportedAlgorithm();
    for (auto& item : batch.items) verifyItem(**found, *hash, item);
    return answer(batch);
}

void addMacRoutes(RouteTable& routes)
{
    for (const auto* tail : {"", "/:urlalgorithm"}) {
        routes.add({.verbs = Verb::Write,
                    .pattern = std::string{"hmac/<name>"} + tail,
                    .handle = handleMac,
                    .fields = FieldList{{"input", FieldType::Text, "Base64."},
                                        {"algorithm", FieldType::Text, "sha1, sha2-224 to sha2-512, sha3-224 to sha3-512.", R"("sha2-256")"},
                                        {"hash_algorithm", FieldType::Text, "Another name of algorithm."},
                                        {"key_version", FieldType::Integer, "The version to use; 0 is the latest.", "0"},
                                        {"batch_input", FieldType::Any, "A list of objects with input and reference."}},
                    .help = "Makes a message authentication code of `input`. Every version of every type has a key for it."});
    }
}

} // namespace core::transit
