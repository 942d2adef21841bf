#include "app/holdfast/server/command_server.h"

#include "app/holdfast/server/asked_for_help.h"
#include "app/holdfast/server/signal_queue.h"
#include "core/base/encoding.h"
#include "core/base/logging.h"
#include "core/server/process.h"
#include "core/server/server.h"

#include <boost/json/parse.hpp>

#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace cli {
namespace {

using namespace core;
namespace json = boost::json;

constexpr std::string_view kHelp = R"(Usage: holdfast server -config=FILE [-config=FILE|DIR …]
       holdfast server -dev [options]

  Serves the API in the foreground until SIGINT or SIGTERM. SIGHUP reads
  certificates anew and opens audit logs again.

  A new server is initialised and unsealed by a client:

      $ holdfast server -config=/etc/holdfast/holdfast.hcl
      $ export VAULT_ADDR=https://127.0.0.1:8200
      $ holdfast operator init
      $ holdfast operator unseal

  For trying things out, a server in memory that is ready at once:

      $ holdfast server -dev -dev-root-token-id=root

  A small configuration:

      storage "leveldb" {
        path = "/var/lib/holdfast"
      }
      listener "tcp" {
        address       = "0.0.0.0:8200"
        tls_cert_file = "/etc/holdfast/tls.crt"
        tls_key_file  = "/etc/holdfast/tls.key"
      }
      api_addr = "https://vault.example:8200"

Options:

  -config=PATH               HCL or JSON file, or a folder of them; repeatable.
  -log-level=LEVEL           trace, debug, info, warn or error.
  -dev                       In memory, initialised, unsealed, kv at secret/.
  -dev-root-token-id=ID      Id of its root token.
  -dev-listen-address=ADDR   Where it listens; 127.0.0.1:8200.
  -dev-no-store-token        Leaves ~/.vault-token alone.
  -dev-kv-v1                 kv version 1 at secret/.
  -dev-ha, -dev-transactional  Accepted; one node is always both.
)";

/// What comes next where the storage does not open. Nothing repairs it in place: what is damaged may be the only trace of what is lost.
constexpr std::string_view kDamaged = R"(
What is stored is damaged, so nothing was opened and nothing was changed. Keep a
copy of the storage folder before anything else, and look at the disk. Then:

  - a copy of the folder that was made while the server was stopped: put it back;
  - a replication secondary: start with an empty folder, "holdfast operator init",
    "holdfast operator unseal", and activate it anew with a token of its primary
    (sys/replication/TYPE/secondary/enable);
  - a primary with a DR secondary: promote that one
    ("holdfast replication preview" there tells what is missing);
  - a snapshot: start with an empty folder, initialise and unseal, then
    "holdfast operator raft snapshot restore -force FILE"; the unseal keys of the
    snapshot's time open it.

More: the help page damaged-storage.md (resources/help, or /usr/share/doc/holdfast/help)
)";

constexpr std::string_view kPerhapsDamaged = R"(
If that folder is the right one, no other server has it, and this user may read
and write it, then something in it is missing or damaged. Nothing was changed.
The help page damaged-storage.md tells what comes next (resources/help, or
/usr/share/doc/holdfast/help).
)";

struct Options {
    std::vector<std::filesystem::path> configs;
    std::optional<std::string> logLevel;
    server::DevOptions dev;
};

/// Nothing: the words were wrong, and that has been said.
std::optional<Options> parse(std::span<const std::string> words)
{
    Options options;
    for (std::size_t at = 0; at < words.size(); ++at) {
        std::string_view word = words[at];
        if (word.starts_with("--")) word.remove_prefix(1);
        const auto equals = word.find('=');
        const auto name = word.substr(0, equals);
        const auto value = [&]() -> std::optional<std::string> {
            if (equals != std::string_view::npos) return std::string{word.substr(equals + 1)};
            if (at + 1 < words.size()) return words[++at];
            return std::nullopt;
        };
        const bool isOff = equals != std::string_view::npos && word.substr(equals + 1) == "false";
        std::optional<std::string> text;
        if (name == "-dev") options.dev.isOn = !isOff;
        else if (name == "-dev-no-store-token") options.dev.isTokenStored = isOff;
        else if (name == "-dev-kv-v1") options.dev.isKvVersion1 = !isOff;
        else if (name == "-dev-ha") options.dev.isHa = !isOff;
        else if (name == "-dev-transactional") continue;
        else if (name == "-config" && (text = value())) options.configs.emplace_back(*text);
        else if (name == "-log-level" && (text = value())) options.logLevel = *text;
        else if (name == "-dev-root-token-id" && (text = value())) options.dev.isOn = true, options.dev.rootTokenId = *text;
        else if (name == "-dev-listen-address" && (text = value())) options.dev.isOn = true, options.dev.listenAddress = *text;
        else {
            std::fprintf(stderr, "Unknown or incomplete option: %s\nTry: holdfast server -help\n", words[at].c_str());
            return std::nullopt;
        }
    }
    if (!options.dev.isOn && options.configs.empty()) {
        std::fprintf(stderr, "Must specify at least one config path using -config, or -dev.\nTry: holdfast server -help\n");
        return std::nullopt;
    }
    return options;
}

int fail(const Error& error)
{
    std::fprintf(stderr, "Error starting the server: %s\n", error.detail.c_str());
    if (error.code == ErrorCode::Corrupt) {
        std::fwrite(kDamaged.data(), 1, kDamaged.size(), stderr);
    } else if (error.code != ErrorCode::NoSpace && error.detail.starts_with("opening the storage")) {
        std::fwrite(kPerhapsDamaged.data(), 1, kPerhapsDamaged.size(), stderr);
    }
    return 1;
}

void storeToken(const std::string& token)
{
    const char* home = std::getenv("HOME");
    if (home == nullptr) return;
    const auto path = std::string{home} + "/.vault-token";
    const auto partial = path + ".partial";
    const int file = ::open(partial.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    if (file < 0) return;
    const bool isWritten = ::write(file, token.data(), token.size()) == static_cast<ssize_t>(token.size());
    ::close(file);
    if (!isWritten || ::rename(partial.c_str(), path.c_str()) != 0) ::unlink(partial.c_str());
}

mount::Request requestOf(policy::Operation operation, std::string path, json::object data = {}, std::string token = {})
{
    mount::Request request;
    request.operation = operation;
    request.path = std::move(path);
    request.data = std::move(data);
    request.clientToken = std::move(token);
    request.remoteAddress = "127.0.0.1";
    return request;
}

/// Initialises, unseals and mounts what a development server has. Errors: Internal, with what was answered.
Result<> makeReady(server::Server& server, const server::DevOptions& dev)
{
    const auto answered = [](const mount::Response& response, const char* what) -> Result<> {
        if (!response.isError) return {};
        return Error{ErrorCode::Internal, std::string{what} + ": " + (response.errors.empty() ? "" : response.errors.front())};
    };
    auto made = server.request(requestOf(policy::Operation::Update, "sys/init", {{"secret_shares", 1}, {"secret_threshold", 1}}));
    if (auto good = answered(made, "initialising"); !good) return good;
    const auto body = json::parse(made.rawBody).as_object();
    const std::string key{body.at("keys_base64").as_array().at(0).as_string()};
    const std::string root{body.at("root_token").as_string()};
    auto opened = server.request(requestOf(policy::Operation::Update, "sys/unseal", {{"key", key}}));
    if (auto good = answered(opened, "unsealing"); !good) return good;
    const json::object options{{"version", dev.isKvVersion1 ? "1" : "2"}};
    auto mounted = server.request(requestOf(policy::Operation::Update, "sys/mounts/secret",
                                            {{"type", "kv"}, {"options", options}, {"description", "key/value secret storage"}}, root));
    if (auto good = answered(mounted, "mounting secret/"); !good) return good;
    if (dev.isTokenStored) storeToken(root);
    std::printf("WARNING! dev mode is enabled! In this mode, Holdfast runs entirely in-memory\n"
                "and starts unsealed with a single unseal key. The root token is already\n"
                "authenticated to the CLI, so you can immediately begin using it.\n\n"
                "You may need to set the following environment variables:\n\n"
                "    $ export VAULT_ADDR='%s'\n\n"
                "The unseal key and root token are displayed below in case you want to\n"
                "seal/unseal the server or re-authenticate.\n\n"
                "Unseal Key: %s\nRoot Token: %s\n\n"
                "Development mode should NOT be used in production installations!\n\n",
                server.apiAddress().c_str(), key.c_str(), root.c_str());
    std::fflush(stdout);
    return {};
}

} // namespace

int runServer(std::span<const std::string> words)
{
    if (askedForHelp(words, kHelp)) return 0;
    auto options = parse(words);
    if (!options) return 1;
    server::applyEnvironment(options->dev);
    auto config = options->dev.isOn ? server::makeDevConfig(options->dev) : server::loadConfig(options->configs);
    if (!config) return fail(config.error());
    if (options->logLevel) config->log.level = logging::levelFromText(*options->logLevel);
    logging::configure(config->log);
    for (const auto& warning : config->warnings) logging::warn("server", warning);
    if (auto safe = server::protectProcess(config->isMlockDisabled || options->dev.isOn); !safe) return fail(safe.error());

    // Before any thread starts: signals are taken below and by nobody else.
    const Signals signals{SIGINT, SIGTERM, SIGHUP};
    signals.block();
    SignalQueue taken{signals};

    const auto pidFile = config->pidFile;
    server::Server::Options start;
    start.config = std::move(*config);
    start.isDev = options->dev.isOn;
    start.devRootToken = options->dev.rootTokenId;
    auto server = server::Server::start(std::move(start));
    if (!server) return fail(server.error());
    if (!pidFile.empty()) std::ofstream{pidFile} << ::getpid() << "\n";
    if (options->dev.isOn) {
        if (auto ready = makeReady(**server, options->dev); !ready) return fail(ready.error());
    }
    logging::info("server", "serving", {{"api", (*server)->apiAddress()}, {"cluster", (*server)->clusterAddress()}, {"version", HOLDFAST_VERSION}});

    while (taken.wait() == SIGHUP) {
        if (auto reloaded = (*server)->reload(); !reloaded) {
            logging::error("server", "reloading failed; what was in use stays", {{"error", toString(reloaded.error())}});
        }
    }
    logging::info("server", "stopping");
    (*server)->stop();
    std::error_code ignored;
    if (!pidFile.empty()) std::filesystem::remove(pidFile, ignored);
    return 0;
}

} // namespace cli
