#include "core/base/log_line.h"

#include "core/base/clock.h"
#include "core/base/encoding.h"
#include "core/base/go_text.h"
#include "core/base/log_levels.h"

#include <algorithm>

namespace core::logging {
namespace {

/// The length of the first character in bytes; 0: it is no UTF-8, or a control or a line end beyond ASCII, which a terminal or a reader of
/// lines would obey.
std::size_t plainCharacterBytes(std::string_view text)
{
    const auto lead = static_cast<unsigned char>(text.front());
    if (lead < 0x80) return lead < 0x20 || lead == 0x7f ? 0 : 1;
    const std::size_t count = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    const auto character = text.substr(0, count);
    if (!isUtf8(character)) return 0;
    const bool isControl = count == 2 && lead == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;
    return isControl || character == "\u2028" || character == "\u2029" ? 0 : count;
}

void appendJsonText(std::string& out, std::string_view text)
{
    out.push_back('"');
    while (!text.empty()) {
        const auto count = plainCharacterBytes(text);
        const auto c = static_cast<unsigned char>(text.front());
        if (count == 0 && c < 0x80) {
            constexpr std::string_view digits = "0123456789abcdef";
            out.append("\\u00").append({digits[c >> 4], digits[c & 15]});
        } else if (count == 0) {
            out.append("\ufffd");
        } else {
            if (c == '"' || c == '\\') out.push_back('\\');
            out.append(text.substr(0, count));
        }
        text.remove_prefix(std::max<std::size_t>(1, count));
    }
    out.push_back('"');
}

/// A message must not start a second line.
void appendMessage(std::string& out, std::string_view text)
{
    while (!text.empty()) {
        const auto count = plainCharacterBytes(text);
        out.append(count == 0 ? std::string_view{" "} : text.substr(0, count));
        text.remove_prefix(std::max<std::size_t>(1, count));
    }
}

/// In quotes if a reader could not see without them where the value ends.
void appendValue(std::string& out, std::string_view value)
{
    if (value.find_first_of(" \"\\=") == std::string_view::npos && isGoPrintable(value)) out.append(value);
    else out.append(goQuoted(value));
}

std::string jsonLine(Level level, std::string_view area, std::string_view message, Fields fields, std::string_view time)
{
    std::string line{"{\"@level\":"};
    appendJsonText(line, levelName(level));
    line.append(",\"@message\":");
    appendJsonText(line, message);
    line.append(",\"@module\":");
    appendJsonText(line, area);
    line.append(",\"@timestamp\":");
    appendJsonText(line, time);
    for (const auto& [key, value] : fields) {
        if (value.empty()) continue;
        line.push_back(',');
        appendJsonText(line, key);
        line.push_back(':');
        appendJsonText(line, value);
    }
    line.push_back('}');
    return line;
}

} // namespace

std::string lineOf(Format format, Level level, std::string_view area, std::string_view message, Fields fields)
{
    const auto time = toRfc3339(SystemClock{}.now());
    if (format == Format::Json) return jsonLine(level, area, message, fields, time);
    std::string name{levelName(level)};
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    std::string line = time;
    line.append(" [").append(name).append("] ").append(name.size() < 5 ? " " : "");
    appendMessage(line, area);
    line.append(": ");
    appendMessage(line, message);
    for (const auto& [key, value] : fields) {
        if (value.empty()) continue;
        line.append(" ").append(key).append("=");
        appendValue(line, value);
    }
    return line;
}

} // namespace core::logging
