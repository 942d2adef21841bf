#pragma once

#include "core/base/reported_version.h"
#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/base/secret_bytes.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace core::sys {

struct SealStatus {
    std::string type = "shamir";
    bool isAutomatic = false; // shares are recovery keys
    bool isMigrating = false; // to another type of seal
    bool isInitialized = false;
    bool isSealed = true;
    int threshold = 0;
    int shareCount = 0;
    int progress = 0;
    std::string nonce;
    bool areSharesPrimarys = false; // this cluster joined a replication set, and has the primary's key shares
    std::string storageType;
    std::string clusterName; // when unsealed
    std::string clusterId;
};

/// How a secondary follows its primary.
struct Following {
    std::string type; // "performance", "dr"
    bool isConnected = false;
    /// How long ago this cluster had everything that the primary had. Empty while that is not known yet.
    std::optional<std::chrono::milliseconds> lag;
    std::chrono::milliseconds clockSkew{0}; // how far this cluster's clock is ahead of the primary's
};

struct Health {
    bool isInitialized = false;
    bool isSealed = true;
    bool isDrSecondary = false;
    std::string performanceMode = "unknown";
    std::string drMode = "unknown";
    std::string clusterName;
    std::string clusterId;
    std::uint64_t lastWal = 0;
    std::optional<Following> following; // only on a secondary
    std::string twoPrimaries;           // a former primary that still answers as a primary; empty: none
    std::string auditFailure;           // no audit device works, so every request is refused; empty: requests are served
};

struct Leader {
    std::string apiAddress;
    std::string clusterAddress;
    WallTime activeSince;
    std::uint64_t lastWal = 0;
    bool isHaEnabled = false; // depends on the configured storage; the only node is then its own leader
};

/// Why a node cannot join another one: the text at the start, in sys/storage/raft/join and in the command line.
inline constexpr const char* kJoinRefusal = "a cluster of this server has one node, so three nodes would become three clusters with different data";

struct InitOptions { // for the recovery keys if the seal is automatic
    int shareCount = 5;
    int threshold = 3;
};

struct InitResult {
    std::vector<SecretBytes> shares;
    std::string rootToken;
};

/// The node, as seen by the endpoints that answer while it is sealed. Thread-safe. The verbs block.
class Node {
public:
    virtual ~Node() = default;
    virtual SealStatus sealStatus() const = 0;
    virtual Health health() const = 0;
    virtual Leader leader() const = 0;
    /// Errors: InvalidArgument (with the API's text), FailedPrecondition (`Vault is already initialized`), Io, NoSpace.
    virtual Result<InitResult> initialize(const InitOptions& options) = 0;
    /// Gives one share. `isMigration`: it is for a move to the configured seal. Errors: InvalidArgument with the API's text; FailedPrecondition (not
    /// initialised); Corrupt; Unavailable and other errors of an automatic seal.
    virtual Result<> provideUnsealShare(SecretBytes share, bool isMigration) = 0;
    virtual void resetUnseal() = 0;
};

} // namespace core::sys
