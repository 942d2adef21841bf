#include "app/holdfast/text/context.h"

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <iostream>
#include <termios.h>
#include <unistd.h>

namespace cli {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;
using core::SecretBytes;

/// The controlling terminal with its echo off, for as long as this lives.
class SilentTerminal {
public:
    explicit SilentTerminal(int descriptor) : m_descriptor{descriptor}
    {
        m_isChanged = tcgetattr(descriptor, &m_before) == 0;
        if (!m_isChanged) return;
        auto silent = m_before;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG); // an interrupt arrives as a character, so the destructor can switch the echo on again
        tcsetattr(descriptor, TCSAFLUSH, &silent);
    }
    ~SilentTerminal()
    {
        if (m_isChanged) tcsetattr(m_descriptor, TCSAFLUSH, &m_before);
        close(m_descriptor);
    }
    SilentTerminal(const SilentTerminal&) = delete;
    SilentTerminal& operator=(const SilentTerminal&) = delete;

    void show(std::string_view text) const { [[maybe_unused]] const auto written = write(m_descriptor, text.data(), text.size()); }
    bool read(char& character) const { return ::read(m_descriptor, &character, 1) == 1; }

private:
    int m_descriptor;
    termios m_before{};
    bool m_isChanged = false;
};

Result<SecretBytes> askTerminal(std::string_view question)
{
    constexpr std::size_t kAnswerBytesMax = 16 * 1024;
    constexpr char kInterrupt = 3;
    const int descriptor = open("/dev/tty", O_RDWR | O_CLOEXEC);
    if (descriptor < 0) return Error{ErrorCode::Unavailable, "there is no terminal to ask on"};
    SilentTerminal terminal{descriptor};
    terminal.show(question);
    SecretBytes answer{kAnswerBytesMax};
    std::size_t size = 0;
    char character = 0;
    while (terminal.read(character) && character != '\n' && character != '\r' && character != kInterrupt) {
        if (size < kAnswerBytesMax) answer.data()[size++] = static_cast<unsigned char>(character);
    }
    terminal.show("\n");
    if (character == kInterrupt) return Error{ErrorCode::Cancelled, "user canceled"};
    return SecretBytes::copyOf(answer.view().substr(0, size));
}

} // namespace

Context processContext()
{
    return Context{.environment =
                       [](const char* name) {
                           const char* value = std::getenv(name);
                           return std::string{value ? value : ""};
                       },
                   .in = std::cin,
                   .out = std::cout,
                   .err = std::cerr,
                   .outIsTerminal = isatty(STDOUT_FILENO) == 1,
                   .ask = askTerminal};
}

SecretBytes readSecret(std::istream& in)
{
    SecretBytes all;
    SecretBytes piece{16 * 1024};
    while (in.read(reinterpret_cast<char*>(piece.data()), static_cast<std::streamsize>(piece.size())) || in.gcount() > 0) {
        const auto count = static_cast<std::size_t>(in.gcount());
        SecretBytes longer{all.size() + count};
        std::copy_n(all.data(), all.size(), longer.data());
        std::copy_n(piece.data(), count, longer.data() + all.size());
        all = std::move(longer);
    }
    return all;
}

std::string_view trimmed(std::string_view text)
{
    constexpr std::string_view kBlank = " \t\r\n";
    const auto first = text.find_first_not_of(kBlank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string withoutSlashes(std::string_view path)
{
    path = trimmed(path);
    while (path.starts_with('/')) path.remove_prefix(1);
    while (path.ends_with('/')) path.remove_suffix(1);
    return std::string{path};
}

SecretBytes trimmed(const SecretBytes& secret)
{
    return SecretBytes::copyOf(trimmed(secret.view()));
}

} // namespace cli
