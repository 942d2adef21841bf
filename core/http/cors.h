#pragma once

#include "core/http/message.h"
#include "core/sys/settings/cors.h"

namespace core::http {

/// What the rules for web pages say about a message (spec: quotas-namespaces-misc.md §6): a reply that ends it, or headers that its
/// reply gets. Without rules, or without an `Origin`, neither.
struct CorsVerdict {
    std::optional<Reply> reply;
    std::vector<mount::Header> headers;
};
/// `rules` is null where there are none.
CorsVerdict judgeOrigin(const Message& message, const sys::CorsRules* rules);

} // namespace core::http
