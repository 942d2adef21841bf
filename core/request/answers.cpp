#include "core/request/answers.h"

#include "core/mount/retry.h"

namespace core::request {

using mount::Response;

std::string oneError(std::string_view text)
{
    return "1 error occurred:\n\t* " + std::string{text} + "\n\n";
}

Response permissionDenied()
{
    return Response::error(403, "permission denied");
}

Response policyDenied()
{
    return Response::error(403, oneError("permission denied"));
}

Response answerOf(const Error& error)
{
    switch (error.code) {
    case ErrorCode::InvalidArgument:
    case ErrorCode::FailedPrecondition:
    case ErrorCode::AlreadyExists: return Response::badRequest(error.detail);
    case ErrorCode::PermissionDenied: return policyDenied();
    case ErrorCode::NotFound: return Response::error(404, oneError("unsupported path"));
    case ErrorCode::Unsupported: return Response::error(405, oneError("unsupported operation"));
    case ErrorCode::Sealed: return Response::error(503, "Vault is sealed");
    case ErrorCode::TooLarge: return Response::error(413, "http: request body too large");
    case ErrorCode::Unavailable: return mount::retryLater(error.detail);
    case ErrorCode::Timeout: return Response::error(500, "context deadline exceeded");
    case ErrorCode::ReadOnly: return Response::error(500, oneError("cannot write to readonly storage"));
    case ErrorCode::NoSpace: return Response::error(500, oneError("no space left on device"));
    case ErrorCode::Conflict:
    case ErrorCode::Cancelled:
    case ErrorCode::Corrupt:
    case ErrorCode::Io:
    case ErrorCode::Internal: break;
    }
    return Response::error(500, oneError(error.detail.empty() ? std::string_view{"internal error"} : error.detail));
}

std::string errorText(const Response& response)
{
    if (!response.isError) return {};
    std::string text;
    for (const auto& error : response.errors) {
        if (!text.empty()) text += '\n';
        text += error;
    }
    if (text.empty()) text = response.status == 404 ? "not found" : "error";
    return text;
}

/// A client of the secondary sees the primary's error first; it decides what the client must do.
Response errorOfBoth(const Response& primarys, const std::vector<std::string>& own)
{
    std::string text = std::to_string(own.size() + 1) + " errors occurred:\n\t* errors from both primary and secondary; primary error was " +
                       errorText(primarys) + "; secondary errors follow\n";
    for (const auto& error : own) text += "\t* " + error + "\n";
    return Response::error(primarys.status, text + "\n");
}

} // namespace core::request
