#include "core/server/config.h"

#include "core/server/config_seal.h"
#include "core/server/config_section.h"
#include "core/server/config_values.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <system_error>

namespace core::server {

using namespace policy;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kLogRetentionBytesMin = 64u << 20; // what the log keeps without any secondary

constexpr std::uint64_t kRequestBytesLimit = 1u << 30;

Error invalid(std::string text)
{
    return Error{ErrorCode::InvalidArgument, std::move(text)};
}

Result<std::string> parseApiAddr(std::string_view text)
{
    return parseOrigin(text);
}

// The cluster port speaks TLS whatever the scheme says, and existing files use both.
Result<std::string> parseClusterAddr(std::string_view text)
{
    auto origin = parseOrigin(text);
    if (origin && origin->starts_with("http://")) origin = "https://" + origin->substr(7);
    return origin;
}

/// Reads one file into a configuration that others may have been read into before.
class FileReader {
public:
    FileReader(const fs::path& file, Config& config) : m_file{file}, m_config{config} {}

    Result<> read(const hcl::Object& root);

private:
    Result<> readStorage(const hcl::Labelled& block);
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
    top.readWith("log_format", [](std::string_view text) -> Result<logging::Format> {
        if (text.empty() || text == "standard") return logging::Format::Standard;
        if (text == "json") return logging::Format::Json;
        return invalid("must be standard or json, not \"" + std::string{text} + '"');
    }, m_config.log.format);
    top.read("log_file", m_config.log.file);
    top.read("default_lease_ttl", m_config.leaseTtlDefault);
    top.read("max_lease_ttl", m_config.leaseTtlMax);
    top.read("disable_mlock", m_config.isMlockDisabled);
    top.read("raw_storage_endpoint", m_config.isRawStorageOpen);
    top.read("pid_file", m_config.pidFile);
    top.read("enable_unauthenticated_access", m_config.unauthenticatedAccess);
    for (const auto& family : m_config.unauthenticatedAccess.value_or(std::vector<std::string>{})) {
        if (family == "generate-root" || family == "generate-operation-token" || family == "rekey") continue;
        top.fail("enable_unauthenticated_access", "takes generate-root, generate-operation-token and rekey, not \"" + family + '"');
    }
    const auto listeners = top.labelled("listener");
    const auto telemetry = top.unlabelled("telemetry");
    const auto replication = top.unlabelled("replication");
    const auto seals = top.labelled("seal");
    auto storages = top.labelled("storage");
    for (const auto& block : top.labelled("backend")) storages.push_back(block);
    if (storages.size() > 1) top.failAt(storages[1].position, "storage: only one storage block is possible");
    // A console, and no page in the browser, is what goes with this server.
    top.accept({"ui"});
    top.acceptWithoutEffect({"ha_storage", "ha_backend", "service_registration", "entropy", "user_lockout", "disable_cache", "cache_size",
                             "disable_clustering", "disable_performance_standby", "disable_sealwrap", "disable_printable_check",
                             "default_max_request_duration", "introspection_endpoint", "plugin_directory", "plugin_file_uid",
                             "plugin_file_permissions", "license_path", "enable_response_header_hostname",
                             "enable_response_header_raft_node_id", "log_rotate_duration", "log_rotate_bytes", "log_rotate_max_files",
                             "log_requests_level", "detect_deadlocks", "experiments", "administrative_namespace_path", "imprecise_lease_role_tracking",
                             "enable_post_unseal_trace", "post_unseal_trace_directory", "reporting", "kms_library"});
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
        if (storage.path.empty()) stanza.failAt(block.position, "storage: path is missing");
    }
    if (block.label == "raft") {
        stanza.read("node_id", storage.nodeId);
        stanza.acceptWithoutEffect({"retry_join", "retry_join_as_non_voter", "performance_multiplier", "trailing_logs", "snapshot_threshold",
                                    "snapshot_interval", "max_entry_size", "autopilot_reconcile_interval", "autopilot_update_interval",
                                    "autopilot_upgrade_version", "autopilot_redundancy_zone", "apply_delay", "raft_wal", "raft_log_verifier_enabled",
                                    "raft_log_verification_interval"});
    }
    if (auto done = stanza.finish(); !done) return done;
    m_config.storage = std::move(storage);
    return {};
}

Result<> FileReader::readListener(const hcl::Labelled& block)
{
    auto stanza = section(*block.body, "listener \"" + std::string{block.label} + '"');
    ListenerConfig listener;
    listener.origin = stanza.originOf(block.position);
    const bool isUnix = block.label == "unix";
    if (block.label != "tcp" && !isUnix) return invalid(listener.origin + ": listener: unknown type \"" + std::string{block.label} + "\" (tcp or unix)");
    if (!isUnix) stanza.readWith("address", [](std::string_view text) { return parseAddress(text, 8200); }, listener.address);
    stanza.readWith("cluster_address", [](std::string_view text) { return parseAddress(text, 8201); }, listener.clusterAddress);
    stanza.read("tls_disable", listener.isTlsDisabled);
    stanza.read("tls_cert_file", listener.tlsCertFile);
    stanza.read("tls_key_file", listener.tlsKeyFile);
    stanza.read("tls_client_ca_file", listener.tlsClientCaFile);
    stanza.read("tls_require_and_verify_client_cert", listener.isClientCertRequired);
    stanza.readWith("tls_min_version", [](std::string_view text) -> Result<ListenerConfig::TlsVersion> {
        if (text == "tls12") return ListenerConfig::TlsVersion::Tls12;
        if (text == "tls13") return ListenerConfig::TlsVersion::Tls13;
        return invalid("must be tls12 or tls13, not \"" + std::string{text} + '"');
    }, listener.tlsVersionMin);
    stanza.readInteger("max_request_size", listener.requestBytesMax, 1, kRequestBytesLimit);
    stanza.read("max_request_duration", listener.requestDurationMax);
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
    readListenerRules(stanza, block, listener.rules);
    if (isUnix) {
        listener.isTlsDisabled = true;
        listener.address.port = 0; // it has none, and no other listener takes it
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
    if (listener.requestDurationMax.count() == 0) stanza.fail("max_request_duration", "must be longer than zero");
    if (auto done = stanza.finish(); !done) return done;
    // The addresses that are handed out come from the first one, which must be one of the network's.
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
    stanza.readInteger("logshipper_buffer_length", replication.logShipperEntriesMax, 1, std::numeric_limits<std::uint32_t>::max());
    stanza.readWith("logshipper_buffer_size", [](std::string_view text) -> Result<std::optional<std::uint64_t>> {
        if (text.empty()) return std::optional<std::uint64_t>{};
        auto bytes = parseByteCount(text);
        if (!bytes) return std::move(bytes).error();
        if (*bytes == 0) return invalid("must be larger than zero");
        return std::optional<std::uint64_t>{*bytes};
    }, replication.logShipperBytesMax);
    stanza.readWith("log_retention_size", [](std::string_view text) -> Result<std::uint64_t> {
        if (text.empty()) return ReplicationConfig{}.logRetentionBytes;
        auto bytes = parseByteCount(text);
        if (!bytes) return std::move(bytes).error();
        if (*bytes == 0) return ReplicationConfig{}.logRetentionBytes;
        if (*bytes < kLogRetentionBytesMin) return invalid("must be at least 64 MiB");
        return *bytes;
    }, replication.logRetentionBytes);
    stanza.read("log_retention_time", replication.logRetentionTime);
    if (replication.logRetentionTime.count() == 0) replication.logRetentionTime = ReplicationConfig{}.logRetentionTime;
    stanza.read("allow_forwarding_via_header", replication.isForwardingByHeaderAllowed);
    stanza.read("best_effort_wal_wait_duration", replication.walWait);
    stanza.readWith("allow_forwarding_via_token", [](std::string_view text) -> Result<ReplicationConfig::TokenForwarding> {
        if (text.empty()) return ReplicationConfig::TokenForwarding::Off;
        if (text == "new_token") return ReplicationConfig::TokenForwarding::NewToken;
        return invalid("must be new_token, not \"" + std::string{text} + '"');
    }, replication.tokenForwarding);
    return stanza.finish();
}

Result<> FileReader::readSeal(const hcl::Labelled& block)
{
    auto stanza = section(*block.body, "seal \"" + std::string{block.label} + '"');
    return readSealStanza(stanza, block, m_config);
}

Result<std::string> readFile(const fs::path& file)
{
    std::error_code error;
    const auto status = fs::status(file, error);
    if (!fs::exists(status)) return Error{ErrorCode::NotFound, file.string() + ": no such file"};
    std::ifstream in{file, std::ios::binary};
    std::string text(hcl::kDocumentBytesMax + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!in.is_open() || in.bad()) return Error{ErrorCode::Io, file.string() + ": cannot be read"};
    text.resize(static_cast<std::size_t>(in.gcount()));
    return text;
}

Result<> readInto(Config& config, const fs::path& file)
{
    auto text = readFile(file);
    if (!text) return std::move(text).error();
    auto root = hcl::parse(*text);
    if (!root) return std::move(root).error().withContext(file.string());
    return FileReader{file, config}.read(*root->object());
}

/// The file itself, or the configuration files of a directory in order of name.
Result<std::vector<fs::path>> filesOf(const fs::path& path)
{
    std::error_code error;
    if (!fs::is_directory(path, error)) return std::vector<fs::path>{path};
    std::vector<fs::path> files;
    for (fs::directory_iterator entry{path, error}; !error && entry != fs::directory_iterator{}; entry.increment(error)) {
        const auto extension = entry->path().extension();
        std::error_code ignored;
        if ((extension == ".hcl" || extension == ".json") && entry->is_regular_file(ignored)) files.push_back(entry->path());
    }
    if (error) return Error{ErrorCode::Io, path.string() + ": " + error.message()};
    if (files.empty()) return Error{ErrorCode::NotFound, path.string() + ": no *.hcl or *.json file in it"};
    std::ranges::sort(files);
    return files;
}

Result<> overrideAll(Config& config, const Environment& environment)
{
    if (auto done = take(environment, "VAULT_API_ADDR", parseApiAddr, config.apiAddr); !done) return done;
    if (auto done = take(environment, "VAULT_CLUSTER_ADDR", parseClusterAddr, config.clusterAddr); !done) return done;
    return take(environment, "VAULT_LOG_LEVEL", parseLogLevel, config.log.level);
}

// A server that listens everywhere is reached, by itself at least, on the loopback address.
std::string reachableHost(const std::string& host)
{
    if (host == "0.0.0.0") return "127.0.0.1";
    return host == "::" ? "::1" : host;
}

} // namespace

std::optional<std::string> processEnvironment(std::string_view name)
{
    const char* value = std::getenv(std::string{name}.c_str());
    if (!value) return std::nullopt;
    return value;
}

Result<Config> loadConfig(const std::vector<fs::path>& paths, const Environment& environment)
{
    Config config;
    for (const auto& path : paths) {
        auto files = filesOf(path);
        if (!files) return std::move(files).error();
        for (const auto& file : *files) {
            if (auto done = readInto(config, file); !done) return std::move(done).error();
        }
    }
    if (auto done = completeSeal(config, environment); !done) return std::move(done).error();
    if (config.storage.type.empty()) return invalid("the configuration names no storage");
    if (config.listeners.empty()) return invalid("the configuration names no listener");
    if (config.leaseTtlDefault > config.leaseTtlMax) return invalid("default_lease_ttl is longer than max_lease_ttl");
    for (auto listener = config.listeners.begin(); listener != config.listeners.end(); ++listener) {
        const auto same = std::find_if(config.listeners.begin(), listener, [&](const auto& other) { return other.address == listener->address; });
        if (same != listener && listener->address.port != 0) {
            return invalid(listener->origin + ": listener: " + toString(listener->address) + " is taken by the one at " + same->origin);
        }
    }
    if (auto done = overrideAll(config, environment); !done) return std::move(done).error();
    return config;
}

void applyEnvironment(DevOptions& options, const Environment& environment)
{
    if (options.rootTokenId.empty()) options.rootTokenId = environment("VAULT_DEV_ROOT_TOKEN_ID").value_or("");
    if (options.listenAddress.empty()) options.listenAddress = environment("VAULT_DEV_LISTEN_ADDRESS").value_or("");
}

Result<Config> makeDevConfig(const DevOptions& options, const Environment& environment)
{
    Config config;
    config.storage = StorageConfig{StorageConfig::Engine::Memory, "inmem", {}, {}, "-dev"};
    config.isMlockDisabled = true;
    ListenerConfig listener;
    listener.isTlsDisabled = true;
    listener.origin = "-dev";
    if (!options.listenAddress.empty()) {
        auto address = parseAddress(options.listenAddress, 8200);
        if (!address) return std::move(address).error().withContext("-dev-listen-address");
        if (address->port == 65'535) return invalid("-dev-listen-address: leaves no port for the cluster");
        listener.address = *std::move(address);
    }
    config.listeners.push_back(std::move(listener));
    if (auto done = overrideAll(config, environment); !done) return std::move(done).error();
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

Address Config::clusterListenAddress() const
{
    const auto& listener = listeners.front();
    if (listener.clusterAddress) return *listener.clusterAddress;
    // Port 0 asks the system for any free port, here as well.
    return Address{listener.address.host, static_cast<std::uint16_t>(listener.address.port == 0 ? 0 : listener.address.port + 1)};
}

std::string Config::effectiveApiAddr() const
{
    if (!apiAddr.empty()) return apiAddr;
    const auto& listener = listeners.front();
    return (listener.isTlsDisabled ? "http://" : "https://") + toString(Address{reachableHost(listener.address.host), listener.address.port});
}

std::string Config::effectiveClusterAddr() const
{
    if (!clusterAddr.empty()) return clusterAddr;
    const auto address = clusterListenAddress();
    return "https://" + toString(Address{reachableHost(address.host), address.port});
}

} // namespace core::server
