#include "core/sys/routes/handlers.h"

#include "core/base/encoding.h"
#include "core/base/go_text.h"
#include "core/crypto/named_digest.h"

#include <charconv>

namespace core::sys {
namespace {

using mount::Response;

constexpr std::int64_t kRandomBytesDefault = 32;
constexpr std::int64_t kRandomBytesMax = 131'072;

std::optional<std::int64_t> numberOf(std::string_view text)
{
    const auto digits = text.starts_with('+') ? text.substr(1) : text;
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc{} || end != digits.data() + digits.size() || digits.empty()) return std::nullopt;
    return number;
}

bool isSource(std::string_view text)
{
    return text == "platform" || text == "seal" || text == "all";
}

/// The bytes in the requested encoding; empty for an unknown encoding.
std::optional<std::string> encoded(std::string_view bytes, std::string_view format)
{
    if (format == "hex") return toHex(bytes);
    if (format == "base64") return toBase64(bytes);
    return std::nullopt;
}

bool isFormat(std::string_view text)
{
    return text == "hex" || text == "base64";
}

/// `format` for the error text: random puts it into quotes, hash does not.
Response unknownFormat(std::string_view format)
{
    return Response::badRequest("unsupported encoding format " + std::string{format} + "; must be \"hex\" or \"base64\"");
}

Result<Response> random(Call& call)
{
    auto count = call.fields.integer("bytes").value_or(kRandomBytesDefault);
    const auto format = call.fields.textOr("format", "base64");
    if (call.fields.refusal()) return *call.fields.refusal();
    // Only the path decides: one part is the source or the number, two parts are the source and the number.
    auto source = call.part("source");
    auto number = call.part("urlbytes");
    if (number.empty() && !source.empty() && !isSource(source)) std::swap(source, number);
    if (!number.empty()) {
        const auto given = numberOf(number);
        if (!given) {
            return Response::badRequest("error parsing url-set byte count: strconv.Atoi: parsing " + goQuoted(number) + ": invalid syntax");
        }
        count = *given;
    }
    if (count < 1) return Response::badRequest("\"bytes\" cannot be less than 1");
    if (count > kRandomBytesMax) return Response::badRequest("\"bytes\" should be less than 131072");
    if (!isFormat(format)) return unknownFormat(goQuoted(format));
    if (!source.empty() && !isSource(source)) {
        return Response::badRequest("unsupported entropy source " + goQuoted(source) + "; must be \"platform\" or \"seal\", or \"all\"");
    }
    return Response::ofData({{"random_bytes", *encoded(call.context.random.bytes(static_cast<std::size_t>(count)), format)}});
}

Result<Response> hash(Call& call)
{
    auto algorithm = std::string{call.part("urlalgorithm")};
    if (algorithm.empty()) algorithm = call.fields.textOr("algorithm", "sha2-256");
    const auto format = call.fields.textOr("format", "hex");
    auto given = call.fields.textOr("input", {});
    if (call.fields.refusal()) return *call.fields.refusal();
    if (const auto at = base64Fault(given)) {
        return Response::badRequest("unable to decode input as base64: illegal base64 data at input byte " + std::to_string(*at));
    }
    std::erase_if(given, [](char c) { return c == '\n' || c == '\r'; });
    const auto input = fromBase64(given);
    if (!input) return Response::badRequest("unable to decode input as base64");
    if (!isFormat(format)) return unknownFormat(format);
    const auto digest = crypto::namedDigest(algorithm, *input);
    if (!digest) return Response::badRequest("unsupported algorithm " + algorithm);
    return Response::ofData({{"sum", *encoded(*digest, format)}});
}

} // namespace

void addToolRoutes(RouteTable& routes)
{
    const std::string randomHelp = "Random bytes: `bytes`, `format` (base64, hex).";
    const FieldList randomFields{"bytes", "format"};
    for (const auto* pattern : {"tools/random", "tools/random/:source", "tools/random/:source/:urlbytes"}) {
        routes.add({.verbs = Verb::Write, .pattern = pattern, .handle = random, .fields = randomFields, .help = randomHelp});
    }
    const std::string hashHelp = "Digest of `input` (base64) by `algorithm` (sha2-256 …), in `format` (hex, base64).";
    const FieldList hashFields{"input", "algorithm", "format"};
    for (const auto* pattern : {"tools/hash", "tools/hash/:urlalgorithm"}) {
        routes.add({.verbs = Verb::Write, .pattern = pattern, .handle = hash, .fields = hashFields, .help = hashHelp});
    }
}

} // namespace core::sys
