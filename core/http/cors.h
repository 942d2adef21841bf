#pragma once

#include "core/http/message.h"
#include "core/sys/settings/cors.h"

namespace core::http {

/// The result of the rules for web pages for a message (spec: quotas-namespaces-misc.md §6): a reply that ends it, or headers that its
/// reply gets. Neither of them without rules or without an `Origin`.
struct CorsVerdict {
    std::optional<Reply> reply;
    std::vector<mount::Header> headers;
};
/// `rules` is null if there are none.
CorsVerdict judgeOrigin(const Message& message, const sys::CorsRules* rules);

} // namespace core::http
