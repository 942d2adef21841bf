#pragma once

#include "core/base/result.h"
#include "core/mount/response.h"

#include <string>
#include <vector>

namespace core::request {

/// `1 error occurred:\n\t* text\n\n`
std::string oneError(std::string_view text);

/// The answer to an error that brings no answer of its own (spec: conventions.md §2).
mount::Response answerOf(const Error& error);

mount::Response permissionDenied(); // no or bad token
mount::Response policyDenied();     // the token's policies refuse

/// The text of an answer's errors for the audit log. Empty if the answer is not an error.
std::string errorText(const mount::Response& response);

/// An answer with the primary's error and status, and with the errors of this secondary.
mount::Response errorOfBoth(const mount::Response& primarys, const std::vector<std::string>& own);

} // namespace core::request
