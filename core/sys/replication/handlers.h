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
    policy::PolicyStore* policies = nullptr; // and what they may do
    replication::ForestKeeper* forestKeeper = nullptr;
    replication::MemberService* peers = nullptr;         // null: no other members are asked
    replication::PromotionReports* promotions = nullptr; // null: nobody is shown a promotion
    cluster::Preflight* preflight = nullptr;
    std::function<int()> shareThreshold; // how many key shares make a DR operation token
};

/// Whether the token may do a DR operation on the call's path: one made by a quorum may do them all, a batch token what its
/// policies say. A root token may not (spec: replication-api.md §2.4).
Result<bool> mayOperate(const ReplicationServices& services, Call& call, const std::string& id);
/// The refusal of a call that takes a DR operation token, or nothing when the one in its body allows it.
Result<std::optional<mount::Response>> drRefusal(const ReplicationServices& services, Call& call);

/// The refusal of a field that must be the address of a cluster port ("https://host:8201" or "host:8201"), or nothing: it is one, or empty.
std::optional<mount::Response> clusterAddressRefusal(std::string_view field, const std::string& address);

/// sys/replication (spec: replication-api.md §2), with the older paths without a type. What it takes outlives the table.
void addReplicationRoutes(RouteTable& routes, ReplicationServices services);

} // namespace core::sys
