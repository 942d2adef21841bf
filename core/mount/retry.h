#pragma once

#include "core/mount/response.h"

namespace core::mount {

/// Tells clients when to ask again: libraries that retry keep to it.
inline void addRetryAfter(Response& response)
{
    response.headers.emplace_back("Retry-After", "1"); // seconds
}

/// 503 for what passes by itself, soon: asking again helps.
inline Response retryLater(std::string text)
{
    auto response = Response::error(503, std::move(text));
    addRetryAfter(response);
    return response;
}

} // namespace core::mount
