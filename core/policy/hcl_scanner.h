#pragma once

#include "core/policy/hcl.h"

namespace core::policy::hcl {

enum class TokenKind {
    End,
    Identifier,
    String,
    Number,
    Boolean,
    Null,
    Assign,
    Colon,
    Comma,
    BraceOpen,
    BraceClose,
    BracketOpen,
    BracketClose,
};

/// The name of a kind in error messages.
std::string_view toString(TokenKind kind);

struct Token {
    TokenKind kind = TokenKind::End;
    Position position;
    std::string text; // identifiers as written, strings and heredocs decoded, numbers as written
};

/// Cuts a document into tokens. The text must outlive the scanner, be UTF-8 and hold no zero byte (see checkText()).
class Scanner {
public:
    enum class Dialect { Hcl, Json };

    Scanner(std::string_view text, Dialect dialect) : m_text{text}, m_dialect{dialect} {}

    /// The next token; after the last one always End. Errors: InvalidArgument.
    Result<Token> next();

private:
    bool isAtEnd() const { return m_at >= m_text.size(); }
    char peek(std::size_t ahead = 0) const { return m_at + ahead < m_text.size() ? m_text[m_at + ahead] : '\0'; }
    char take();
    Result<> skipBlanks();
    Result<Token> scanWord(Token token);
    Result<Token> scanNumber(Token token);
    Result<Token> scanString(Token token);
    Result<Token> scanHeredoc(Token token);
    Result<> scanEscape(std::string& out);
    Result<> scanInterpolation(std::string& out);
    Result<char32_t> scanDigits(int count, int base);
    std::string_view takeLine();

    std::string_view m_text;
    Dialect m_dialect;
    std::size_t m_at = 0;
    Position m_position;
};

/// Errors: InvalidArgument (not UTF-8, or a zero byte), naming the place.
Result<> checkText(std::string_view text);

} // namespace core::policy::hcl
