#pragma once

#include "core/mount/request.h"
#include "core/mount/response.h"

#include "core/base/result.h"

#include <string>
#include <string_view>

namespace core::mount {

/// An answer as JSON text, for storing or forwarding it (wrapping, forwarding). Includes everything except what only a listener needs (raw bodies and
/// files). Text for splicing stays as it is, so numbers keep their digits.
std::string encodeResponse(const Response& response);
/// Errors: Corrupt.
Result<Response> decodeResponse(std::string_view text);

/// A logical request as JSON text, without its tokens.
std::string encodeRequest(const Request& request);
/// Errors: Corrupt.
Result<Request> decodeRequest(std::string_view text);

} // namespace core::mount
