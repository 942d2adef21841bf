#include "core/mount/path_set.h"

#include <algorithm>

namespace core::mount {
namespace {

/// Compares segment by segment. A '*' at the end of the pattern matches the rest.
bool matchesSegments(std::string_view pattern, std::string_view path)
{
    while (true) {
        if (pattern == "*") return true;
        const auto patternEnd = pattern.find('/');
        const auto pathEnd = path.find('/');
        const auto wanted = pattern.substr(0, patternEnd);
        const auto given = path.substr(0, pathEnd);
        if (patternEnd == std::string_view::npos && wanted.ends_with('*')) {
            return path.starts_with(wanted.substr(0, wanted.size() - 1));
        }
        if (wanted == "+" ? given.empty() : wanted != given) return false;
        if (patternEnd == std::string_view::npos || pathEnd == std::string_view::npos) return patternEnd == pathEnd;
        pattern.remove_prefix(patternEnd + 1);
        path.remove_prefix(pathEnd + 1);
    }
}

} // namespace

PathSet::PathSet(const std::vector<std::string>& patterns)
{
    for (const auto& pattern : patterns) {
        if (pattern.find('+') != std::string::npos) {
            m_segmented.push_back(pattern);
        } else if (pattern.ends_with('*')) {
            m_prefixes.push_back(pattern.substr(0, pattern.size() - 1));
        } else {
            m_exact.push_back(pattern);
        }
    }
    std::sort(m_exact.begin(), m_exact.end());
}

bool PathSet::contains(std::string_view relativePath) const
{
    if (std::binary_search(m_exact.begin(), m_exact.end(), relativePath, std::less<>{})) return true;
    for (const auto& prefix : m_prefixes) {
        if (relativePath.starts_with(prefix)) return true;
    }
    for (const auto& pattern : m_segmented) {
        if (matchesSegments(pattern, relativePath)) return true;
    }
    return false;
}

} // namespace core::mount
