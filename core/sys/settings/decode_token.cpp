#include "core/base/encoding.h"
#include "core/base/go_text.h"
#include "core/sys/routes/handlers.h"

namespace core::sys {
namespace {

using mount::Response;

/// generate-root returns the token, combined with the one-time password byte by byte, in base64 with or without padding.
Result<Response> decode(Call& call)
{
    auto encoded = call.fields.textOr("encoded_token", {});
    const auto password = call.fields.textOr("otp", {});
    if (call.fields.refusal()) return *call.fields.refusal();
    if (encoded.empty()) return Response::badRequest("missing encoded_token");
    if (password.empty()) return Response::badRequest("missing otp");
    while (encoded.ends_with('=')) encoded.pop_back();
    const auto padded = encoded + std::string((4 - encoded.size() % 4) % 4, '=');
    auto token = decodeGoBase64(padded);
    if (!token) return Response::badRequest("error decoding base64'd token: " + token.error().detail);
    if (token->size() != password.size()) {
        return Response::badRequest("error xoring token: length of byte slices is not equivalent: " + std::to_string(token->size()) +
                                    " != " + std::to_string(password.size()));
    }
    for (std::size_t at = 0; at < token->size(); ++at) (*token)[at] = static_cast<char>((*token)[at] ^ password[at]);
    if (!isGoPrintable(*token)) return Response::badRequest("encoded_token and otp do not belong together: what they give is no text");
    return Response::ofData({{"token", *token}});
}

} // namespace

void addDecodeTokenRoute(RouteTable& routes)
{
    routes.add({.verbs = Verb::Write,
                .pattern = "decode-token",
                .handle = decode,
                .openVerbs = Verb::Write, // as for generate-root; the caller could compute the result itself
                .fields = FieldList{"encoded_token", "otp"},
                .help = "Computes the token from the `encoded_token` of generate-root and its one-time password, `otp`."});
}

} // namespace core::sys
