#include "core/sys/handlers.h"

#include "core/base/encoding.h"
#include "core/crypto/named_digest.h"

#include <charconv>

namespace core::sys {
namespace {

using mount::Response;

constexpr std::int64_t kRandomBytesDefault = 32;
constexpr std::int64_t kRandomBytesMax = 131'072;

std::optional<std::int64_t> numberOf(std::string_view text)
{
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

/// The bytes in the wanted encoding; nothing for an encoding that there is not.
std::optional<std::string> encoded(std::string_view bytes, std::string_view format)
{
    if (format == "hex") return toHex(bytes);
    if (format == "base64") return toBase64(bytes);
    return std::nullopt;
}

Response unknownFormat(std::string_view format)
{
    return Response::badRequest("unsupported encoding format " + std::string{format} + "; must be \"hex\" or \"base64\"");
}

Result<Response> random(Call& call)
{
    auto count = call.fields.integer("bytes").value_or(kRandomBytesDefault);
    auto source = call.fields.textOr("source", "platform");
    const auto format = call.fields.textOr("format", "base64");
    if (call.fields.refusal()) return *call.fields.refusal();
    // One part is the number or the source, two are the source and the number.
    for (const auto part : {call.part("first"), call.part("second")}) {
        if (part.empty()) continue;
        if (const auto number = numberOf(part)) count = *number;
        else source = part;
    }
    if (source != "platform" && source != "seal" && source != "all") {
        return Response::badRequest("unsupported entropy source \"" + source + "\"; must be \"platform\" or \"seal\", or \"all\"");
    }
    if (count < 1) return Response::badRequest("\"bytes\" cannot be less than 1");
    if (count > kRandomBytesMax) return Response::badRequest("\"bytes\" should be less than 131072");
    const auto text = encoded(call.context.random.bytes(static_cast<std::size_t>(count)), format);
    if (!text) return unknownFormat(format);
    return Response::ofData({{"random_bytes", *text}});
}

Result<Response> hash(Call& call)
{
    auto algorithm = std::string{call.part("algorithm")};
    if (algorithm.empty()) algorithm = call.fields.textOr("algorithm", "sha2-256");
    const auto format = call.fields.textOr("format", "hex");
    const auto input = fromBase64(call.fields.textOr("input", {}));
    if (call.fields.refusal()) return *call.fields.refusal();
    if (!input) return Response::badRequest("unable to decode input as base64");
    const auto digest = crypto::namedDigest(algorithm, *input);
    if (!digest) return Response::badRequest("unsupported algorithm " + algorithm);
    const auto text = encoded(*digest, format);
    if (!text) return unknownFormat(format);
    return Response::ofData({{"sum", *text}});
}

} // namespace

void addToolRoutes(RouteTable& routes)
{
    const std::string randomHelp = "Random bytes: `bytes`, `format` (base64, hex).";
    routes.add({.verbs = Verb::Write, .pattern = "tools/random", .handle = random, .help = randomHelp});
    routes.add({.verbs = Verb::Write, .pattern = "tools/random/:first", .handle = random, .help = randomHelp});
    routes.add({.verbs = Verb::Write, .pattern = "tools/random/:first/:second", .handle = random, .help = randomHelp});
    const std::string hashHelp = "Digest of `input` (base64) by `algorithm` (sha2-256 …), in `format` (hex, base64).";
    routes.add({.verbs = Verb::Write, .pattern = "tools/hash", .handle = hash, .help = hashHelp});
    routes.add({.verbs = Verb::Write, .pattern = "tools/hash/:algorithm", .handle = hash, .help = hashHelp});
}

} // namespace core::sys
