#include "core/base/logging.h"

#include "core/base/log_file.h"
#include "core/base/log_levels.h"
#include "core/base/log_line.h"
#include "core/base/log_listener.h"

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
    logger->set_level(spdlog::level::trace);
    logger->set_pattern("%v");
    return logger;
}

std::shared_ptr<spdlog::logger>& logger()
{
    static std::shared_ptr<spdlog::logger> instance = makeDefault();
    return instance;
}

/// Writes lines to a file that rotates.
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
    made->set_level(spdlog::level::trace); // writeLine() leaves out unwanted levels
    setConfiguredLevel(options.level);
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
    if (isWritten(area, level)) logger()->log(toSpdlog(level), spdlog::string_view_t{lineOf(s_format, level, area, message, fields)});
    if (isAnyListening(level)) tellListeners(level, [&](Format format) { return lineOf(format, level, area, message, fields); });
}

/// Builds a line on the stack and writes it to standard error.
class StackLine {
public:
    void append(std::string_view text)
    {
        for (const char c : text) append(c);
    }
    /// With room for the closing quote, also where the text is cut.
    void appendQuoted(std::string_view text)
    {
        append('"');
        for (const char c : text) {
            if (m_bytes + 3 >= kTextBytesMax) break;
            if (c == '"' || c == '\\') append('\\');
            append(c);
        }
        append('"');
    }
    void print()
    {
        m_text[m_bytes++] = '\n';
        [[maybe_unused]] const auto written = ::write(STDERR_FILENO, m_text.data(), m_bytes);
    }

private:
    static constexpr std::size_t kTextBytesMax = 511; // and a line end

    void append(char c)
    {
        if (m_bytes == kTextBytesMax) return;
        m_text[m_bytes++] = static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    }

    std::array<char, kTextBytesMax + 1> m_text{};
    std::size_t m_bytes = 0;
};

} // namespace

void write(Level level, std::string_view area, std::string_view message, Fields fields) noexcept
{
    try {
        writeLine(level, area, message, fields);
    } catch (...) {
        if (level >= Level::Warn) failure(area, message, "(not enough memory for the details)");
    }
}

void failure(std::string_view area, std::string_view message, std::string_view detail) noexcept
{
    StackLine line;
    for (const auto part : {std::string_view{"[ERROR] "}, area, std::string_view{": "}, message}) line.append(part);
    if (!detail.empty()) {
        line.append(" error=");
        line.appendQuoted(detail);
    }
    line.print();
}

} // namespace core::logging
