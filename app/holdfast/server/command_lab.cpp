#include "app/holdfast/server/command_lab.h"

#include "app/holdfast/server/asked_for_help.h"
#include "app/holdfast/server/signal_queue.h"
#include "core/base/logging.h"
#include "core/server/lab.h"
#include "core/server/process/process.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <charconv>
#include <cstdio>
#include <optional>

namespace cli {
namespace {

using namespace core;
namespace json = boost::json;

constexpr std::string_view kHelp = R"(Usage: holdfast lab [options]

  Starts three connected clusters in this process: a primary, a performance secondary
  and a DR secondary. Serves until SIGINT or SIGTERM. For experiments and tests only:
  it prints all keys and tokens.

      $ holdfast lab
      $ holdfast lab -format=json > lab.json &      one line, once all are in sync

Options:

  -format=json      Print one JSON object instead of text. It has for each cluster:
                    name, role, api_addr, root_token, unseal_keys, ca_file.
  -dir=PATH         Keep the data there; without it everything is in memory.
  -port=N           API on ports N, N+10 and N+20 instead of free ones.
  -log-level=LEVEL  trace, debug, info, warn (default) or error.
)";

struct Options {
    server::Lab::Options lab;
    bool isJson = false;
    logging::Options log{.level = logging::Level::Warn, .format = logging::Format::Standard, .file = {}};
};

std::optional<Options> parse(std::span<const std::string> words)
{
    Options options;
    for (std::size_t at = 0; at < words.size(); ++at) {
        std::string_view word = words[at];
        if (word.starts_with("--")) word.remove_prefix(1);
        const auto equals = word.find('=');
        const auto name = word.substr(0, equals);
        std::string value;
        if (equals != std::string_view::npos) value = word.substr(equals + 1);
        else if (at + 1 < words.size()) value = words[++at];
        unsigned port = 0;
        if (name == "-format" && (value == "json" || value == "table")) options.isJson = value == "json";
        else if (name == "-dir" && !value.empty()) options.lab.directory = value;
        else if (name == "-log-level") options.log.level = logging::levelFromText(value);
        else if (name == "-port" && std::from_chars(value.data(), value.data() + value.size(), port).ec == std::errc{} && port >= 1024 &&
                 port < 65000) {
            options.lab.firstPort = static_cast<std::uint16_t>(port);
        } else {
            std::fprintf(stderr, "Unknown or incomplete option: %s\nTry: holdfast lab -help\n", words[at].c_str());
            return std::nullopt;
        }
    }
    return options;
}

void printJson(const server::Lab& lab)
{
    json::array clusters;
    for (const auto& cluster : lab.clusters()) {
        json::array keys;
        for (const auto& key : cluster.unsealKeys) keys.emplace_back(json::string{key.view()});
        clusters.push_back(json::object{{"name", cluster.name},
                                        {"role", cluster.role},
                                        {"api_addr", cluster.apiAddress},
                                        {"cluster_addr", cluster.clusterAddress},
                                        {"root_token", json::string{cluster.rootToken.view()}},
                                        {"unseal_keys", std::move(keys)},
                                        {"ca_file", cluster.caFile}});
    }
    std::printf("%s\n", json::serialize(json::object{{"clusters", std::move(clusters)}}).c_str());
}

void printText(const server::Lab& lab)
{
    for (const auto& cluster : lab.clusters()) {
        std::printf("\n%s (%s)\n    export VAULT_ADDR=%s VAULT_CACERT=%s\n", cluster.name.c_str(), cluster.role.c_str(), cluster.apiAddress.c_str(),
                    cluster.caFile.c_str());
        const std::string token{cluster.rootToken.view()};
        if (!token.empty()) std::printf("    export VAULT_TOKEN=%s\n", token.c_str());
        else std::printf("    (a DR secondary has no token of its own; it takes key shares or a DR operation token)\n");
    }
    std::printf("\nUnseal keys of all three (2 of 3 are needed):\n");
    for (const auto& key : lab.clusters().front().unsealKeys) std::printf("    %s\n", std::string{key.view()}.c_str());
    std::printf("\nIn sync. The lab keeps this terminal until Ctrl-C. In another one, paste the export\n"
                "lines of a cluster, then try: holdfast topology\n");
}

} // namespace

int runLab(std::span<const std::string> words)
{
    if (askedForHelp(words, kHelp)) return 0;
    auto options = parse(words);
    if (!options) return 1;
    logging::configure(options->log);
    if (auto safe = server::protectProcess(true); !safe) return 1;
    const Signals signals{SIGINT, SIGTERM};
    signals.block();
    SignalQueue taken{signals};

    options->lab.progress = [](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); };
    auto lab = server::Lab::start(options->lab);
    if (!lab) {
        std::fprintf(stderr, "Error: %s\n", lab.error().detail.c_str());
        return 1;
    }
    options->isJson ? printJson(**lab) : printText(**lab);
    std::fflush(stdout);
    taken.wait();
    (*lab)->stop();
    return 0;
}

} // namespace cli
