#pragma once

#include "core/base/result.h"
#include "core/mount/json_body.h"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace core::http {

/// The parts of a request target or a form, percent-decoded.
struct Target {
    std::string path;
    std::vector<std::pair<std::string, std::string>> query;
};

/// "http://host:8200/v1/a?b" → "/v1/a?b" (RFC 9112 §3.2.2); a target in origin form as it is. Nothing for every other form, and
/// if the authority is empty or names a user.
std::optional<std::string> originForm(std::string_view target);

/// Empty for a malformed escape, and for text that is not UTF-8, because answers and audit entries name it and are JSON.
std::optional<Target> splitTarget(std::string_view target);

/// True if a segment is "." or "..". Such a path can mean one thing here and another thing for a proxy in front.
bool hasDotSegment(std::string_view path);

/// Names and values of a query as fields, without `list` and `help`, which are the server's; a name that comes more than once is an array of its
/// values. Errors: InvalidArgument (a limit).
Result<boost::json::object> fieldsOf(const std::vector<std::pair<std::string, std::string>>& pairs, const mount::JsonLimits& limits);
/// The same for the body of a form. It is counted before it is split.
Result<boost::json::object> fieldsOfForm(std::string_view form, const mount::JsonLimits& limits);

} // namespace core::http
