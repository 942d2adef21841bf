// random and hash, which use no key.
#include "core/base/encoding.h"
#include "core/base/go_text.h"
#include "core/crypto/named_digest.h"
#include "core/transit/operation/versioned_text.h"
#include "core/transit/routes/routes.h"

#include <charconv>

namespace core::transit {
namespace {

constexpr std::int64_t kRandomBytesDefault = 32;
constexpr std::int64_t kRandomBytesMax = 131'072;

bool isSource(std::string_view text)
{
    return text == "platform" || text == "seal" || text == "all";
}

std::string encoded(std::string_view bytes, std::string_view format)
{
    return format == "hex" ? toHex(bytes) : toBase64(bytes);
}

bool isFormat(std::string_view text)
{
    return text == "hex" || text == "base64";
}

Response unknownFormat(const std::string& format)
{
    return Response::badRequest("unsupported encoding format " + format + "; must be \"hex\" or \"base64\"");
}

/// Reads the count from the path. False: it is no number.
bool readCount(std::string_view text, std::int64_t& count)
{
    if (text.starts_with('+')) text.remove_prefix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    return !text.empty() && error == std::errc{} && end == text.data() + text.size();
}

Result<Response> handleRandom(Call& call)
{
    auto count = call.fields.integer("bytes").value_or(kRandomBytesDefault);
    const auto format = call.fields.textOr("format", "base64");
    if (call.fields.refusal()) return *call.fields.refusal();
    // One part of the path is the source or the number, two parts are the source and the number.
    auto source = call.part("source");
    auto number = call.part("urlbytes");
    if (number.empty() && !source.empty() && !isSource(source)) std::swap(source, number);
    if (number.starts_with('-')) number = {}; // clients know that a negative number in the path has no effect
    if (!number.empty() && !readCount(number, count)) {
        return Response::badRequest("error parsing url-set byte count: strconv.Atoi: parsing " + goQuoted(number) + ": invalid syntax");
    }
    if (count < 1) return Response::badRequest("\"bytes\" cannot be less than 1");
    if (count > kRandomBytesMax) return Response::badRequest("\"bytes\" should be less than 131072");
    if (!isFormat(format)) return unknownFormat(goQuoted(format));
    if (!source.empty() && !isSource(source)) {
        return Response::badRequest("unsupported entropy source " + goQuoted(source) + "; must be \"platform\" or \"seal\", or \"all\"");
    }
    const auto bytes = call.context.random.secret(static_cast<std::size_t>(count));
    return Response::ofData({{"random_bytes", encoded(bytes.view(), format)}});
}

Result<Response> handleHash(Call& call)
{
    std::string algorithm{call.part("urlalgorithm")};
    if (algorithm.empty()) algorithm = call.fields.textOr("algorithm", "sha2-256");
    const auto format = call.fields.textOr("format", "hex");
    const auto given = call.fields.text("input");
    if (call.fields.refusal()) return *call.fields.refusal();
    if (!given) return Response::badRequest("input missing");
    const auto input = decodeBase64(*given);
    if (!input) return Response::badRequest("unable to decode input as base64: " + input.error().detail);
    if (!isFormat(format)) return unknownFormat(format);
    const auto digest = crypto::namedDigest(algorithm, *input);
    if (!digest) return Response::badRequest("unsupported algorithm " + algorithm);
    return Response::ofData({{"sum", encoded(*digest, format)}});
}

} // namespace

void addToolRoutes(RouteTable& routes)
{
    for (const auto* tail : {"", "/:source", "/:source/:urlbytes"}) {
        routes.add(
            {.verbs = Verb::Write,
             .pattern = std::string{"random"} + tail,
             .handle = handleRandom,
             .fields = FieldList{{"bytes", FieldType::Integer, "1 to 131072.", "32"}, {"format", FieldType::Text, "base64 or hex.", R"("base64")"}},
             .help = "Random bytes."});
    }
    for (const auto* tail : {"", "/:urlalgorithm"}) {
        routes.add({.verbs = Verb::Write,
                    .pattern = std::string{"hash"} + tail,
                    .handle = handleHash,
                    .fields = FieldList{{"input", FieldType::Text, "Base64."},
                                        {"algorithm", FieldType::Text, "sha2-224 to sha2-512, sha3-224 to sha3-512.", R"("sha2-256")"},
                                        {"format", FieldType::Text, "hex or base64.", R"("hex")"}},
                    .help = "The digest of `input`."});
    }
}

} // namespace core::transit
