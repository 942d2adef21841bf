#include "app/holdfast/client/token_store.h"

#include "app/holdfast/client/token_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace cli {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;
using core::SecretBytes;

constexpr std::size_t kConfigurationBytesMax = 64 * 1024;
constexpr std::size_t kOutputBytesMax = 64 * 1024;

std::string homeOf(const Context& context)
{
    auto home = context.environment("HOME");
    if (home.empty()) {
        if (const auto* user = getpwuid(getuid()); user && user->pw_dir) home = user->pw_dir;
    }
    return home;
}

/// The helper's path, made absolute; empty: none is configured.
Result<std::string> helperOf(const Context& context)
{
    auto path = context.environment("VAULT_CONFIG_PATH");
    const auto home = homeOf(context);
    if (path.empty() && home.empty()) return std::string{};
    if (path.empty()) path = home + "/.vault";
    if (path.starts_with("~/") && !home.empty()) path.replace(0, 1, home);
    std::error_code failed;
    const auto status = std::filesystem::status(path, failed);
    if (status.type() == std::filesystem::file_type::none) return Error{ErrorCode::Io, "cannot read " + path + ": " + failed.message()};
    if (!std::filesystem::is_regular_file(status)) return std::string{};
    std::ifstream file{path, std::ios::binary};
    if (!file) return Error{ErrorCode::Io, "cannot read " + path + ": " + std::strerror(errno)};
    std::string text(kConfigurationBytesMax + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > kConfigurationBytesMax) return Error{ErrorCode::InvalidArgument, path + " is larger than 64 KiB"};
    auto helper = tokenHelperOf(text);
    if (!helper) return std::move(helper).error().withContext(path);
    if (helper->empty()) return helper;
    auto absolute = std::filesystem::absolute(*helper, failed);
    if (failed || !std::filesystem::exists(absolute, failed)) return Error{ErrorCode::Io, path + ": token_helper: no such program: " + *helper};
    return absolute.string();
}

class Descriptor {
public:
    explicit Descriptor(int number) : m_number{number} {}
    ~Descriptor() { close(); }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int get() const { return m_number; }
    void close()
    {
        if (m_number >= 0) ::close(std::exchange(m_number, -1));
    }

private:
    int m_number;
};

/// Appends what a pipe holds to a buffer that is wiped. Returns false at its end.
bool takeFrom(int descriptor, SecretBytes& into)
{
    SecretBytes piece{4096};
    const auto count = ::read(descriptor, piece.data(), piece.size());
    if (count < 0 && errno == EINTR) return true;
    if (count <= 0) return false;
    if (into.size() + static_cast<std::size_t>(count) > kOutputBytesMax) return true; // the rest is dropped
    SecretBytes longer{into.size() + static_cast<std::size_t>(count)};
    std::copy_n(into.data(), into.size(), longer.data());
    std::copy_n(piece.data(), count, longer.data() + into.size());
    into = std::move(longer);
    return true;
}

/// Runs `helper verb` in the shell, gives it `input`, and returns its output. Errors: Io, with its standard error.
Result<SecretBytes> runHelper(const std::string& helper, const char* verb, std::string_view input)
{
    std::array<int, 2> in{}, out{}, err{};
    if (::pipe2(in.data(), O_CLOEXEC) != 0) return Error{ErrorCode::Io, std::string{"token helper: "} + std::strerror(errno)};
    Descriptor inRead{in[0]}, inWrite{in[1]};
    if (::pipe2(out.data(), O_CLOEXEC) != 0) return Error{ErrorCode::Io, std::string{"token helper: "} + std::strerror(errno)};
    Descriptor outRead{out[0]}, outWrite{out[1]};
    if (::pipe2(err.data(), O_CLOEXEC) != 0) return Error{ErrorCode::Io, std::string{"token helper: "} + std::strerror(errno)};
    Descriptor errRead{err[0]}, errWrite{err[1]};

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, inRead.get(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, outWrite.get(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, errWrite.get(), STDERR_FILENO);
    std::string shell = "/bin/sh", option = "-c", line = helper + " " + verb;
    std::array<char*, 4> arguments{shell.data(), option.data(), line.data(), nullptr};
    pid_t child = 0;
    const int failed = ::posix_spawn(&child, shell.c_str(), &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) return Error{ErrorCode::Io, std::string{"token helper: "} + std::strerror(failed)};
    inRead.close();
    outWrite.close();
    errWrite.close();

    const auto former = std::signal(SIGPIPE, SIG_IGN);   // a helper need not read its input
    for (std::string_view rest{input}; !rest.empty();) { // a token is smaller than a pipe
        const auto count = ::write(inWrite.get(), rest.data(), rest.size());
        if (count <= 0) break;
        rest.remove_prefix(static_cast<std::size_t>(count));
    }
    inWrite.close();
    SecretBytes printed, said;
    std::array<pollfd, 2> waiting{pollfd{outRead.get(), POLLIN, 0}, pollfd{errRead.get(), POLLIN, 0}};
    while (waiting[0].fd >= 0 || waiting[1].fd >= 0) {
        if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) break;
        for (std::size_t at = 0; at < waiting.size(); ++at) {
            if (waiting[at].fd >= 0 && waiting[at].revents != 0 && !takeFrom(waiting[at].fd, at == 0 ? printed : said)) waiting[at].fd = -1;
        }
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    std::signal(SIGPIPE, former);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return printed;
    return Error{ErrorCode::Io, "the token helper " + helper + " failed with status " +
                                    std::to_string(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)) +
                                    (said.empty() ? "" : ": " + std::string{trimmed(said.view())})};
}

} // namespace

Result<std::string> tokenHelperOf(std::string_view configuration)
{
    std::string helper;
    while (!configuration.empty()) {
        const auto end = std::min(configuration.find('\n'), configuration.size());
        auto line = trimmed(configuration.substr(0, end));
        configuration.remove_prefix(std::min(end + 1, configuration.size()));
        if (line.empty() || line.starts_with('#') || line.starts_with("//")) continue;
        const auto equals = line.find('=');
        auto key = trimmed(line.substr(0, equals));
        if (key.size() > 1 && key.front() == '"' && key.back() == '"') key = key.substr(1, key.size() - 2);
        if (equals == std::string_view::npos || key != "token_helper") {
            return Error{ErrorCode::InvalidArgument, "only token_helper = \"PROGRAM\" can be set here, not: " + std::string{line.substr(0, 100)}};
        }
        auto value = trimmed(line.substr(equals + 1));
        const auto close = value.size() > 1 && value.front() == '"' ? value.find('"', 1) : std::string_view::npos;
        if (close == std::string_view::npos) return Error{ErrorCode::InvalidArgument, "token_helper must be a text in quotes"};
        const auto rest = trimmed(value.substr(close + 1));
        if (!rest.empty() && !rest.starts_with('#') && !rest.starts_with("//")) {
            return Error{ErrorCode::InvalidArgument, "unexpected text after the value of token_helper"};
        }
        helper = value.substr(1, close - 1);
    }
    return helper;
}

Result<SecretBytes> TokenStore::load() const
{
    auto helper = helperOf(m_context);
    if (!helper) return std::move(helper).error();
    if (helper->empty()) return TokenFile{m_context}.load();
    auto token = runHelper(*helper, "get", {});
    if (!token) return token;
    return trimmed(*token);
}

Result<> TokenStore::store(const SecretBytes& token) const
{
    auto helper = helperOf(m_context);
    if (!helper) return std::move(helper).error();
    if (helper->empty()) return TokenFile{m_context}.store(token);
    auto done = runHelper(*helper, "store", token.view());
    if (!done) return std::move(done).error();
    return {};
}

} // namespace cli
