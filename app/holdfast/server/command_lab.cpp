#include "app/holdfast/server/command_lab.h"

#include "app/holdfast/server/asked_for_help.h"
#include "app/holdfast/server/lab_flags.h"
#include "app/holdfast/server/signal_queue.h"
#include "core/base/logging.h"
#include "core/server/process/process.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <cstdio>

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

  -format=json      Print one line of JSON instead of text: {"clusters": [...]}. Each has
                    name, role, api_addr, cluster_addr, root_token, unseal_keys, ca_file.
  -dir=PATH         Keep the data there; without it everything is in memory.
  -port=N           API on ports N, N+10 and N+20 instead of free ones; 1024 to 64999.
  -log-level=LEVEL  trace, debug, info, warn (default) or error.
)";

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
        else std::printf("    (a DR secondary has no tokens; authorise its operations with key shares or a DR operation token)\n");
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
    auto flags = parseLabFlags(words);
    if (!flags) {
        std::fprintf(stderr, "Error: %s\nTry: holdfast lab -help\n", flags.error().detail.c_str());
        return 1;
    }
    logging::configure({.level = flags->logLevel, .format = logging::Format::Standard, .file = {}});
    if (auto safe = server::protectProcess(true); !safe) {
        std::fprintf(stderr, "Error: %s\n", safe.error().detail.c_str());
        return 1;
    }
    const Signals signals{SIGINT, SIGTERM};
    signals.block();
    SignalQueue signalQueue{signals};

    flags->lab.progress = [](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); };
    auto lab = server::Lab::start(flags->lab);
    if (!lab) {
        std::fprintf(stderr, "Error: %s\n", lab.error().detail.c_str());
        return 1;
    }
    flags->isJson ? printJson(**lab) : printText(**lab);
    std::fflush(stdout);
    signalQueue.wait();
    (*lab)->stop();
    return 0;
}

} // namespace cli
