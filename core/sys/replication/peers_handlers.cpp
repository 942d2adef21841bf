#include "core/sys/replication/peers_handlers.h"

#include "core/cluster/preflight/preflight.h"
#include "core/replication/peers/member_service.h"
#include "core/replication/peers/readiness.h"
#include "core/sys/replication/operation_guards.h"

#include <algorithm>

namespace core::sys {
namespace {

using mount::Response;
using replication::Type;

const FieldList kOperationFields{"dr_operation_token"};

/// A call that every cluster answers: with a token with read or update on the path, or on a DR secondary with a DR operation token.
void addAnywhere(RouteTable& routes, const ReplicationServices& services, std::string pattern, Handler work, const char* help,
                 Verb verbs = Verb::Read | Verb::Write, FieldList fields = {})
{
    fields.emplace_back("dr_operation_token");
    routes.add({.verbs = verbs,
                .pattern = std::move(pattern),
                .handle = guarded(onEveryCluster(services), std::move(work)),
                .isOnDrSecondary = true,
                .isSlow = true,
                .fields = std::move(fields),
                .help = help});
}

/// Whether the call's batch token could promote, and until when. Empty if the call has none.
std::optional<replication::OfferedToken> offeredToken(const ReplicationServices& services, Call& call)
{
    const auto id = call.fields.textOr("dr_operation_token", {});
    if (id.empty() || !services.manager->isDrSecondary()) return std::nullopt;
    const auto token = services.tokens->find(call.scope(), id, call.now());
    if (!token || !*token || (*token)->type != token::TokenType::Batch) return std::nullopt;
    const auto acl = services.policies->acl(call.scope(), (*token)->policies);
    if (!acl) return std::nullopt;
    const auto capabilities = (*acl)->capabilities("sys/replication/dr/secondary/promote");
    return replication::OfferedToken{std::ranges::find(capabilities, "update") != capabilities.end(), (*token)->expiresAt};
}

/// A field that is a secret. The copy that was made to read it is wiped.
SecretBytes secretField(mount::Fields& fields, std::string_view name)
{
    std::string text = fields.textOr(name, {});
    auto secret = SecretBytes::copyOf(std::string_view{text});
    wipe(text);
    return secret;
}

Response runPreflight(cluster::Preflight& preflight, Call& call)
{
    auto& fields = call.fields;
    cluster::Preflight::Options options{.apiAddress = fields.textOr("api_addr", {}),
                                        .clusterAddress = fields.textOr("cluster_addr", {}),
                                        .activationToken = secretField(fields, "token"),
                                        .caFile = fields.textOr("ca_file", {}),
                                        .caPem = fields.textOr("ca_pem", {}),
                                        .targetToken = secretField(fields, "target_token"),
                                        .ownCaPem = fields.textOr("own_ca_pem", {}),
                                        .isBack = fields.booleanOr("is_back", false)};
    return fields.refusal() ? *fields.refusal() : preflight.run(std::move(options));
}

} // namespace

void addReplicationPeerRoutes(RouteTable& routes, ReplicationServices services)
{
    replication::MemberService& peers = *services.peers;
    routes.add({.verbs = Verb::Read | Verb::Write,
                .pattern = "replication/performance/secondary/preview",
                .handle = [&peers](Call&) -> Result<Response> { return peers.preview().preview(Type::Performance); },
                .isSlow = true,
                .fields = FieldList{},
                .help = "Shows what a promotion of this performance secondary would lose, as far as the clusters that answer know it."});
    routes.add({.verbs = Verb::Write,
                .pattern = "replication/dr/secondary/preview",
                .handle = guarded(onlyOnDrSecondary(services), [&peers](Call&) { return peers.preview().preview(Type::Dr); }),
                .isOnDrSecondary = true,
                .isSlow = true,
                .fields = kOperationFields,
                .help = "Shows what a promotion of this DR secondary would lose, as far as the clusters that answer know it."});
    routes.add({.verbs = Verb::Write,
                .pattern = "replication/dr/secondary/salvage",
                .handle = guarded(onlyOnDrSecondary(services), [&peers](Call&) { return peers.salvage().run(); }),
                .isOnDrSecondary = true,
                .isSlow = true,
                .fields = kOperationFields,
                .help = "Copies shared entries that a performance secondary has received and this DR secondary has not."});
    addAnywhere(
        routes, services, "replication/links", [&peers](Call&) { return peers.links().links(); },
        "A verdict on each replication link of this cluster, computed from both ends.");
    addAnywhere(
        routes, services, "replication/dr/readiness",
        [services, &peers](Call& call) { return peers.links().readiness(offeredToken(services, call)); },
        "Whether each DR pair is ready for a failover, as a list of facts.");
    if (!services.preflight) return;
    addAnywhere(routes, services, "replication/preflight", [preflight = services.preflight](Call& call) { return runPreflight(*preflight, call); },
                "Checks everything that a link between this cluster and another one needs. Changes nothing.", Verb::Write,
                {"api_addr", "cluster_addr", "token", "ca_file", "ca_pem", "target_token", "own_ca_pem", "is_back"});
}

} // namespace core::sys
