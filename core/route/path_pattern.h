#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace core::route {

/// The parts of a path that the variable segments of a pattern matched. Names point into the pattern, values into the path.
class Captures {
public:
    static constexpr std::size_t kPartsMax = 4;

    void add(std::string_view name, std::string_view value);
    /// Empty where the pattern has no such part.
    std::string_view value(std::string_view name) const;
    std::size_t count() const { return m_count; }
    std::string_view nameAt(std::size_t index) const { return m_parts[index].first; }
    void truncate(std::size_t count) { m_count = count; }

private:
    std::array<std::pair<std::string_view, std::string_view>, kPartsMax> m_parts;
    std::size_t m_count = 0;
};

/// The form of a path below a mount. Segments, divided by '/', are literal, `:name` (any one segment that is not empty), `<name>` (a
/// generic name of Vault's: letters, digits and '_', inside also '-' and '.'), `<name@>` (with '@' inside as well), or `*name` (one
/// segment or more, as many as fit). The pattern "/" is the root of the mount, whose path is empty. Immutable.
class PathPattern {
public:
    explicit PathPattern(std::string text);

    const std::string& text() const { return m_text; }
    /// The literal first segment, or empty when the first segment is variable.
    std::string_view firstLiteral() const;

    /// Fills `captures` when it answers true. Allocates nothing.
    bool matches(std::string_view path, Captures& captures) const;
    /// Whether every path that matches `other` matches this one too. Generic names count as equal to any segment of `other`
    /// that is a generic name.
    bool covers(const PathPattern& other) const;
    /// For mount::PathSet: '+' for one segment, '*' for the rest.
    std::string pathSetText() const;
    /// What is wrong with the text, or empty: more variable segments than a Captures holds, a name that is empty or used twice.
    std::string fault() const;

private:
    enum class Kind { Literal, Segment, Name, NameWithAt, Rest };
    struct Segment {
        Kind kind;
        std::string text; // of a literal, or the name of the part
    };
    static Segment segmentOf(std::string_view text);
    static bool fits(const Segment& segment, std::string_view part);
    bool matchesFrom(std::size_t index, std::string_view path, Captures& captures) const;
    static bool coversFrom(const PathPattern& wide, std::size_t wideIndex, const PathPattern& narrow, std::size_t narrowIndex);

    std::string m_text;
    std::vector<Segment> m_segments;
};

} // namespace core::route
