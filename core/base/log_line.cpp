#include "core/base/log_line.h"

#include "core/base/clock.h"
#include "core/base/log_levels.h"

#include <algorithm>

namespace core::logging {
namespace {

void appendJsonText(std::string& out, std::string_view text)
{
    out.push_back('"');
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out.push_back('\\');
            out.push_back(c);
        } else if (static_cast<unsigned char>(c) < 0x20) {
            constexpr std::string_view digits = "0123456789abcdef";
            out.append("\\u00");
            out.push_back(digits[static_cast<unsigned char>(c) >> 4]);
            out.push_back(digits[static_cast<unsigned char>(c) & 15]);
        } else {
            out.push_back(c);
        }
    }
    out.push_back('"');
}

/// A field from a peer or a client must not start a second line.
void appendPlain(std::string& out, std::string_view text)
{
    for (const char c : text) out.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
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
    appendPlain(line, area);
    line.append(": ");
    appendPlain(line, message);
    for (const auto& [key, value] : fields) {
        line.append(" ").append(key).append("=");
        const bool isQuoted = value.empty() || value.find(' ') != std::string::npos;
        if (isQuoted) line.push_back('"');
        appendPlain(line, value);
        if (isQuoted) line.push_back('"');
    }
    return line;
}

} // namespace core::logging
