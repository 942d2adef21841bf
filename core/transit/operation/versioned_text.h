#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace core::transit {

/// The form in which ciphertexts, signatures and MACs leave the server: `vault:v<version>:<payload>`.
struct VersionedText {
    enum class Fault { None, NoPrefix, FieldCount, Version };

    std::int64_t version = 0;
    std::string_view payload; // a view of the text
    Fault fault = Fault::None;

    static VersionedText parse(std::string_view text);
};

std::string versionedText(std::int64_t version, std::string_view payload);

/// A fault that the API reports with the status 500, although the server is well.
inline Error serverFault(std::string text)
{
    return Error{ErrorCode::Internal, std::move(text)};
}
/// A fault of the caller, status 400.
inline Error callerFault(std::string text)
{
    return Error{ErrorCode::InvalidArgument, std::move(text)};
}

} // namespace core::transit
