#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace core::mount {

/// The special paths of a backend: exact ones, ones that end in '*' (anything can follow), and ones with '+' segments (any one segment). Immutable.
class PathSet {
public:
    PathSet() = default;
    explicit PathSet(const std::vector<std::string>& patterns);
    bool contains(std::string_view relativePath) const;

private:
    std::vector<std::string> m_exact; // sorted
    std::vector<std::string> m_prefixes;
    std::vector<std::string> m_segmented;
};

} // namespace core::mount
