#include "core/base/name.h"

#include "core/base/encoding.h"

namespace core {
namespace {

/// U+0000 to U+001F, U+007F, U+0080 to U+009F, and the separators of lines and paragraphs U+2028 and U+2029. The text is UTF-8.
bool hasControlCharacter(std::string_view text)
{
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto byte = static_cast<unsigned char>(text[at]);
        if (byte < 0x20 || byte == 0x7f) return true;
        const auto rest = text.substr(at);
        if (byte == 0xc2 && rest.size() > 1 && static_cast<unsigned char>(rest[1]) < 0xa0) return true;
        if (rest.starts_with("\xe2\x80\xa8") || rest.starts_with("\xe2\x80\xa9")) return true;
    }
    return false;
}

bool hasDotSegment(std::string_view name)
{
    while (true) {
        const auto end = name.find('/');
        const auto segment = name.substr(0, end);
        if (segment == "." || segment == "..") return true;
        if (end == std::string_view::npos) return false;
        name.remove_prefix(end + 1);
    }
}

} // namespace

std::string nameRefusal(std::string_view what, std::string_view name)
{
    const std::string subject{what};
    if (name.empty()) return subject + " must not be empty";
    if (name.size() > kNameBytesMax) {
        return subject + " has " + std::to_string(name.size()) + " bytes; at most " + std::to_string(kNameBytesMax) + " are possible";
    }
    if (!isUtf8(name)) return subject + " must be valid UTF-8";
    if (hasControlCharacter(name)) return subject + " must not hold control characters";
    if (name.front() == ' ' || name.back() == ' ') return subject + " must not begin or end with a blank";
    if (hasDotSegment(name)) return subject + " must not have a segment \".\" or \"..\"";
    return {};
}

} // namespace core
