#include "app/holdfast/text/policy_format.h"

#include "app/holdfast/text/context.h"

#include <algorithm>
#include <vector>

namespace cli {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

struct Line {
    std::size_t depth = 0;
    std::string text;       // without indent
    std::size_t equals = 0; // position of an assignment's '=' in `text`; 0: none
    bool isVerbatim = false;
};

Error atLine(std::size_t number, std::string_view what)
{
    return Error{ErrorCode::InvalidArgument, "At line " + std::to_string(number) + ": " + std::string{what}};
}

/// Reads one line of HCL, character by character, and normalises the blanks between its words.
class LineReader {
public:
    bool isInComment = false;

    /// Errors: InvalidArgument (an unclosed string).
    Result<Line> read(std::string_view raw, std::size_t number)
    {
        Line out;
        m_opened = m_closed = 0;
        m_startsWithClose = false;
        for (std::size_t at = 0; at < raw.size();) {
            const char c = raw[at];
            if (isInComment) {
                const auto end = raw.find("*/", at);
                const auto stop = end == std::string_view::npos ? raw.size() : end + 2;
                out.text.append(raw.substr(at, stop - at));
                isInComment = end == std::string_view::npos;
                at = stop;
            } else if (c == '"') {
                auto end = at + 1;
                while (end < raw.size() && raw[end] != '"') end += raw[end] == '\\' ? 2 : 1;
                if (end >= raw.size()) return atLine(number, "literal not terminated");
                addWord(out, raw.substr(at, end + 1 - at));
                at = end + 1;
            } else if (c == '#' || raw.substr(at, 2) == "//") {
                addWord(out, trimmed(raw.substr(at)));
                at = raw.size();
            } else if (raw.substr(at, 2) == "/*") {
                if (!out.text.empty()) out.text += ' ';
                isInComment = true;
            } else if (c == ' ' || c == '\t') {
                ++at;
            } else if (std::string_view{"={}[],"}.find(c) != std::string_view::npos) {
                addSign(out, c);
                ++at;
            } else {
                const auto end = std::min(raw.find_first_of(" \t={}[],\"#", at), raw.size());
                addWord(out, raw.substr(at, end - at));
                at = end;
            }
        }
        return out;
    }

    std::size_t opened() const { return m_opened; }
    std::size_t closed() const { return m_closed; }
    bool startsWithClose() const { return m_startsWithClose; }

private:
    static void addWord(Line& line, std::string_view word)
    {
        if (!line.text.empty() && line.text.back() != '[') line.text += ' ';
        line.text += word;
    }
    void addSign(Line& line, char sign)
    {
        if (sign == '}' || sign == ']') {
            m_startsWithClose = m_startsWithClose || line.text.empty();
            if (m_opened > 0) {
                --m_opened;
            } else {
                ++m_closed;
            }
        }
        if (sign == '{' || sign == '[') ++m_opened;
        if (sign == '=' && line.equals == 0) line.equals = line.text.size() + 1;
        const bool isTight = sign == ',' || (sign == ']' && !line.text.empty() && line.text.back() != '}') || line.text.empty() ||
                             (sign == '}' && line.text.back() == '{') || (sign == '[' && line.text.back() == '[');
        line.text.append(isTight ? "" : " ").append(1, sign);
    }

    std::size_t m_opened = 0;
    std::size_t m_closed = 0;
    bool m_startsWithClose = false;
};

/// Where to break a line, so that a block of several lines has its braces at the ends of lines: after an opening brace that is not closed
/// on this line, and around a closing brace whose partner is on an earlier line.
std::vector<std::size_t> cutsOf(std::string_view raw)
{
    std::vector<std::size_t> cuts;
    std::vector<std::size_t> open;
    for (std::size_t at = 0; at < raw.size(); ++at) {
        const char c = raw[at];
        if (c == '#' || raw.substr(at, 2) == "//" || raw.substr(at, 2) == "/*") break;
        if (c == '"') {
            for (++at; at < raw.size() && raw[at] != '"'; ++at) at += raw[at] == '\\' ? 1 : 0;
        } else if (c == '{') {
            open.push_back(at + 1);
        } else if (c == '}' && !open.empty()) {
            open.pop_back();
        } else if (c == '}') {
            cuts.push_back(at);
            cuts.push_back(at + 1);
        }
    }
    cuts.insert(cuts.end(), open.begin(), open.end());
    std::ranges::sort(cuts);
    return cuts;
}

/// Splits the line into lines. A comment stays with the text before it.
std::vector<std::string_view> piecesOf(std::string_view raw)
{
    std::vector<std::string_view> pieces;
    std::size_t begin = 0;
    for (const auto cut : cutsOf(raw)) {
        const auto rest = trimmed(raw.substr(cut));
        if (rest.empty() || rest.starts_with('#') || rest.starts_with("//") || rest.starts_with("/*")) break;
        if (const auto piece = trimmed(raw.substr(begin, cut - begin)); !piece.empty()) pieces.push_back(piece);
        begin = cut;
    }
    if (const auto last = trimmed(raw.substr(begin)); !last.empty() || pieces.empty()) pieces.push_back(last);
    return pieces;
}

/// The word that ends a heredoc begun on this line; empty for none.
std::string heredocEnd(std::string_view line)
{
    const auto mark = line.find("<<");
    if (mark == std::string_view::npos || line.substr(0, mark).find_first_of("\"#") != std::string_view::npos) return {};
    auto word = trimmed(line.substr(mark + 2));
    if (word.starts_with('-')) word.remove_prefix(1);
    return std::string{word};
}

/// Aligns the '=' of assignments on neighbouring lines of the same depth.
void alignAssignments(std::vector<Line>& lines)
{
    for (std::size_t first = 0; first < lines.size();) {
        auto last = first;
        std::size_t column = 0;
        while (last < lines.size() && lines[last].equals != 0 && lines[last].depth == lines[first].depth) {
            column = std::max(column, lines[last++].equals);
        }
        for (auto at = first; at < last; ++at) lines[at].text.insert(lines[at].equals - 1, column - lines[at].equals, ' ');
        first = std::max(last, first + 1);
    }
}

} // namespace

Result<std::string> formatPolicyText(std::string_view text)
{
    std::vector<Line> lines;
    LineReader reader;
    std::size_t depth = 0;
    std::string heredoc;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const auto end = std::min(text.find('\n'), text.size());
        auto raw = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (raw.ends_with('\r')) raw.remove_suffix(1);
        if (!heredoc.empty()) {
            lines.push_back({0, std::string{raw}, 0, true});
            if (trimmed(raw) == heredoc) heredoc.clear();
            continue;
        }
        heredoc = reader.isInComment ? std::string{} : heredocEnd(raw);
        for (const auto piece : reader.isInComment || !heredoc.empty() ? std::vector{trimmed(raw)} : piecesOf(raw)) {
            auto line = reader.read(piece, number);
            if (!line) return std::move(line).error();
            if (reader.closed() > depth) return atLine(number, "a closing bracket has no opening one");
            depth -= reader.closed();
            line->depth = depth + (reader.closed() > 0 && !reader.startsWithClose() ? reader.closed() : 0);
            depth += reader.opened();
            const bool isSecondBlank = line->text.empty() && (lines.empty() || lines.back().text.empty());
            if (!isSecondBlank) lines.push_back(std::move(*line));
        }
    }
    if (depth > 0 || reader.isInComment || !heredoc.empty())
        return Error{ErrorCode::InvalidArgument, "the end of a bracket, comment or heredoc is missing"};
    while (!lines.empty() && lines.back().text.empty()) lines.pop_back();
    alignAssignments(lines);
    std::string out;
    for (const auto& line : lines) {
        if (!line.text.empty() && !line.isVerbatim) out.append(line.depth * 2, ' ');
        out.append(line.text).append("\n");
    }
    return out;
}

} // namespace cli
