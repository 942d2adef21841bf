#pragma once

#include "core/mount/response.h"

namespace core::mount {

/// Tells clients when to try again. Libraries that retry obey it.
inline void addRetryAfter(Response& response)
{
    response.headers.emplace_back("Retry-After", "1"); // seconds
}

/// 503 for a state that ends soon by itself, so trying again helps.
inline Response retryLater(std::string text)
{
    auto response = Response::error(503, std::move(text));
    addRetryAfter(response);
    return response;
}

} // namespace core::mount
