#include "core/policy/hcl_scanner.h"

#include <algorithm>

namespace core::policy::hcl {
namespace {

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

bool isHexDigit(char c)
{
    return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Bytes of characters beyond ASCII count as letters, as in Go's scanner for most of them.
bool isLetter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (static_cast<unsigned char>(c) & 0x80) != 0;
}

bool isIdentifierPart(char c)
{
    return isLetter(c) || isDigit(c) || c == '-' || c == '.';
}

bool isBlank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool isContinuation(char c)
{
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

int digitValue(char c)
{
    if (isDigit(c)) return c - '0';
    return (c | 0x20) - 'a' + 10;
}

void appendUtf8(std::string& out, char32_t point)
{
    const auto put = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
    if (point < 0x80) {
        put(point);
    } else if (point < 0x800) {
        put(0xc0 | (point >> 6));
        put(0x80 | (point & 0x3f));
    } else if (point < 0x10000) {
        put(0xe0 | (point >> 12));
        put(0x80 | ((point >> 6) & 0x3f));
        put(0x80 | (point & 0x3f));
    } else {
        put(0xf0 | (point >> 18));
        put(0x80 | ((point >> 12) & 0x3f));
        put(0x80 | ((point >> 6) & 0x3f));
        put(0x80 | (point & 0x3f));
    }
}

bool isSurrogate(char32_t point)
{
    return point >= 0xd800 && point <= 0xdfff;
}

// Length of the valid UTF-8 sequence at the start of `text`, 0 where there is none (RFC 3629).
std::size_t sequenceLength(std::string_view text)
{
    const auto lead = static_cast<unsigned char>(text[0]);
    if (lead < 0x80) return 1;
    std::size_t length = 0;
    char32_t point = 0;
    char32_t least = 0;
    if ((lead & 0xe0) == 0xc0) {
        length = 2, point = lead & 0x1f, least = 0x80;
    } else if ((lead & 0xf0) == 0xe0) {
        length = 3, point = lead & 0x0f, least = 0x800;
    } else if ((lead & 0xf8) == 0xf0) {
        length = 4, point = lead & 0x07, least = 0x10000;
    } else {
        return 0;
    }
    if (text.size() < length) return 0;
    for (std::size_t at = 1; at < length; ++at) {
        if (!isContinuation(text[at])) return 0;
        point = (point << 6) | (static_cast<unsigned char>(text[at]) & 0x3f);
    }
    return point < least || point > 0x10ffff || isSurrogate(point) ? 0 : length;
}

} // namespace

std::string_view toString(TokenKind kind)
{
    switch (kind) {
    case TokenKind::End: return "EOF";
    case TokenKind::Identifier: return "IDENT";
    case TokenKind::String: return "STRING";
    case TokenKind::Number: return "NUMBER";
    case TokenKind::Boolean: return "BOOL";
    case TokenKind::Null: return "NULL";
    case TokenKind::Assign: return "ASSIGN";
    case TokenKind::Colon: return "COLON";
    case TokenKind::Comma: return "COMMA";
    case TokenKind::BraceOpen: return "LBRACE";
    case TokenKind::BraceClose: return "RBRACE";
    case TokenKind::BracketOpen: return "LBRACK";
    case TokenKind::BracketClose: return "RBRACK";
    }
    return "ILLEGAL";
}

Result<> checkText(std::string_view text)
{
    Position at;
    while (!text.empty()) {
        if (text[0] == '\0') return errorAt(at, "unexpected null character (0x00)");
        const auto length = sequenceLength(text);
        if (length == 0) return errorAt(at, "illegal UTF-8 encoding");
        if (text[0] == '\n') {
            at = Position{at.line + 1, 1};
        } else {
            ++at.column;
        }
        text.remove_prefix(length);
    }
    return {};
}

char Scanner::take()
{
    const char c = m_text[m_at++];
    if (c == '\n') {
        m_position = Position{m_position.line + 1, 1};
    } else if (!isContinuation(c)) {
        ++m_position.column;
    }
    return c;
}

Result<> Scanner::skipBlanks()
{
    while (!isAtEnd()) {
        const char c = peek();
        if (isBlank(c)) {
            take();
            continue;
        }
        if (m_dialect == Dialect::Json) return {};
        if (c == '#' || (c == '/' && peek(1) == '/')) {
            while (!isAtEnd() && peek() != '\n') take();
        } else if (c == '/' && peek(1) == '*') {
            const auto start = m_position;
            take(), take();
            while (!isAtEnd() && !(peek() == '*' && peek(1) == '/')) take();
            if (isAtEnd()) return errorAt(start, "comment not terminated");
            take(), take();
        } else {
            return {};
        }
    }
    return {};
}

Result<Token> Scanner::next()
{
    if (auto skipped = skipBlanks(); !skipped) return std::move(skipped).error();
    Token token{TokenKind::End, m_position, {}};
    if (isAtEnd()) return token;

    const auto single = [&](TokenKind kind) -> Result<Token> {
        take();
        token.kind = kind;
        return std::move(token);
    };
    const char c = peek();
    switch (c) {
    case '{': return single(TokenKind::BraceOpen);
    case '}': return single(TokenKind::BraceClose);
    case '[': return single(TokenKind::BracketOpen);
    case ']': return single(TokenKind::BracketClose);
    case ',': return single(TokenKind::Comma);
    case '"': return scanString(std::move(token));
    default: break;
    }
    if (c == '=' && m_dialect == Dialect::Hcl) return single(TokenKind::Assign);
    if (c == ':' && m_dialect == Dialect::Json) return single(TokenKind::Colon);
    if (c == '<' && m_dialect == Dialect::Hcl) return scanHeredoc(std::move(token));
    if (isDigit(c) || (c == '-' && isDigit(peek(1)))) return scanNumber(std::move(token));
    if (isLetter(c)) return scanWord(std::move(token));
    return errorAt(token.position, "illegal character");
}

Result<Token> Scanner::scanWord(Token token)
{
    while (!isAtEnd() && isIdentifierPart(peek())) token.text.push_back(take());
    token.kind = TokenKind::Identifier;
    if (token.text == "true" || token.text == "false") token.kind = TokenKind::Boolean;
    if (m_dialect == Dialect::Json && token.kind == TokenKind::Identifier) {
        if (token.text != "null") return errorAt(token.position, "illegal character");
        token.kind = TokenKind::Null;
    }
    return token;
}

Result<Token> Scanner::scanNumber(Token token)
{
    token.kind = TokenKind::Number;
    const auto takeDigits = [&](auto isPart) {
        const auto before = token.text.size();
        while (!isAtEnd() && isPart(peek())) token.text.push_back(take());
        return token.text.size() > before;
    };
    if (peek() == '-') token.text.push_back(take());
    if (m_dialect == Dialect::Hcl && peek() == '0' && (peek(1) == 'x' || peek(1) == 'X')) {
        token.text.push_back(take());
        token.text.push_back(take());
        if (!takeDigits(isHexDigit)) return errorAt(token.position, "illegal hexadecimal number");
    } else {
        const auto first = token.text.size();
        takeDigits(isDigit);
        if (const auto digits = std::string_view{token.text}.substr(first); digits.size() > 1 && digits[0] == '0') {
            const bool isOctal = digits.find_first_of("89") == std::string_view::npos;
            if (m_dialect == Dialect::Json || !isOctal) return errorAt(token.position, "illegal octal number");
        }
        if (peek() == '.') {
            token.text.push_back(take());
            if (!takeDigits(isDigit)) return errorAt(token.position, "illegal number");
        }
        if (peek() == 'e' || peek() == 'E') {
            token.text.push_back(take());
            if (peek() == '+' || peek() == '-') token.text.push_back(take());
            if (!takeDigits(isDigit)) return errorAt(token.position, "illegal number");
        }
    }
    if (!isAtEnd() && isIdentifierPart(peek())) return errorAt(token.position, "illegal number");
    return token;
}

Result<Token> Scanner::scanString(Token token)
{
    token.kind = TokenKind::String;
    take();
    while (true) {
        if (isAtEnd() || peek() == '\n') return errorAt(token.position, "literal not terminated");
        const char c = peek();
        if (c == '"') {
            take();
            return token;
        }
        if (c == '\\') {
            if (auto escaped = scanEscape(token.text); !escaped) return std::move(escaped).error();
        } else if (m_dialect == Dialect::Hcl && c == '$' && peek(1) == '{') {
            if (auto copied = scanInterpolation(token.text); !copied) return std::move(copied).error();
        } else if (m_dialect == Dialect::Json && static_cast<unsigned char>(c) < 0x20) {
            return errorAt(m_position, "illegal control character in a string");
        } else {
            token.text.push_back(take());
        }
    }
}

// "${ … }" is kept as written, quotes and newlines in it included; nothing here evaluates it.
Result<> Scanner::scanInterpolation(std::string& out)
{
    const auto start = m_position;
    out.push_back(take());
    std::size_t depth = 0;
    do {
        if (isAtEnd()) return errorAt(start, "expected terminating brace");
        const char c = take();
        if (c == '{') ++depth;
        if (c == '}') --depth;
        out.push_back(c);
    } while (depth > 0);
    return {};
}

Result<> Scanner::scanEscape(std::string& out)
{
    const auto start = m_position;
    take();
    if (isAtEnd()) return errorAt(start, "illegal char escape");
    const char c = peek();
    const bool isHcl = m_dialect == Dialect::Hcl;
    static constexpr std::string_view kBoth = "\"\"\\\\b\bf\fn\nr\rt\t";
    for (std::size_t at = 0; at < kBoth.size(); at += 2) {
        if (kBoth[at] != c) continue;
        take();
        out.push_back(kBoth[at + 1]);
        return {};
    }
    if ((isHcl && (c == 'a' || c == 'v')) || (!isHcl && c == '/')) {
        take();
        out.push_back(c == 'a' ? '\a' : c == 'v' ? '\v' : '/');
        return {};
    }

    const bool isOctal = isHcl && c >= '0' && c <= '7';
    const bool isByte = isOctal || (isHcl && c == 'x');
    if (!isByte && c != 'u' && !(isHcl && c == 'U')) return errorAt(start, "illegal char escape");
    if (!isOctal) take();
    auto point = isOctal ? scanDigits(3, 8) : scanDigits(c == 'x' ? 2 : c == 'u' ? 4 : 8, 16);
    if (!point) return std::move(point).error();
    if (isByte) {
        // A raw byte could break the text's encoding, which everything above relies on.
        if (*point == 0 || *point >= 0x80) return errorAt(start, "illegal char escape");
        out.push_back(static_cast<char>(*point));
        return {};
    }
    if (!isHcl && *point >= 0xd800 && *point < 0xdc00 && peek() == '\\' && peek(1) == 'u') {
        take(), take();
        auto low = scanDigits(4, 16);
        if (!low) return std::move(low).error();
        if (*low < 0xdc00 || *low > 0xdfff) return errorAt(start, "illegal char escape");
        *point = 0x10000 + ((*point - 0xd800) << 10) + (*low - 0xdc00);
    }
    if (*point == 0 || *point > 0x10ffff || isSurrogate(*point)) return errorAt(start, "illegal char escape");
    appendUtf8(out, *point);
    return {};
}

Result<char32_t> Scanner::scanDigits(int count, int base)
{
    char32_t value = 0;
    for (int at = 0; at < count; ++at) {
        const char c = peek();
        if (!isHexDigit(c) || digitValue(c) >= base) return errorAt(m_position, "illegal char escape");
        value = value * static_cast<char32_t>(base) + static_cast<char32_t>(digitValue(take()));
    }
    return value;
}

std::string_view Scanner::takeLine()
{
    const auto start = m_at;
    while (!isAtEnd() && peek() != '\n') take();
    const auto line = m_text.substr(start, m_at - start);
    if (!isAtEnd()) take();
    return line;
}

Result<Token> Scanner::scanHeredoc(Token token)
{
    token.kind = TokenKind::String;
    take();
    if (peek() != '<') return errorAt(token.position, "heredoc expected second '<', didn't see it");
    take();
    auto anchor = takeLine();
    if (!anchor.empty() && anchor.back() == '\r') anchor.remove_suffix(1);
    const bool isIndented = !anchor.empty() && anchor.front() == '-';
    if (isIndented) anchor.remove_prefix(1);
    if (anchor.empty()) return errorAt(token.position, "zero-length heredoc anchor");
    if (!std::ranges::all_of(anchor, [](char c) { return isLetter(c) || isDigit(c); })) {
        return errorAt(token.position, "invalid characters in heredoc anchor");
    }

    std::vector<std::string_view> lines;
    std::string_view indent;
    while (true) {
        if (isAtEnd()) return errorAt(token.position, "heredoc not terminated");
        const auto line = takeLine();
        const auto first = std::min(line.find_first_not_of(" \t"), line.size());
        auto rest = line.substr(first);
        if (!rest.empty() && rest.back() == '\r') rest.remove_suffix(1);
        if (rest == anchor) {
            indent = line.substr(0, first);
            break;
        }
        lines.push_back(line);
    }
    const bool isTrimmed = isIndented && std::ranges::all_of(lines, [&](auto line) { return line.starts_with(indent); });
    for (auto line : lines) token.text.append(isTrimmed ? line.substr(indent.size()) : line).push_back('\n');
    return token;
}

} // namespace core::policy::hcl
