#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core::policy {

/// Returns the value of a template expression such as `identity.entity.id`; empty if the token has no such value.
using TemplateResolver = std::function<std::optional<std::string>(std::string_view expression)>;

/// The path of a policy's rule, ready to be matched (spec: engines-and-auth-api.md §10.1).
struct Pattern {
    std::string text;                   // without the final '*' of a prefix
    std::vector<std::size_t> wildcards; // offsets in `text` of each '+' that is a whole segment
    bool isPrefix = false;

    auto operator<=>(const Pattern&) const = default;

    bool matches(std::string_view path) const;
    /// True when some path that begins with `start` could match.
    bool canMatchBelow(std::string_view start) const;
    /// Offset of the first '+' or of the final '*'; the length when there is none.
    std::size_t firstWildcard() const { return wildcards.empty() ? text.size() : wildcards.front(); }
};

/// True when `path` holds "{{".
bool isTemplated(std::string_view path);
/// True when each "{{" has its "}}".
bool isBalancedTemplate(std::string_view path);

/// Fills in the templates of a balanced path. A value that is filled in is literal: '+' and '*' in it are no wildcards.
/// Empty if the resolver is empty or does not know an expression.
std::optional<Pattern> makePattern(std::string_view path, const TemplateResolver& resolve);

} // namespace core::policy
