#include "app/holdfast/server/command_server.h"

#include "app/holdfast/server/asked_for_help.h"
#include "app/holdfast/server/dev_tls.h"
#include "app/holdfast/server/server_flags.h"
#include "app/holdfast/server/signal_queue.h"
#include "app/holdfast/client/token_store.h"
#include "core/base/encoding.h"
#include "core/base/log_file.h"
#include "core/base/log_levels.h"
#include "core/base/secret_bytes.h"
#include "core/server/config/config_values.h"
#include "core/server/process/process.h"
#include "core/server/server.h"

#include <boost/json/parse.hpp>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <unistd.h>

namespace cli {
namespace {

using namespace core;
namespace json = boost::json;

constexpr std::string_view kHelp = R"(Usage: holdfast server [options] -config=FILE [-config=FILE|DIR …]
       holdfast server -dev [options]

  Serves the API in the foreground until SIGINT or SIGTERM. On SIGHUP it reads its
  certificates and the log level again, and reopens its log files.

  Start a new server, and initialise and unseal it from a second terminal:

      $ holdfast server -config=/etc/holdfast/holdfast.hcl
      $ export VAULT_ADDR=https://127.0.0.1:8200
      $ holdfast operator init
      $ holdfast operator unseal

  For experiments, start a server in memory. It is ready at once:

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
  -log-level=LEVEL           trace, debug, info, warn or error (VAULT_LOG_LEVEL).
  -log-format=FORMAT         standard or json (VAULT_LOG_FORMAT).
  -log-file=PATH             Write the log to this file too; in a folder, to vault.log.
  -log-rotate-duration=24h   Begin a new log file after this time,
  -log-rotate-bytes=N        or when it has this size (default: no limit).
  -log-rotate-max-files=N    Keep this many old log files; 0 keeps all, -1 none.
  -combine-logs              Log to standard output instead of standard error.
  -exit-on-core-shutdown     Accepted; this server never stops without exiting.

Options of a dev server:

  -dev                       In memory, initialised, unsealed, with kv at secret/. Also
                             reads the files of -config.
  -dev-root-token-id=ID      Id of its root token (VAULT_DEV_ROOT_TOKEN_ID).
  -dev-listen-address=ADDR   Where it listens (VAULT_DEV_LISTEN_ADDRESS); 127.0.0.1:8200.
  -dev-tls                   HTTPS, with a new authority and certificate.
  -dev-tls-cert-dir=PATH     Folder for these files (default: a temporary one).
  -dev-tls-san=NAME          Another host name or address in the certificate; repeatable.
  -dev-no-store-token        Leaves ~/.vault-token alone.
  -dev-kv-v1                 kv version 1 at secret/.
  -dev-no-kv                 Nothing at secret/.
  -dev-ha, -dev-transactional  Accepted; one node is always both.

  -dev-root-token-id, -dev-listen-address and -dev-no-store-token start no dev server by
  themselves, because container images always pass them.
)";

/// Next steps when the storage does not open. Nothing repairs it in place: the damaged part may be the only trace of lost data.
constexpr std::string_view kDamaged = R"(
The storage is damaged. The server has not started, and it has changed nothing.

  1. Copy the storage folder to another disk.
  2. Check the disk.
  3. Use the first of these that fits:
     - You have a copy of the folder, made while the server was stopped: put it back.
     - This is a replication secondary: start with an empty folder, run "holdfast
       operator init" and "holdfast operator unseal", and activate it again with a token
       of its primary (sys/replication/TYPE/secondary/enable).
     - This is a primary with a DR secondary: run "holdfast replication preview" on the
       DR secondary to see what would be lost, and promote it.
     - You have a snapshot: start with an empty folder, initialise and unseal, run
       "holdfast operator raft snapshot restore -force FILE", and unseal with the unseal
       keys of the snapshot's time.

More: the help page damaged-storage.md (resources/help, or /usr/share/doc/holdfast/help)
)";

constexpr std::string_view kPerhapsDamaged = R"(
The server has changed nothing. Check that:

  1. this is the right folder
  2. no other server uses it
  3. this user can read and write it

If so, a file in it is missing or damaged. The help page damaged-storage.md has the
next steps (resources/help, or /usr/share/doc/holdfast/help).
)";

int fail(const Error& error)
{
    std::fprintf(stderr, "Error starting the server: %s\n", error.detail.c_str());
    if (error.code == ErrorCode::Corrupt) {
        std::fwrite(kDamaged.data(), 1, kDamaged.size(), stderr);
    } else if (error.code == ErrorCode::PermissionDenied && error.detail.starts_with("opening the storage")) {
        std::fputs("Let this user write that folder, or mount its file system for writing. Nothing was changed.\n", stderr);
    } else if (error.code != ErrorCode::NoSpace && error.code != ErrorCode::FailedPrecondition && error.detail.starts_with("opening the storage")) {
        std::fwrite(kPerhapsDamaged.data(), 1, kPerhapsDamaged.size(), stderr);
    }
    return 1;
}

/// Stores the token where `login` would store it: a new file of mode 0600, or the token helper.
void storeToken(const std::string& token)
{
    const auto context = processContext();
    if (const auto stored = TokenStore{context}.store(SecretBytes::copyOf(token)); !stored) {
        std::fprintf(stderr, "The root token was not stored: %s\n", stored.error().detail.c_str());
    }
}

Result<> writePidFile(const std::filesystem::path& path)
{
    if (path.empty()) return {};
    std::ofstream file{path};
    file << ::getpid() << "\n" << std::flush;
    if (file.good()) return {};
    return Error{ErrorCode::Io, "cannot write pid_file " + path.string() + ": " + std::generic_category().message(errno)};
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

/// Prints what a developer needs next.
Result<> announce(const server::Server& server, const server::DevOptions& dev, const std::string& key, const std::string& root,
                  const std::string& authorityFile)
{
    if (dev.isTokenStored) storeToken(root);
    const auto trust = authorityFile.empty() ? std::string{} : "    $ export VAULT_CACERT='" + authorityFile + "'\n";
    std::printf("WARNING! dev mode is enabled! In this mode, Holdfast runs entirely in-memory\n"
                "and starts unsealed with a single unseal key. The root token is already\n"
                "authenticated to the CLI, so you can immediately begin using it.\n\n"
                "You may need to set the following environment variables:\n\n"
                "    $ export VAULT_ADDR='%s'\n%s\n"
                "The unseal key and root token are displayed below in case you want to\n"
                "seal/unseal the server or re-authenticate.\n\n"
                "Unseal Key: %s\nRoot Token: %s\n\n"
                "The server keeps this terminal until Ctrl-C; use another one for commands.\n"
                "Development mode should NOT be used in production installations!\n\n",
                server.apiAddress().c_str(), trust.c_str(), key.c_str(), root.c_str());
    std::fflush(stdout);
    return {};
}

/// Initialises and unseals a development server and makes its mounts. Errors: Internal, with the server's answer.
Result<> makeReady(server::Server& server, const server::DevOptions& dev, const std::string& authorityFile)
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
    if (!dev.isKvMounted) return announce(server, dev, key, root, authorityFile);
    auto mounted = server.request(requestOf(policy::Operation::Update, "sys/mounts/secret",
                                            {{"type", "kv"}, {"options", options}, {"description", "key/value secret storage"}}, root));
    if (auto good = answered(mounted, "mounting secret/"); !good) return good;
    return announce(server, dev, key, root, authorityFile);
}

/// Reads the log level again from flags, environment and files. If the configuration cannot be read, the level stays.
void reloadLogLevel(ServerFlags& flags)
{
    auto config = flags.dev.isOn ? server::makeDevConfig(flags.dev, flags.configs) : server::loadConfig(flags.configs);
    if (!config) {
        logging::error("core", "the configuration cannot be read again; the log level stays", {{"error", toString(config.error())}});
        return;
    }
    flags.applyTo(*config);
    logging::setConfiguredLevel(config->log.level);
}

} // namespace

int runServer(std::span<const std::string> words)
{
    if (askedForHelp(words, kHelp)) return 0;
    auto flags = parseServerFlags(words);
    if (!flags) {
        std::fprintf(stderr, "%s\nTry: holdfast server -help\n", flags.error().detail.c_str());
        return 1;
    }
    auto& dev = flags->dev;
    if (dev.isOn) server::applyEnvironment(dev);
    std::optional<DevTls> tls;
    if (dev.isOn && dev.isTls) {
        const auto address = server::parseAddress(dev.listenAddress.empty() ? "127.0.0.1" : dev.listenAddress, 8200);
        auto made = DevTls::create(flags->devTlsDirectory, address ? address->host : std::string{}, flags->devTlsNames);
        if (!made) return fail(made.error());
        tls.emplace(*std::move(made));
        dev.tlsCertFile = tls->certificateFile();
        dev.tlsKeyFile = tls->keyFile();
    }
    auto config = dev.isOn ? server::makeDevConfig(dev, flags->configs) : server::loadConfig(flags->configs);
    if (!config) return fail(config.error());
    flags->applyTo(*config);
    if (auto opened = logging::configure(config->log, config->logFile, flags->isLogCombined); !opened) return fail(opened.error());
    for (const auto& warning : config->warnings) logging::warn("core", warning);
    if (!dev.isOn || !config->isApiAddrKnown()) { // a development server on one address serves this machine only
        for (const auto& warning : config->addressWarnings()) logging::warn("core", warning);
    }
    if (auto safe = server::protectProcess(config->isMlockDisabled || dev.isOn); !safe) return fail(safe.error());

    // Before any thread starts, so that every thread has the signals blocked and only the queue below gets them.
    const Signals signals{SIGINT, SIGTERM, SIGHUP};
    signals.block();
    SignalQueue signalQueue{signals};

    const auto pidFile = config->pidFile;
    server::Server::Options start;
    start.config = std::move(*config);
    start.isDev = dev.isOn;
    start.devRootToken = dev.rootTokenId;
    auto server = server::Server::start(std::move(start));
    if (!server) return fail(server.error());
    if (auto written = writePidFile(pidFile); !written) return fail(written.error());
    if (dev.isOn && dev.isInitialized) {
        if (auto ready = makeReady(**server, dev, tls ? tls->authorityFile().string() : std::string{}); !ready) return fail(ready.error());
    }
    logging::info("core", "serving", {{"api", (*server)->apiAddress()}, {"cluster", (*server)->clusterAddress()}, {"version", HOLDFAST_VERSION}});

    while (signalQueue.wait() == SIGHUP) {
        logging::reopenFile();
        reloadLogLevel(*flags);
        if (auto reloaded = (*server)->reload(); !reloaded) {
            logging::error("core", "reloading failed; what was in use stays", {{"error", toString(reloaded.error())}});
        }
    }
    logging::info("core", "stopping");
    (*server)->stop();
    std::error_code ignored;
    if (!pidFile.empty()) std::filesystem::remove(pidFile, ignored);
    return 0;
}

} // namespace cli
