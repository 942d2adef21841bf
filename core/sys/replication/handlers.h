#pragma once

#include "core/policy/policy_store.h"
#include "core/replication/manager/manager.h"
#include "core/sys/replication/operation_tokens.h"
#include "core/sys/routes/routes.h"
#include "core/token/token_store.h"

#include <functional>
#include <optional>
#include <string_view>

namespace core::replication {
class ForestKeeper;
class MemberService;
class PromotionReports;
} // namespace core::replication
namespace core::cluster {
class Preflight;
} // namespace core::cluster

namespace core::sys {

struct ReplicationServices {
    replication::ReplicationManager* manager = nullptr;
    OperationTokens* operationTokens = nullptr;
    token::TokenStore* tokens = nullptr;     // batch tokens as DR operation tokens
    policy::PolicyStore* policies = nullptr; // and their rights
    replication::ForestKeeper* forestKeeper = nullptr;
    replication::MemberService* peers = nullptr;         // null: no other members are called
    replication::PromotionReports* promotions = nullptr; // null: promotions are not reported
    cluster::Preflight* preflight = nullptr;
    std::function<int()> shareThreshold; // the number of key shares for a DR operation token
};

/// True if the token allows a DR operation on the call's path. A token made by a quorum allows all of them, a batch token those that its
/// policies allow. A root token allows none (spec: replication-api.md §2.4). Errors: those of the views.
Result<bool> mayOperate(const ReplicationServices& services, Call& call, const std::string& token);
/// The refusal of a call that needs a DR operation token. Empty if the token in its body allows the call. Errors: those of the views.
Result<std::optional<mount::Response>> drRefusal(const ReplicationServices& services, Call& call);

/// Refuses `address` if it is not the address of a cluster port ("https://host:8201" or "host:8201"). Returns nothing if it is one, or if it is empty.
/// The text names `field`.
std::optional<mount::Response> clusterAddressRefusal(std::string_view field, const std::string& address);

/// sys/replication (spec: replication-api.md §2), with the older paths without a type. What the pointers in `services` point to must outlive the table.
void addReplicationRoutes(RouteTable& routes, ReplicationServices services);

} // namespace core::sys
