#include "core/route/byte_tools.h"

#include "core/base/encoding.h"
#include "core/base/go_text.h"
#include "core/crypto/named_digest.h"

#include <charconv>

namespace core::route {
namespace {

using mount::Response;

constexpr std::int64_t kRandomBytesDefault = 32;
constexpr std::int64_t kRandomBytesMax = 131'072;

std::optional<std::int64_t> countIn(std::string_view text)
{
    if (text.starts_with('+')) text.remove_prefix(1);
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return count;
}

bool isSource(std::string_view text)
{
    return text == "platform" || text == "seal" || text == "all";
}

bool isFormat(std::string_view text)
{
    return text == "hex" || text == "base64";
}

std::string encoded(std::string_view bytes, std::string_view format)
{
    return format == "hex" ? toHex(bytes) : toBase64(bytes);
}

/// `format` for the error text: random puts it into quotes, hash does not.
Response unknownFormat(const std::string& format)
{
    return Response::badRequest("unsupported encoding format " + format + "; must be \"hex\" or \"base64\"");
}

} // namespace

Result<Response> randomBytes(Call& call, NegativeCount negativeCount)
{
    auto count = call.fields.integer("bytes").value_or(kRandomBytesDefault);
    const auto format = call.fields.textOr("format", "base64");
    if (call.fields.refusal()) return *call.fields.refusal();
    // One part of the path is the source or the number, two parts are the source and the number.
    auto source = call.part("source");
    auto number = call.part("urlbytes");
    if (number.empty() && !source.empty() && !isSource(source)) std::swap(source, number);
    if (negativeCount == NegativeCount::Ignored && number.starts_with('-')) number = {};
    if (!number.empty()) {
        const auto given = countIn(number);
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
    const auto bytes = call.context.random.secret(static_cast<std::size_t>(count));
    return Response::ofData({{"random_bytes", encoded(bytes.view(), format)}});
}

Result<Response> digestOfInput(Call& call, bool isInputRequired)
{
    std::string algorithm{call.part("urlalgorithm")};
    if (algorithm.empty()) algorithm = call.fields.textOr("algorithm", "sha2-256");
    const auto format = call.fields.textOr("format", "hex");
    const auto given = call.fields.text("input");
    if (call.fields.refusal()) return *call.fields.refusal();
    if (!given && isInputRequired) return Response::badRequest("input missing");
    const auto input = decodeGoBase64(given.value_or(std::string{}));
    if (!input) return Response::badRequest("unable to decode input as base64: " + input.error().detail);
    if (!isFormat(format)) return unknownFormat(format);
    const auto digest = crypto::namedDigest(algorithm, *input);
    if (!digest) return Response::badRequest("unsupported algorithm " + algorithm);
    return Response::ofData({{"sum", encoded(*digest, format)}});
}

} // namespace core::route
