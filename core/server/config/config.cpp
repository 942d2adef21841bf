#include "core/server/config/config.h"

#include "core/server/config/address_template.h"
#include "core/server/config/config_addresses.h"
#include "core/server/config/config_files.h"
#include "core/server/config/config_lockout.h"
#include "core/server/config/config_seal.h"
#include "core/server/config/config_section.h"
#include "core/server/config/config_values.h"
#include "core/sys/node/node.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

namespace core::server {

using namespace policy;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kLogRetentionBytesMin = 64u << 20; // the log keeps this much even without a secondary

constexpr std::uint64_t kEntryBytesLimit = 1u << 30;                     // the largest value of max_entry_size
constexpr std::uint64_t kRequestBytesUnlimited = std::uint64_t{1} << 62; // a negative max_request_size; the memory budget of all bodies still holds
constexpr std::chrono::nanoseconds kLogRotationDefault = std::chrono::hours{24};
constexpr std::chrono::nanoseconds kLeaseTtlDefault = std::chrono::hours{768};

Error invalid(std::string text)
{
    return Error{ErrorCode::InvalidArgument, std::move(text)};
}

/// Empty means: not given.
Result<std::string> parseApiAddr(std::string_view text)
{
    if (text.empty()) return std::string{};
    return parseOrigin(text);
}

// The cluster port always speaks TLS. Existing files use both schemes.
Result<std::string> parseClusterAddr(std::string_view text)
{
    auto origin = parseApiAddr(text);
    if (origin && origin->starts_with("http://")) origin = "https://" + origin->substr(7);
    return origin;
}

Result<std::int64_t> parseInteger(std::string_view text)
{
    if (text.empty()) return 0;
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return invalid("must be a whole number");
    return value;
}

/// Reads one file into a configuration. Other files can have been read into it before.
class FileReader {
public:
    FileReader(const fs::path& file, Config& config) : m_file{file}, m_config{config} {}

    Result<> read(const hcl::Object& root);

private:
    Result<> readStorage(const hcl::Labelled& block);
    Result<> readRetryJoin(const hcl::Object& body, hcl::Position position, StorageConfig& storage);
    Result<> readListener(const hcl::Labelled& block);
    Result<> readTelemetry(const hcl::Object& body);
    Result<> readReplication(const hcl::Object& body);
    Result<> readSeal(const hcl::Labelled& block);
    ConfigSection section(const hcl::Object& body, std::string name) { return {m_file, body, std::move(name), m_config.warnings}; }

    const fs::path& m_file;
    Config& m_config;
};

Result<> FileReader::read(const hcl::Object& root)
{
    auto top = section(root, "");
    top.readWith("api_addr", parseApiAddr, m_config.apiAddr);
    top.readWith("cluster_addr", parseClusterAddr, m_config.clusterAddr);
    top.read("cluster_name", m_config.clusterName);
    top.readWith("log_level", parseLogLevel, m_config.log.level);
    top.readWith("log_format", parseLogFormat, m_config.log.format);
    top.read("log_file", m_config.logFile.path);
    top.readDuration("log_rotate_duration", m_config.logFile.rotateAfter, kLogRotationDefault);
    top.readCount("log_rotate_bytes", m_config.logFile.rotateBytes, std::numeric_limits<std::int64_t>::max(), 0);
    top.readWith("log_rotate_max_files", parseInteger, m_config.logFile.archivedFilesMax);
    top.readDuration("default_lease_ttl", m_config.leaseTtlDefault, kLeaseTtlDefault);
    top.readDuration("max_lease_ttl", m_config.leaseTtlMax, kLeaseTtlDefault);
    top.read("disable_mlock", m_config.isMlockDisabled);
    top.read("raw_storage_endpoint", m_config.isRawStorageOpen);
    top.read("pid_file", m_config.pidFile);
    top.read("enable_unauthenticated_access", m_config.unauthenticatedAccess);
    for (const auto& family : m_config.unauthenticatedAccess.value_or(std::vector<std::string>{})) {
        if (family.empty()) continue;
        if (family == "generate-root" || family == "generate-operation-token" || family == "rekey") continue;
        top.fail("enable_unauthenticated_access", "takes generate-root, generate-operation-token and rekey, not \"" + family + '"');
    }
    const auto listeners = top.labelled("listener");
    const auto telemetry = top.unlabelled("telemetry");
    const auto replication = top.unlabelled("replication");
    const auto seals = top.labelled("seal");
    const auto lockouts = top.labelled("user_lockout");
    auto storages = top.labelled("storage");
    for (const auto& block : top.labelled("backend")) storages.push_back(block);
    if (storages.size() > 1) top.failAt(storages[1].position, "storage: only one storage block is possible");
    // This server has a console and no page in the browser.
    for (const auto& block : top.labelled("audit")) { // other servers have it; ignoring it would mean that nothing is audited
        top.failAt(block.position, "audit: devices are not read from this file; enable them by sys/audit (holdfast audit enable)");
    }
    top.accept({"ui"});
    top.acceptWithoutEffect({"ha_storage",
                             "ha_backend",
                             "service_registration",
                             "entropy",
                             "disable_cache",
                             "cache_size",
                             "disable_clustering",
                             "disable_performance_standby",
                             "disable_sealwrap",
                             "disable_printable_check",
                             "default_max_request_duration",
                             "introspection_endpoint",
                             "plugin_directory",
                             "plugin_file_uid",
                             "plugin_file_permissions",
                             "license_path",
                             "enable_response_header_hostname",
                             "enable_response_header_raft_node_id",
                             "log_requests_level",
                             "detect_deadlocks",
                             "experiments",
                             "administrative_namespace_path",
                             "allow_audit_log_prefixing",
                             "imprecise_lease_role_tracking",
                             "enable_post_unseal_trace",
                             "post_unseal_trace_directory",
                             "reporting",
                             "kms_library"});
    if (auto done = top.finish(); !done) return done;

    for (const auto& block : storages) {
        if (auto done = readStorage(block); !done) return done;
    }
    for (const auto& block : listeners) {
        if (auto done = readListener(block); !done) return done;
    }
    for (const auto* body : telemetry) {
        if (auto done = readTelemetry(*body); !done) return done;
    }
    for (const auto* body : replication) {
        if (auto done = readReplication(*body); !done) return done;
    }
    for (const auto& block : lockouts) {
        auto stanza = section(*block.body, "user_lockout \"" + std::string{block.label} + '"');
        if (auto done = readLockoutStanza(stanza, block, m_config.lockout); !done) return done;
    }
    for (const auto& block : seals) {
        if (auto done = readSeal(block); !done) return done;
    }
    return {};
}

Result<> FileReader::readStorage(const hcl::Labelled& block)
{
    auto stanza = section(*block.body, "storage \"" + std::string{block.label} + '"');
    StorageConfig storage;
    storage.type = block.label;
    storage.origin = stanza.originOf(block.position);
    static constexpr std::array<std::string_view, 3> kOnDisk = {"leveldb", "file", "raft"};
    const bool isOnDisk = std::ranges::find(kOnDisk, block.label) != kOnDisk.end();
    if (!isOnDisk && block.label != "inmem") {
        return invalid(storage.origin + ": storage: unknown type \"" + storage.type + "\" (leveldb, file, raft or inmem)");
    }
    storage.engine = isOnDisk ? StorageConfig::Engine::LevelDb : StorageConfig::Engine::Memory;
    if (isOnDisk) {
        stanza.read("path", storage.path);
    }
    stanza.readCount("max_entry_size", storage.entryBytesMax, kEntryBytesLimit, StorageConfig{}.entryBytesMax);
    if (block.label == "raft") {
        stanza.read("node_id", storage.nodeId);
        stanza.read("single_node", storage.isSingleNode);
        for (const auto* join : stanza.unlabelled("retry_join")) {
            if (auto done = readRetryJoin(*join, block.position, storage); !done) return done;
        }
        stanza.acceptWithoutEffect({"retry_join_as_non_voter", "performance_multiplier", "trailing_logs", "snapshot_threshold", "snapshot_interval",
                                    "autopilot_reconcile_interval", "autopilot_update_interval", "autopilot_upgrade_version",
                                    "autopilot_redundancy_zone", "apply_delay", "raft_wal", "raft_log_verifier_enabled",
                                    "raft_log_verification_interval"});
    }
    if (auto done = stanza.finish(); !done) return done;
    m_config.storage = std::move(storage);
    return {};
}

Result<> FileReader::readRetryJoin(const hcl::Object& body, hcl::Position position, StorageConfig& storage)
{
    auto stanza = section(body, "retry_join");
    StorageConfig::RetryJoin join;
    stanza.read("leader_api_addr", join.leader);
    std::string discovery;
    stanza.read("auto_join", discovery);
    if (join.leader.empty()) join.leader = discovery;
    join.origin = stanza.originOf(body.empty() ? position : body.front().position);
    stanza.accept({"auto_join_scheme", "auto_join_port", "leader_tls_servername", "leader_ca_cert_file", "leader_client_cert_file",
                   "leader_client_key_file", "leader_ca_cert", "leader_client_cert", "leader_client_key"});
    if (auto done = stanza.finish(); !done) return done;
    if (!join.leader.empty()) storage.retryJoins.push_back(std::move(join));
    return {};
}

Result<> FileReader::readListener(const hcl::Labelled& block)
{
    auto stanza = section(*block.body, "listener \"" + std::string{block.label} + '"');
    ListenerConfig listener;
    listener.origin = stanza.originOf(block.position);
    const bool isUnix = block.label == "unix";
    if (block.label != "tcp" && !isUnix)
        return invalid(listener.origin + ": listener: unknown type \"" + std::string{block.label} + "\" (tcp or unix)");
    if (!isUnix)
        stanza.readWith(
            "address",
            [](std::string_view text) { return text.empty() ? Result<ListenAddress>{ListenerConfig{}.address} : parseAddress(text, 8200); },
            listener.address);
    stanza.readWith(
        "cluster_address",
        [](std::string_view text) -> Result<std::optional<ListenAddress>> {
            if (text.empty()) return std::optional<ListenAddress>{};
            auto address = parseAddress(text, 8201);
            if (!address) return std::move(address).error();
            return std::optional{*std::move(address)};
        },
        listener.clusterAddress);
    stanza.read("tls_disable", listener.isTlsDisabled);
    stanza.read("tls_cert_file", listener.tlsCertFile);
    stanza.read("tls_key_file", listener.tlsKeyFile);
    stanza.read("tls_client_ca_file", listener.tlsClientCaFile);
    stanza.read("tls_require_and_verify_client_cert", listener.isClientCertRequired);
    stanza.readWith(
        "tls_min_version",
        [](std::string_view text) -> Result<ListenerConfig::TlsVersion> {
            if (text.empty() || text == "tls12") return ListenerConfig::TlsVersion::Tls12;
            if (text == "tls13") return ListenerConfig::TlsVersion::Tls13;
            return invalid("must be tls12 or tls13, not \"" + std::string{text} + '"');
        },
        listener.tlsVersionMin);
    stanza.readWith(
        "max_request_size",
        [](std::string_view text) -> Result<std::uint64_t> {
            auto bytes = parseInteger(text);
            if (!bytes) return std::move(bytes).error();
            if (*bytes == 0) return ListenerConfig{}.requestBytesMax;
            return *bytes < 0 ? kRequestBytesUnlimited : static_cast<std::uint64_t>(*bytes);
        },
        listener.requestBytesMax);
    stanza.readDuration("max_request_duration", listener.requestDurationMax, ListenerConfig{}.requestDurationMax);
    bool isClientCertDisabled = false;
    stanza.read("tls_disable_client_certs", isClientCertDisabled);
    for (const auto* body : stanza.unlabelled("telemetry")) {
        auto telemetry = section(*body, "telemetry of listener \"tcp\"");
        telemetry.read("unauthenticated_metrics_access", listener.isMetricsOpen);
        if (auto done = telemetry.finish(); !done) return done;
    }
    for (const auto* body : stanza.unlabelled("profiling")) {
        auto profiling = section(*body, "profiling of listener \"tcp\"");
        profiling.read("unauthenticated_in_flight_request_access", listener.isInFlightOpen);
        profiling.acceptWithoutEffect({"unauthenticated_pprof_access"});
        if (auto done = profiling.finish(); !done) return done;
    }
    for (const auto* body : stanza.unlabelled("inflight_requests_logging")) { // Vault's manual has this key here too
        auto inFlight = section(*body, "inflight_requests_logging of listener \"tcp\"");
        inFlight.read("unauthenticated_in_flight_requests_access", listener.isInFlightOpen);
        if (auto done = inFlight.finish(); !done) return done;
    }
    readListenerRules(stanza, block, listener.rules);
    if (isUnix) {
        listener.isTlsDisabled = true;
        listener.address.port = 0; // a Unix socket has no port, and no other listener uses 0
    }
    if (listener.rules.isTls12Max && listener.tlsVersionMin == ListenerConfig::TlsVersion::Tls13) {
        stanza.fail("tls_max_version", "is lower than tls_min_version");
    }

    const bool isTls = !listener.isTlsDisabled;
    if (isTls && listener.tlsCertFile.empty()) stanza.failAt(block.position, "listener: tls_cert_file is missing (or set tls_disable)");
    if (isTls && listener.tlsKeyFile.empty()) stanza.failAt(block.position, "listener: tls_key_file is missing (or set tls_disable)");
    if (isClientCertDisabled && listener.isClientCertRequired) {
        stanza.fail("tls_disable_client_certs", "contradicts tls_require_and_verify_client_cert");
    }
    if (listener.isClientCertRequired && listener.isTlsDisabled) stanza.fail("tls_require_and_verify_client_cert", "contradicts tls_disable");
    if (listener.isClientCertRequired && listener.tlsClientCaFile.empty()) {
        stanza.fail("tls_require_and_verify_client_cert", "needs tls_client_ca_file");
    }
    if (isClientCertDisabled) listener.tlsClientCaFile.clear();
    if (!listener.clusterAddress && listener.address.port == 65'535) stanza.fail("address", "leaves no port for the cluster; set cluster_address");
    if (auto done = stanza.finish(); !done) return done;
    // The announced addresses come from the first listener, which must be a network listener.
    const auto place = std::ranges::find_if(m_config.listeners, [&](const auto& other) { return !isUnix && other.rules.unixSocket; });
    m_config.listeners.insert(place, std::move(listener));
    return {};
}

Result<> FileReader::readTelemetry(const hcl::Object& body)
{
    auto stanza = section(body, "telemetry");
    stanza.read("prometheus_retention_time", m_config.telemetry.prometheusRetention);
    stanza.read("disable_hostname", m_config.telemetry.isHostnameDisabled);
    stanza.acceptWithoutEffect({"usage_gauge_period", "maximum_gauge_cardinality", "enable_hostname_label", "metrics_prefix", "prefix_filter",
                                "filter_default", "lease_metrics_epsilon", "num_lease_metrics_buckets", "add_lease_metrics_namespace_labels",
                                "add_mount_point_rollback_metrics", "statsite_address", "statsd_address", "dogstatsd_addr", "dogstatsd_tags",
                                "circonus_api_token", "stackdriver_project_id"});
    return stanza.finish();
}

Result<> FileReader::readReplication(const hcl::Object& body)
{
    auto stanza = section(body, "replication");
    auto& replication = m_config.replication;
    stanza.read("resolver_discover_servers", replication.discoversServers);
    stanza.readCount("logshipper_buffer_length", replication.logShipperEntriesMax, std::numeric_limits<std::uint32_t>::max(),
                     ReplicationConfig{}.logShipperEntriesMax);
    stanza.readWith(
        "logshipper_buffer_size",
        [](std::string_view text) -> Result<std::optional<std::uint64_t>> {
            if (text.empty()) return std::optional<std::uint64_t>{};
            auto bytes = parseByteCount(text);
            if (!bytes) return std::move(bytes).error();
            if (*bytes == 0) return std::optional<std::uint64_t>{};
            return std::optional<std::uint64_t>{*bytes};
        },
        replication.logShipperBytesMax);
    stanza.readWith(
        "log_retention_size",
        [](std::string_view text) -> Result<std::uint64_t> {
            if (text.empty()) return ReplicationConfig{}.logRetentionBytes;
            auto bytes = parseByteCount(text);
            if (!bytes) return std::move(bytes).error();
            if (*bytes == 0) return ReplicationConfig{}.logRetentionBytes;
            if (*bytes < kLogRetentionBytesMin) return invalid("must be at least 64 MiB");
            return *bytes;
        },
        replication.logRetentionBytes);
    stanza.read("log_retention_time", replication.logRetentionTime);
    if (replication.logRetentionTime.count() == 0) replication.logRetentionTime = ReplicationConfig{}.logRetentionTime;
    stanza.read("allow_forwarding_via_header", replication.isForwardingByHeaderAllowed);
    stanza.readDuration("best_effort_wal_wait_duration", replication.walWait, ReplicationConfig{}.walWait);
    stanza.readWith(
        "allow_forwarding_via_token",
        [](std::string_view text) -> Result<ReplicationConfig::TokenForwarding> {
            if (text.empty()) return ReplicationConfig::TokenForwarding::Off;
            if (text == "new_token") return ReplicationConfig::TokenForwarding::NewToken;
            return invalid("must be new_token, not \"" + std::string{text} + '"');
        },
        replication.tokenForwarding);
    return stanza.finish();
}

Result<> FileReader::readSeal(const hcl::Labelled& block)
{
    auto stanza = section(*block.body, "seal \"" + std::string{block.label} + '"');
    return readSealStanza(stanza, block, m_config);
}

Result<> readInto(Config& config, const fs::path& file, const InterfaceSource& interfaces)
{
    auto text = readConfigFile(file);
    if (!text) return std::move(text).error();
    auto root = hcl::parse(*text);
    if (!root) return std::move(root).error().withContext(file.string());
    if (auto expanded = expandAddresses(*root->object(), file, interfaces); !expanded) return expanded;
    return FileReader{file, config}.read(*root->object());
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
