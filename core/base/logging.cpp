#include "core/base/logging.h"

#include "core/base/clock.h"
#include "core/base/log_file.h"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <unistd.h>
#include <vector>

namespace core::logging {
namespace {

std::atomic<Format> s_format{Format::Standard};

spdlog::level::level_enum toSpdlog(Level level)
{
    switch (level) {
    case Level::Trace: return spdlog::level::trace;
    case Level::Debug: return spdlog::level::debug;
    case Level::Info: return spdlog::level::info;
    case Level::Warn: return spdlog::level::warn;
    case Level::Error: return spdlog::level::err;
    case Level::Off: return spdlog::level::off;
    }
    return spdlog::level::info;
}

std::shared_ptr<spdlog::logger> makeDefault()
{
    auto logger = std::make_shared<spdlog::logger>("holdfast", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
    logger->set_level(spdlog::level::warn);
    logger->set_pattern("%v");
    return logger;
}

std::shared_ptr<spdlog::logger>& logger()
{
    static std::shared_ptr<spdlog::logger> instance = makeDefault();
    return instance;
}

std::string_view levelName(Level level)
{
    switch (level) {
    case Level::Trace: return "trace";
    case Level::Debug: return "debug";
    case Level::Info: return "info";
    case Level::Warn: return "warn";
    case Level::Error: return "error";
    case Level::Off: return "off";
    }
    return "info";
}

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

/// A log line stays one line, whatever a peer or a client put into a field.
void appendPlain(std::string& out, std::string_view text)
{
    for (const char c : text) out.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
}

/// The lines in a file that rotates.
class FileSink final : public spdlog::sinks::base_sink<std::mutex> {
public:
    explicit FileSink(LogFile file) : m_file{std::move(file)} {}
    void reopen()
    {
        const std::lock_guard lock{mutex_};
        m_file.reopen();
    }

protected:
    void sink_it_(const spdlog::details::log_msg& message) override
    {
        m_file.append({message.payload.data(), message.payload.size()}, std::chrono::system_clock::now());
    }
    void flush_() override {}

private:
    LogFile m_file;
};

std::shared_ptr<FileSink> s_fileSink; // set before threads start

void use(std::vector<spdlog::sink_ptr> sinks, const Options& options)
{
    auto made = std::make_shared<spdlog::logger>("holdfast", sinks.begin(), sinks.end());
    made->set_level(toSpdlog(options.level));
    made->set_pattern("%v");
    made->flush_on(spdlog::level::trace);
    s_format = options.format;
    logger() = std::move(made);
}

} // namespace

Level levelFromText(std::string_view text)
{
    std::string lower{text};
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    for (const auto level : {Level::Trace, Level::Debug, Level::Info, Level::Warn, Level::Error, Level::Off}) {
        if (lower == levelName(level)) return level;
    }
    return lower == "err" ? Level::Error : Level::Info;
}

void configure(const Options& options)
{
    spdlog::sink_ptr sink;
    if (options.file.empty()) {
        sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
    } else {
        sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file);
    }
    use({std::move(sink)}, options);
}

Result<> configure(const Options& options, const FileOptions& file, bool isOnStandardOutput)
{
    std::vector<spdlog::sink_ptr> sinks;
    if (isOnStandardOutput) {
        sinks.push_back(std::make_shared<spdlog::sinks::stdout_color_sink_mt>());
    } else {
        sinks.push_back(std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
    }
    if (!file.path.empty()) {
        auto opened = LogFile::open(file, std::chrono::system_clock::now());
        if (!opened) return std::move(opened).error();
        s_fileSink = std::make_shared<FileSink>(*std::move(opened));
        sinks.push_back(s_fileSink);
    }
    use(std::move(sinks), options);
    return {};
}

void reopenFile()
{
    if (s_fileSink) s_fileSink->reopen();
}

namespace {

void writeLine(Level level, std::string_view area, std::string_view message, Fields fields)
{
    auto& target = *logger();
    if (!target.should_log(toSpdlog(level))) return;
    const auto time = toRfc3339(SystemClock{}.now());
    std::string line;
    if (s_format == Format::Json) {
        line.append("{\"@level\":");
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
    } else {
        std::string name{levelName(level)};
        std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
        line.append(time).append(" [").append(name).append("] ");
        line.append(name.size() < 5 ? " " : "");
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
    }
    target.log(toSpdlog(level), spdlog::string_view_t{line});
}

/// Puts a line together on the stack and hands it to standard error.
class StackLine {
public:
    void append(std::string_view text)
    {
        for (const char c : text.substr(0, m_text.size() - 1 - m_bytes)) m_text[m_bytes++] = static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    void print()
    {
        m_text[m_bytes++] = '\n';
        [[maybe_unused]] const auto written = ::write(STDERR_FILENO, m_text.data(), m_bytes);
    }

private:
    std::array<char, 512> m_text{};
    std::size_t m_bytes = 0;
};

} // namespace

void write(Level level, std::string_view area, std::string_view message, Fields fields) noexcept
{
    try {
        writeLine(level, area, message, fields);
    } catch (...) {
        if (level >= Level::Warn) failure(area, message, "(no memory for the details)");
    }
}

void failure(std::string_view area, std::string_view message, std::string_view detail) noexcept
{
    StackLine line;
    for (const auto part : {std::string_view{"[ERROR] "}, area, std::string_view{": "}, message, std::string_view{" error="}, detail}) line.append(part);
    line.print();
}

} // namespace core::logging
