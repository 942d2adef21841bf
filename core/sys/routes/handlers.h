#pragma once

#include "core/audit/broker.h"
#include "core/auth/lockout/user_lockout.h"
#include "core/identity/rights.h"
#include "core/lease/lease_manager.h"
#include "core/mount/mount_table.h"
#include "core/policy/policy_store.h"
#include "core/quota/lease_counts.h"
#include "core/sys/routes/routes.h"
#include "core/token/token_store.h"
#include "core/token/wrapping.h"

namespace core::sys {

/// Each function adds one group of routes to the table. Its parameters must outlive the table.

/// Why a shared mount must not be made at a path of a table (for an auth method with "auth/"): another cluster of the set has a local mount
/// there. Empty: it can be made. Null: no other cluster is known.
using SharedMountRefusal = std::function<std::string(mount::TableKind kind, const std::string& path)>;

/// mounts, auth, remount. Tokens of an auth method end with its mount.
void addMountRoutes(RouteTable& routes, mount::MountTable& mounts, const mount::Router& router, lease::LeaseManager& leases,
                    const SharedMountRefusal& refusal = {});
/// policies/acl and the older policy.
void addPolicyRoutes(RouteTable& routes, const policy::PolicyStore& policies);
/// policies/password: the rules of passwords that engines make for other systems.
void addPasswordPolicyRoutes(RouteTable& routes);
/// capabilities, capabilities-self, capabilities-accessor.
void addCapabilityRoutes(RouteTable& routes, const identity::Rights& rights, token::TokenStore& tokens);
/// internal/ui.
void addInternalUiRoutes(RouteTable& routes, const identity::Rights& rights, const mount::Router& router);
/// Null without a valid token. For paths that need no token, but show more with one.
Result<std::shared_ptr<const policy::Acl>> aclOfCaller(const Call& call, const identity::Rights& rights);
/// Whether the rights concern the mount or anything below it; without rights it does not.
bool isVisibleTo(const policy::Acl* acl, const mount::MountEntry& entry);
/// Whether a family of node endpoints (NodeEndpoints::familyOf) needs no token.
using OpenFamily = std::function<bool(std::string_view family)>;
/// internal/specs/openapi.
void addOpenApiRoutes(RouteTable& routes, const identity::Rights& rights, const mount::Router& router, OpenFamily isOpen);
/// quotas: rate limits and limits of leases.
void addQuotaRoutes(RouteTable& routes, const mount::Router& router, const quota::LeaseCounts* leases = nullptr);
/// wrapping: wrap, lookup, unwrap, rewrap, pubkey.
void addWrappingRoutes(RouteTable& routes, token::Wrapping& wrapping);
/// leases, and the older renew and revoke.
void addLeaseRoutes(RouteTable& routes, token::TokenStore& tokens, lease::LeaseManager& leases);
/// audit, audit-hash, config/auditing/request-headers.
void addAuditRoutes(RouteTable& routes, audit::Broker& audit, const SharedMountRefusal& refusal = {});
/// The answers of a cluster of one node about its members.
struct ClusterFacts {
    std::string nodeId;
    std::string clusterAddress; // host:port
    std::uint64_t lastIndex = 0;
    WallTime activeSince;
};
/// The functions that the cluster's routes call.
struct ClusterServices {
    std::function<ClusterFacts()> facts;
    std::function<boost::json::object()> configuration;
    std::function<bool()> isDrSecondary;
    /// The refusal of a call with a DR operation token. Empty if the call is allowed.
    std::function<Result<std::optional<mount::Response>>(Call&)> drRefusal;
    const token::TokenStore* tokens = nullptr;
};
/// storage/raft/configuration and autopilot/state, config/state/sanitized, internal/counters/tokens.
void addClusterRoutes(RouteTable& routes, ClusterServices services);
/// locked-users: the users that are locked after wrong credentials, and unlock.
void addLockedUserRoutes(RouteTable& routes, auth::UserLockout& lockout, const mount::MountTable& mounts);
/// plugins/catalog: the types that can be mounted.
void addPluginCatalogRoutes(RouteTable& routes, const mount::BackendRegistry& registry);
/// config/ui/headers: header lines for the pages of a web interface.
void addUiHeaderRoutes(RouteTable& routes);
/// internal/counters but those of tokens and requests: entities, activity, config.
void addCounterRoutes(RouteTable& routes);
/// monitor, loggers: the log of this process and its levels.
void addMonitorRoutes(RouteTable& routes);
/// tools/random, tools/hash.
void addToolRoutes(RouteTable& routes);
/// decode-token.
void addDecodeTokenRoute(RouteTable& routes);
/// license/status, license/features: the features of this program. Nothing needs a licence.
void addLicenseRoutes(RouteTable& routes);

/// A mount as sys/mounts shows it: `config` holds the mount's own lease times, 0 for the system's.
boost::json::object mountAnswer(const mount::MountEntry& entry);
/// Ends every token that was issued at a path below `prefix`.
Result<> revokeTokensBelow(Call& call, lease::LeaseManager& leases, std::string_view prefix);
/// A JSON list of the texts.
boost::json::array textArray(const std::vector<std::string>& items);

} // namespace core::sys
