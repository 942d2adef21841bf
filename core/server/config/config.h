#pragma once

#include "core/auth/lockout/user_lockout.h"
#include "core/base/log_file.h"
#include "core/base/result.h"
#include "core/crypto/pkcs11_key.h"
#include "core/server/config/listener_rules.h"
#include "core/server/config/network_interfaces.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core::server {

/// A host (name or address, IPv6 without brackets) and a port.
struct ListenAddress {
    std::string host;
    std::uint16_t port = 0;

    bool operator==(const ListenAddress&) const = default;
};

/// "host:port", IPv6 in brackets.
std::string toString(const ListenAddress& address);

struct StorageConfig {
    enum class Engine { LevelDb, Memory };

    Engine engine = Engine::LevelDb;
    std::string type;                       // as configured, and as in seal-status: leveldb, file, raft, inmem
    std::filesystem::path path;             // empty for inmem
    std::string nodeId;                     // raft's name of the node; only shown
    std::uint64_t entryBytesMax = 1u << 20; // max_entry_size: of one stored entry that a request writes, sealed
    std::string origin;                     // "file:line", for messages
    /// raft: single_node says that this node is alone and that retry_join can be ignored.
    bool isSingleNode = false;
    struct RetryJoin {
        std::string leader; // leader_api_addr, or the query of auto_join
        std::string origin;
    };
    std::vector<RetryJoin> retryJoins{};
};

struct ListenerConfig {
    enum class TlsVersion { Tls12, Tls13 };

    ListenAddress address{"127.0.0.1", 8200};
    std::optional<ListenAddress> clusterAddress; // empty: same host, port + 1
    bool isTlsDisabled = false;
    std::filesystem::path tlsCertFile; // chain in PEM
    std::filesystem::path tlsKeyFile;
    std::filesystem::path tlsClientCaFile; // empty: client certificates are not checked
    bool isClientCertRequired = false;
    TlsVersion tlsVersionMin = TlsVersion::Tls12;
    std::uint64_t requestBytesMax = 32u << 20;
    std::chrono::nanoseconds requestDurationMax = std::chrono::seconds{90};
    bool isMetricsOpen = false;  // sys/metrics without a token
    bool isInFlightOpen = false; // sys/in-flight-req without a token
    ListenerRules rules;
    std::string origin;
};

struct TelemetryConfig {
    std::chrono::nanoseconds prometheusRetention = std::chrono::hours{24}; // zero: no Prometheus metrics
    bool isHostnameDisabled = false;
};

/// Spec: replication-behaviour.md §5.
struct ReplicationConfig {
    enum class TokenForwarding { Off, NewToken };

    bool discoversServers = true;
    std::uint64_t logShipperEntriesMax = 16'384;
    std::optional<std::uint64_t> logShipperBytesMax; // empty: the store's default
    bool isForwardingByHeaderAllowed = false;
    std::chrono::nanoseconds walWait = std::chrono::seconds{2}; // best_effort_wal_wait_duration
    TokenForwarding tokenForwarding = TokenForwarding::Off;
    std::uint64_t logRetentionBytes = 256u << 20; // of the log on disk, for secondaries that are not connected
    std::chrono::nanoseconds logRetentionTime = std::chrono::hours{24};
};

/// The seal of the node; without a stanza, Shamir's.
struct SealConfig {
    std::string type = "shamir";       // or pkcs11
    crypto::Pkcs11Key::Options pkcs11; // if that is the type
    std::string origin;                // "file:line", empty without a stanza
};

/// The configuration of `holdfast server`.
struct Config {
    StorageConfig storage;
    std::vector<ListenerConfig> listeners;
    TelemetryConfig telemetry;
    ReplicationConfig replication;
    SealConfig seal;
    SealConfig formerSeal;   // a stanza with `disabled`: the seal to move away from; type shamir: none
    std::string apiAddr;     // URL; empty: made from the first listener
    std::string clusterAddr; // URL; empty: made from the first listener
    std::string clusterName; // empty: generated at initialisation
    logging::Options log;
    logging::FileOptions logFile; // log_file, log_rotate_*
    std::chrono::nanoseconds leaseTtlDefault = std::chrono::hours{768};
    std::chrono::nanoseconds leaseTtlMax = std::chrono::hours{768};
    auth::LockoutSettings lockout; // user_lockout stanzas, VAULT_DISABLE_USER_LOCKOUT
    bool isMlockDisabled = false;
    bool isRawStorageOpen = false; // raw_storage_endpoint
    /// enable_unauthenticated_access: the families of endpoints that need no token (sys::NodeEndpoints::familyOf()). Empty optional: all of them.
    std::optional<std::vector<std::string>> unauthenticatedAccess;
    std::filesystem::path pidFile;

    /// Warnings for the author of the file: "file:line: …" for keys that are unknown or have no effect.
    std::vector<std::string> warnings;

    /// True if the endpoints of the family need no token.
    bool isOpenWithoutToken(std::string_view family) const;
    /// The URL for clients and peers, from api_addr or the first listener.
    std::string effectiveApiAddr() const;
    /// The cluster port's URL: cluster_addr, or else the host of api_addr with the next port, or else from the first listener.
    /// Empty: api_addr leaves no port.
    std::string effectiveClusterAddr() const;
    /// False if the server listens on all addresses and nothing says which one others can reach.
    bool isApiAddrKnown() const;
    /// Problems of the two announced addresses, in sentences for the log.
    std::vector<std::string> addressWarnings() const;
    /// The address of the cluster port, from the first listener.
    ListenAddress clusterListenAddress() const;
};

/// The widest limits of all listeners. A request that another cluster forwards has passed a listener there.
mount::JsonLimits widestJsonLimits(const std::vector<ListenerConfig>& listeners);

/// Returns the value of an environment variable; empty if it is not set. Tests pass their own function.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;
/// The environment of the process.
std::optional<std::string> processEnvironment(std::string_view name);

/// Reads files, or the *.hcl and *.json of directories in the order of names (without hidden files and leftovers of editors), in Vault's
/// format. If several files have a key, the last one counts; listeners are added. VAULT_API_ADDR, VAULT_CLUSTER_ADDR,
/// VAULT_LOG_LEVEL, VAULT_LOG_FORMAT, VAULT_RAFT_NODE_ID and VAULT_RAFT_PATH override.
/// Errors: InvalidArgument ("file:line: key: what is wrong"), NotFound, Io, TooLarge.
Result<Config> loadConfig(const std::vector<std::filesystem::path>& paths, const Environment& environment = processEnvironment,
                          const InterfaceSource& interfaces = systemInterfaces);

/// The flags of `holdfast server -dev`: a server in memory, initialised, unsealed, with a kv engine at secret/.
struct DevOptions {
    bool isOn = false;                             // -dev, or another flag that implies it
    std::string rootTokenId;                       // -dev-root-token-id, VAULT_DEV_ROOT_TOKEN_ID; empty: generated
    std::string listenAddress;                     // -dev-listen-address, VAULT_DEV_LISTEN_ADDRESS; empty: 127.0.0.1:8200
    bool isTokenStored = true;                     // false: -dev-no-store-token, which does not write ~/.vault-token
    bool isKvMounted = true;                       // false: -dev-no-kv
    bool isKvVersion1 = false;                     // -dev-kv-v1
    bool isInitialized = true;                     // false: -dev-skip-init
    bool isTls = false;                            // -dev-tls
    std::filesystem::path tlsCertFile, tlsKeyFile; // of the listener, if TLS is on
};

/// Takes values of the environment that the command line does not give.
void applyEnvironment(DevOptions& options, const Environment& environment = processEnvironment);

/// The configuration of a dev server, overridden by files and folders (a folder can be empty). Listeners are added.
/// Errors: InvalidArgument (listen address), those of loadConfig().
Result<Config> makeDevConfig(const DevOptions& options, const std::vector<std::filesystem::path>& paths = {},
                             const Environment& environment = processEnvironment, const InterfaceSource& interfaces = systemInterfaces);

} // namespace core::server
