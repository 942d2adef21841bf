#include "core/base/result.h"

namespace core {

std::string_view toString(ErrorCode code)
{
    switch (code) {
    case ErrorCode::InvalidArgument: return "InvalidArgument";
    case ErrorCode::NotFound: return "NotFound";
    case ErrorCode::AlreadyExists: return "AlreadyExists";
    case ErrorCode::FailedPrecondition: return "FailedPrecondition";
    case ErrorCode::Conflict: return "Conflict";
    case ErrorCode::ReadOnly: return "ReadOnly";
    case ErrorCode::PermissionDenied: return "PermissionDenied";
    case ErrorCode::Sealed: return "Sealed";
    case ErrorCode::TooLarge: return "TooLarge";
    case ErrorCode::Unsupported: return "Unsupported";
    case ErrorCode::Timeout: return "Timeout";
    case ErrorCode::Unavailable: return "Unavailable";
    case ErrorCode::Cancelled: return "Cancelled";
    case ErrorCode::Corrupt: return "Corrupt";
    case ErrorCode::NoSpace: return "NoSpace";
    case ErrorCode::Io: return "Io";
    case ErrorCode::Internal: return "Internal";
    }
    return "Unknown";
}

std::string toString(const Error& error)
{
    std::string text{toString(error.code)};
    if (!error.detail.empty()) text.append(": ").append(error.detail);
    return text;
}

} // namespace core
