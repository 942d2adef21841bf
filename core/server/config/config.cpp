#include "core/server/config/config.h"

#include "core/server/config/address_template.h"
#include "core/server/config/config_addresses.h"
#include "core/server/config/config_file_reader.h"
#include "core/server/config/config_files.h"
#include "core/server/config/config_seal.h"
#include "core/server/config/config_values.h"
#include "core/sys/node/node.h"

#include <algorithm>
#include <cstdlib>

namespace core::server {

using namespace policy;
namespace fs = std::filesystem;

namespace {

Error invalid(std::string text)
{
    return Error{ErrorCode::InvalidArgument, std::move(text)};
}

Result<> readInto(Config& config, const fs::path& file, const InterfaceSource& interfaces)
{
    auto text = readConfigFile(file);
    if (!text) return std::move(text).error();
    auto root = hcl::parse(*text);
    if (!root) return std::move(root).error().withContext(file.string());
    if (auto expanded = expandAddresses(*root->object(), file, interfaces); !expanded) return expanded;
    return readConfigRoot(file, *root->object(), config);
}

/// The number of files that were read.
Result<std::size_t> readAllInto(Config& config, const std::vector<fs::path>& paths, const InterfaceSource& interfaces)
{
    std::size_t count = 0;
    for (const auto& path : paths) {
        auto files = configFilesOf(path, config.warnings);
        if (!files) return std::move(files).error();
        for (const auto& file : *files) {
            if (auto done = readInto(config, file, interfaces); !done) return std::move(done).error();
        }
        count += files->size();
    }
    return count;
}

/// Values of the environment override those of the files.
Result<> overrideAll(Config& config, const Environment& environment, const InterfaceSource& interfaces)
{
    const auto withTemplates = [&](auto parse) {
        return [&interfaces, parse](std::string_view text) -> Result<std::string> {
            if (text.find("{{") == std::string_view::npos) return parse(text);
            auto expanded = expandAddressTemplate(text, interfaces());
            return expanded ? parse(*expanded) : std::move(expanded);
        };
    };
    const auto asText = [](std::string_view text) -> Result<std::string> { return std::string{text}; };
    const auto asPath = [](std::string_view text) -> Result<fs::path> { return fs::path{text}; };
    if (auto done = take(environment, "VAULT_API_ADDR", withTemplates(parseApiAddr), config.apiAddr); !done) return done;
    if (auto done = take(environment, "VAULT_CLUSTER_ADDR", withTemplates(parseClusterAddr), config.clusterAddr); !done) return done;
    if (config.storage.type == "raft") {
        if (auto done = take(environment, "VAULT_RAFT_NODE_ID", asText, config.storage.nodeId); !done) return done;
        if (auto done = take(environment, "VAULT_RAFT_PATH", asPath, config.storage.path); !done) return done;
    }
    if (auto done = take(environment, "VAULT_LOG_FORMAT", parseLogFormat, config.log.format); !done) return done;
    if (auto done = take(environment, "VAULT_DISABLE_USER_LOCKOUT", parseBoolean, config.lockout.isSwitchedOff); !done) return done;
    return take(environment, "VAULT_LOG_LEVEL", parseLogLevel, config.log.level);
}

/// In Vault this node would wait to join another one. Here it would become a cluster of its own, so it must not start unnoticed.
Result<> checkRetryJoins(Config& config)
{
    for (const auto& join : config.storage.retryJoins) {
        if (join.leader == config.effectiveApiAddr()) continue; // this node's own address
        if (config.storage.isSingleNode) {
            config.warnings.push_back(join.origin + ": 'retry_join' has no effect, since single_node is set");
            continue;
        }
        return invalid(
            join.origin + ": retry_join: names another node (" + join.leader.substr(0, 200) + "), but " + sys::kJoinRefusal +
            ". Where this is to be the only node, remove retry_join or set single_node = true in storage \"raft\"; for a second machine use "
            "replication (holdfast replication -h)");
    }
    return {};
}

/// Checks that need the whole configuration.
Result<> complete(Config& config, const Environment& environment, const InterfaceSource& interfaces)
{
    if (auto done = completeSeal(config, environment); !done) return done;
    if (config.storage.type.empty()) return invalid("the configuration names no storage");
    if (auto done = overrideAll(config, environment, interfaces); !done) return done;
    if (config.storage.engine == StorageConfig::Engine::LevelDb && config.storage.path.empty()) {
        return invalid(config.storage.origin + ": storage: path is missing");
    }
    if (config.listeners.empty()) return invalid("the configuration names no listener");
    if (config.leaseTtlDefault > config.leaseTtlMax) return invalid("default_lease_ttl is longer than max_lease_ttl");
    for (auto listener = config.listeners.begin(); listener != config.listeners.end(); ++listener) {
        const auto same = std::find_if(config.listeners.begin(), listener, [&](const auto& other) { return other.address == listener->address; });
        if (same != listener && listener->address.port != 0) {
            return invalid(listener->origin + ": listener: " + toString(listener->address) + " is taken by the one at " + same->origin);
        }
    }
    if (config.effectiveClusterAddr().empty()) {
        return invalid("cluster_addr cannot be the port after that of api_addr " + config.apiAddr + ": there is none; set cluster_addr");
    }
    return checkRetryJoins(config);
}

} // namespace

std::optional<std::string> processEnvironment(std::string_view name)
{
    const char* value = std::getenv(std::string{name}.c_str());
    if (!value) return std::nullopt;
    return value;
}

Result<Config> loadConfig(const std::vector<fs::path>& paths, const Environment& environment, const InterfaceSource& interfaces)
{
    Config config;
    const auto count = readAllInto(config, paths, interfaces);
    if (!count) return count.error();
    if (*count == 0)
        return Error{ErrorCode::NotFound, "no configuration files found: no *.hcl or *.json in " + (paths.empty() ? "" : paths.front().string())};
    if (auto done = complete(config, environment, interfaces); !done) return std::move(done).error();
    return config;
}

void applyEnvironment(DevOptions& options, const Environment& environment)
{
    if (options.rootTokenId.empty()) options.rootTokenId = environment("VAULT_DEV_ROOT_TOKEN_ID").value_or("");
    if (options.listenAddress.empty()) options.listenAddress = environment("VAULT_DEV_LISTEN_ADDRESS").value_or("");
}

Result<Config> makeDevConfig(const DevOptions& options, const std::vector<fs::path>& paths, const Environment& environment,
                             const InterfaceSource& interfaces)
{
    Config config;
    config.storage = StorageConfig{.engine = StorageConfig::Engine::Memory, .type = "inmem", .path = {}, .nodeId = {}, .origin = "-dev"};
    config.isMlockDisabled = true;
    ListenerConfig listener;
    listener.isTlsDisabled = !options.isTls;
    listener.tlsCertFile = options.tlsCertFile;
    listener.tlsKeyFile = options.tlsKeyFile;
    listener.isMetricsOpen = true;
    listener.origin = "-dev";
    if (!options.listenAddress.empty()) {
        auto text = expandAddressTemplate(options.listenAddress, interfaces());
        auto address = text ? parseAddress(*text, 8200) : Result<ListenAddress>{std::move(text).error()};
        if (!address) return std::move(address).error().withContext("-dev-listen-address");
        if (address->port == 65'535) return invalid("-dev-listen-address: leaves no port for the cluster");
        listener.address = *std::move(address);
    }
    config.listeners.push_back(std::move(listener));
    if (const auto count = readAllInto(config, paths, interfaces); !count) return count.error();
    if (auto done = complete(config, environment, interfaces); !done) return std::move(done).error();
    return config;
}

mount::JsonLimits widestJsonLimits(const std::vector<ListenerConfig>& listeners)
{
    mount::JsonLimits widest;
    for (const auto& listener : listeners) {
        const auto& json = listener.rules.json;
        if (&listener == &listeners.front()) widest = json;
        widest.depthMax = std::max(widest.depthMax, json.depthMax);
        widest.stringBytesMax = std::max(widest.stringBytesMax, json.stringBytesMax);
        widest.objectEntryCountMax = std::max(widest.objectEntryCountMax, json.objectEntryCountMax);
        widest.arrayElementCountMax = std::max(widest.arrayElementCountMax, json.arrayElementCountMax);
        widest.tokenCountMax = std::max(widest.tokenCountMax, json.tokenCountMax);
    }
    return widest;
}

bool Config::isOpenWithoutToken(std::string_view family) const
{
    return !unauthenticatedAccess || std::ranges::find(*unauthenticatedAccess, family) != unauthenticatedAccess->end();
}

} // namespace core::server
