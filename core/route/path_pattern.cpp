#include "core/route/path_pattern.h"

#include "core/base/assert.h"

#include <algorithm>
#include <set>

namespace core::route {
namespace {

bool isWord(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Vault's regular expressions \w(([\w-.]+)?\w)? and the same with '@' inside.
bool isGenericName(std::string_view name, bool takesAt)
{
    if (name.empty() || !isWord(name.front()) || !isWord(name.back())) return false;
    return std::ranges::all_of(name, [&](char c) { return isWord(c) || c == '-' || c == '.' || (takesAt && c == '@'); });
}

} // namespace

void Captures::add(std::string_view name, std::string_view value)
{
    CORE_ASSERT(m_count < kPartsMax); // PathPattern::fault() refuses such a pattern
    m_parts[m_count++] = {name, value};
}

std::string_view Captures::value(std::string_view name) const
{
    for (std::size_t index = 0; index < m_count; ++index) {
        if (m_parts[index].first == name) return m_parts[index].second;
    }
    return {};
}

PathPattern::PathPattern(std::string text) : m_text{std::move(text)}
{
    std::string_view rest = m_text == "/" ? std::string_view{} : std::string_view{m_text};
    while (true) {
        const auto slash = rest.find('/');
        m_segments.push_back(segmentOf(rest.substr(0, slash)));
        if (slash == std::string_view::npos) return;
        rest.remove_prefix(slash + 1);
    }
}

PathPattern::Segment PathPattern::segmentOf(std::string_view text)
{
    if (text.starts_with(':')) return {Kind::Segment, std::string{text.substr(1)}};
    if (text.starts_with('*')) return {Kind::Rest, std::string{text.substr(1)}};
    if (text.starts_with('<') && text.ends_with("@>")) return {Kind::NameWithAt, std::string{text.substr(1, text.size() - 3)}};
    if (text.starts_with('<') && text.ends_with('>')) return {Kind::Name, std::string{text.substr(1, text.size() - 2)}};
    return {Kind::Literal, std::string{text}};
}

std::string PathPattern::fault() const
{
    std::set<std::string_view> names;
    for (const auto& segment : m_segments) {
        if (segment.kind == Kind::Literal) continue;
        if (segment.text.empty()) return "a variable part of it has no name";
        if (!names.insert(segment.text).second) return "two parts of it are called " + segment.text;
    }
    if (names.size() > Captures::kPartsMax) return "it has more than " + std::to_string(Captures::kPartsMax) + " variable parts";
    return {};
}

std::string_view PathPattern::firstLiteral() const
{
    const auto& first = m_segments.front();
    return first.kind == Kind::Literal ? std::string_view{first.text} : std::string_view{};
}

bool PathPattern::fits(const Segment& segment, std::string_view part)
{
    switch (segment.kind) {
    case Kind::Literal: return segment.text == part;
    case Kind::Segment: return !part.empty();
    case Kind::Name: return isGenericName(part, false);
    case Kind::NameWithAt: return isGenericName(part, true);
    case Kind::Rest: break;
    }
    return false;
}

bool PathPattern::matches(std::string_view path, Captures& captures) const
{
    captures.truncate(0);
    return matchesFrom(0, path, captures);
}

bool PathPattern::matchesFrom(std::size_t index, std::string_view path, Captures& captures) const
{
    const auto& segment = m_segments[index];
    const bool isLast = index + 1 == m_segments.size();
    const auto capturedBefore = captures.count();
    if (segment.kind == Kind::Rest) {
        if (isLast) {
            if (path.empty()) return false;
            captures.add(segment.text, path);
            return true;
        }
        // As many segments as fit: the last slash first.
        for (auto slash = path.rfind('/'); slash != std::string_view::npos && slash > 0; slash = path.rfind('/', slash - 1)) {
            captures.truncate(capturedBefore);
            captures.add(segment.text, path.substr(0, slash));
            if (matchesFrom(index + 1, path.substr(slash + 1), captures)) return true;
        }
        captures.truncate(capturedBefore);
        return false;
    }
    const auto slash = path.find('/');
    if (isLast != (slash == std::string_view::npos)) return false;
    const auto part = path.substr(0, slash);
    if (!fits(segment, part)) return false;
    if (segment.kind != Kind::Literal) captures.add(segment.text, part);
    return isLast || matchesFrom(index + 1, path.substr(slash + 1), captures);
}

bool PathPattern::covers(const PathPattern& other) const
{
    return coversFrom(*this, 0, other, 0);
}

bool PathPattern::coversFrom(const PathPattern& wide, std::size_t wideIndex, const PathPattern& narrow, std::size_t narrowIndex)
{
    const auto wideLeft = wide.m_segments.size() - wideIndex;
    const auto narrowLeft = narrow.m_segments.size() - narrowIndex;
    if (wideLeft == 0 || narrowLeft == 0) return wideLeft == narrowLeft;
    const auto& first = wide.m_segments[wideIndex];
    const auto& other = narrow.m_segments[narrowIndex];
    if (first.kind == Kind::Rest) {
        const bool isNothing = other.kind == Kind::Literal && other.text.empty(); // "folder/": there is no rest to take
        for (auto count = narrowLeft; count > (isNothing ? 1 : 0); --count) {
            if (coversFrom(wide, wideIndex + 1, narrow, narrowIndex + count)) return true;
        }
        return false;
    }
    if (other.kind == Kind::Rest) return false;
    const auto isFirstCovering = [&] {
        switch (first.kind) {
        case Kind::Literal: return other.kind == Kind::Literal && first.text == other.text;
        case Kind::Segment: return other.kind != Kind::Literal || !other.text.empty();
        case Kind::Name: return other.kind == Kind::Name || (other.kind == Kind::Literal && isGenericName(other.text, false));
        case Kind::NameWithAt:
            return other.kind == Kind::Name || other.kind == Kind::NameWithAt || (other.kind == Kind::Literal && isGenericName(other.text, true));
        case Kind::Rest: break;
        }
        return false;
    };
    return isFirstCovering() && coversFrom(wide, wideIndex + 1, narrow, narrowIndex + 1);
}

std::string PathPattern::pathSetText() const
{
    std::string text;
    for (const auto& segment : m_segments) {
        if (!text.empty()) text.push_back('/');
        if (segment.kind == Kind::Rest) return text + '*';
        text += segment.kind == Kind::Literal ? segment.text : "+";
    }
    return text;
}

} // namespace core::route
