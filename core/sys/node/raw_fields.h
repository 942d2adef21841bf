#pragma once

#include "core/base/result.h"
#include "core/mount/request.h"
#include "core/mount/response.h"

#include <optional>
#include <string>
#include <string_view>

/// Fields of the endpoints that answer outside the router. Names are matched without case (the command line sends some
/// capitalised).
namespace core::sys::raw {

/// Null if it is missing.
const boost::json::value* field(const mount::Request& request, std::string_view name);
/// Empty if it is missing or not a text.
std::string textField(const mount::Request& request, std::string_view name);
bool flag(const mount::Request& request, std::string_view name);
/// Empty if the field exists and is not a whole number.
std::optional<int> numberField(const mount::Request& request, std::string_view name, int fallback);

/// The answer to an error whose detail is the API's text.
mount::Response refusal(const Error& error);

} // namespace core::sys::raw
