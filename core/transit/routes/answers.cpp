// Answers and fields that several groups of paths share.
#include "core/transit/operation/versioned_text.h"
#include "core/transit/routes/routes.h"

#include "core/base/go_text.h"

#include <array>

namespace core::transit {

Response serverError(std::string_view text)
{
    return Response::error(500, joinedErrors(std::array{text}));
}

Result<Response> answerOf(const Error& error)
{
    if (error.code == ErrorCode::InvalidArgument) return Response::badRequest(error.detail);
    if (error.code == ErrorCode::Internal) return serverError(error.detail);
    return error;
}

Result<std::string> base64Field(Call& call, std::string_view name, std::string_view refusal)
{
    auto text = call.fields.textOr(name, {});
    auto decoded = decodeGoBase64(text);
    wipe(text);
    if (!decoded) return callerFault(std::string{refusal});
    return decoded;
}

} // namespace core::transit
