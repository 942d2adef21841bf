#include "core/policy/pattern.h"

#include "core/base/ascii.h"

#include <algorithm>

namespace core::policy {
namespace {

constexpr std::string_view kOpen = "{{";
constexpr std::string_view kClose = "}}";

} // namespace

bool Pattern::matches(std::string_view path) const
{
    std::size_t at = 0;
    std::size_t from = 0;
    for (const auto wildcard : wildcards) {
        const auto literal = std::string_view{text}.substr(from, wildcard - from);
        if (path.substr(at, literal.size()) != literal) return false;
        at = std::min(path.find('/', at + literal.size()), path.size());
        from = wildcard + 1;
    }
    const auto literal = std::string_view{text}.substr(from);
    const auto rest = path.substr(at);
    return isPrefix ? rest.starts_with(literal) : rest == literal;
}

bool Pattern::canMatchBelow(std::string_view start) const
{
    std::size_t at = 0;
    std::size_t nextWildcard = 0;
    for (std::size_t from = 0; from < text.size(); ++from) {
        if (at >= start.size()) return true;
        if (nextWildcard < wildcards.size() && wildcards[nextWildcard] == from) {
            at = std::min(start.find('/', at), start.size());
            ++nextWildcard;
        } else if (start[at++] != text[from]) {
            return false;
        }
    }
    return isPrefix || at >= start.size();
}

bool isTemplated(std::string_view path)
{
    return path.find(kOpen) != std::string_view::npos;
}

bool isBalancedTemplate(std::string_view path)
{
    while (true) {
        const auto open = path.find(kOpen);
        if (path.substr(0, open).find(kClose) != std::string_view::npos) return false;
        if (open == std::string_view::npos) return true;
        path.remove_prefix(open + kOpen.size());
        const auto close = path.find(kClose);
        if (close == std::string_view::npos || path.substr(0, close).find(kOpen) != std::string_view::npos) return false;
        path.remove_prefix(close + kClose.size());
    }
}

std::optional<Pattern> makePattern(std::string_view path, const TemplateResolver& resolve)
{
    Pattern pattern;
    if (path.ends_with('*')) {
        pattern.isPrefix = true;
        path.remove_suffix(1);
    }
    for (std::size_t at = 0; at < path.size();) {
        if (path.substr(at).starts_with(kOpen)) {
            const auto close = path.find(kClose, at);
            if (close == std::string_view::npos || !resolve) return std::nullopt;
            const auto begin = at + kOpen.size();
            const auto value = resolve(trimmed(path.substr(begin, close - begin), " \t"));
            if (!value || value->empty()) return std::nullopt;
            pattern.text += *value;
            at = close + kClose.size();
            continue;
        }
        const bool isSegment =
            path[at] == '+' && (at == 0 || path[at - 1] == '/') && (at + 1 == path.size() ? !pattern.isPrefix : path[at + 1] == '/');
        if (isSegment) pattern.wildcards.push_back(pattern.text.size());
        pattern.text.push_back(path[at++]);
    }
    return pattern;
}

} // namespace core::policy
