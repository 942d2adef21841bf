#include "core/server/config/config_file_reader.h"

#include "core/server/config/config_seal.h"
#include "core/server/config/config_values.h"

#include <algorithm>
#include <array>

namespace core::server {

using namespace policy;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kLogRetentionBytesMin = 64u << 20; // the log keeps this much even without a secondary
constexpr std::uint64_t kEntryBytesLimit = 1u << 30;       // the largest value of max_entry_size
constexpr std::chrono::nanoseconds kLogRotationDefault = std::chrono::hours{24};
constexpr std::chrono::nanoseconds kLeaseTtlDefault = std::chrono::hours{768};

Error invalid(std::string text)
{
    return Error{ErrorCode::InvalidArgument, std::move(text)};
}

/// Each function reads one stanza.
class FileReader {
public:
    FileReader(const fs::path& file, Config& config) : m_file{file}, m_config{config} {}

    Result<> read(const hcl::Object& root);

private:
    Result<> readStorage(const hcl::Labelled& block);
    Result<> readRetryJoin(const hcl::Object& body, hcl::Position position, StorageConfig& storage);
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
        if (auto done = readListenerStanza(m_file, block, m_config); !done) return done;
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

} // namespace

Result<> readConfigRoot(const fs::path& file, const hcl::Object& root, Config& config)
{
    return FileReader{file, config}.read(root);
}

} // namespace core::server
