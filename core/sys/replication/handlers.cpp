#include "core/sys/replication/handlers.h"

#include "core/base/cidr.h"
#include "core/base/origin.h"
#include "core/replication/scope/forward_bounds.h"
#include "core/replication/peers/member_service.h"
#include "core/replication/promotion/promotion_reports.h"
#include "core/sys/replication/operation_guards.h"

namespace core::sys {
namespace {

namespace json = boost::json;
using mount::Response;
using replication::ReplicationManager;
using replication::Type;
using replication::UnwrapOptions;

constexpr std::chrono::minutes kTokenTtl{30};

using Names = FieldList;

/// The fields that unwrapOptions() reads.
const Names kUnwrapFields{"token", "primary_api_addr", "ca_file", "ca_path", "client_cert_pem", "client_key_pem"};

Names with(Names names, std::initializer_list<route::Field> more)
{
    names.insert(names.end(), more);
    return names;
}

UnwrapOptions unwrapOptions(Call& call)
{
    return {.token = call.fields.textOr("token", {}),
            .primaryApiAddress = call.fields.textOr("primary_api_addr", {}),
            .caFile = call.fields.textOr("ca_file", {}),
            .caPath = call.fields.textOr("ca_path", {}),
            .clientCertPem = call.fields.textOr("client_cert_pem", {}),
            .clientKeyPem = call.fields.textOr("client_key_pem", {})};
}

/// Runs `work` if every field of the call could be read. Otherwise refuses the first field that could not.
Response checked(Call& call, const std::function<Response()>& work)
{
    return call.fields.refusal() ? *call.fields.refusal() : work();
}

/// The same, when `address` is one of a cluster port too, or empty.
Response checkedAddress(Call& call, const std::string& address, const std::function<Response()>& work)
{
    const auto refusal = clusterAddressRefusal("primary_cluster_addr", address);
    return checked(call, [&] { return refusal ? *refusal : work(); });
}

void addPrimaryRoutes(RouteTable& routes, ReplicationManager& manager, const std::string& folder, Type type)
{
    addWrite(
        routes, folder + "/enable", {"primary_cluster_addr", "recover", "set_id", "epoch"},
        [&manager, type](Call& call) {
            const auto address = call.fields.textOr("primary_cluster_addr", {});
            const bool recovers = call.fields.booleanOr("recover", false);
            const auto setId = call.fields.textOr("set_id", {});
            const auto epoch = call.fields.integer("epoch").value_or(0);
            return checkedAddress(call, address, [&] {
                if (!recovers && (!setId.empty() || epoch != 0)) return Response::badRequest("set_id and epoch go with recover=true");
                if (!recovers) return manager.operations().enablePrimary(type, address);
                const bool isRoot =
                    call.request.token && call.request.token->isRoot(); // a quorum of key shares can make a root token: sys/generate-root
                if (!isRoot)
                    return Response::error(403, "a lost primary is recovered with a root token; sys/generate-root makes one of the key shares");
                if (epoch < 0) return Response::badRequest("epoch must be positive");
                return manager.operations().recoverPrimary(type, {setId, static_cast<std::uint64_t>(epoch), address});
            });
        },
        "Makes this cluster a replication primary. With `recover`, it becomes primary of the set in its restored contents.");
    addWrite(
        routes, folder + "/demote", {}, [&manager, type](Call&) { return manager.operations().demotePrimary(type); },
        "Makes this primary a secondary without a primary.");
    addWrite(
        routes, folder + "/disable", {}, [&manager, type](Call&) { return manager.operations().disablePrimary(type); },
        "Ends replication. Secondaries can no longer connect.");
    addWrite(
        routes, folder + "/secondary-token", {"id", "ttl", "secondary_public_key"},
        [&manager, type](Call& call) {
            const auto id = call.fields.textOr("id", {});
            const auto ttl = call.fields.duration("ttl").value_or(kTokenTtl);
            const auto publicKey = call.fields.textOr("secondary_public_key", {});
            return checked(call, [&] {
                if (ttl <= std::chrono::nanoseconds{0}) return Response::badRequest("ttl must be positive");
                return manager.seats().secondaryToken(type, id, ttl, call.request.id, publicKey);
            });
        },
        "Makes an activation token for a new secondary.", true);
    addWrite(
        routes, folder + "/revoke-secondary", {"id", "compromised"},
        [&manager, type](Call& call) {
            const auto id = call.fields.textOr("id", {});
            const bool isCompromised = call.fields.booleanOr("compromised", false);
            return checked(call,
                           [&] { return manager.seats().revokeSecondary(type, id, replication::SecondarySeats::Side::Primary, isCompromised); });
        },
        "Cuts a member off for good: `id` of a secondary, or id or member_key of any other member in the trust log "
        "(sys/replication/<type>/trust). With `compromised`, what it knows is in wrong hands: a new term begins, and sys/rekey is required.");
}

Response update(ReplicationManager& manager, Type type, Call& call)
{
    replication::SecondaryActivation::UpdateOptions options;
    options.unwrap = unwrapOptions(call);
    options.addresses = call.fields.list("update_primary_addrs").value_or(std::vector<std::string>{});
    const bool isNamed = call.fields.isNamed("token") || !options.addresses.empty();
    return checked(call, [&] {
        if (!isNamed) return Response::badRequest("missing secondary token");
        for (const auto& address : options.addresses) {
            if (auto refusal = clusterAddressRefusal("update_primary_addrs", address)) return *refusal;
        }
        return manager.activation().update(type, options);
    });
}

Response promote(const ReplicationServices& services, Type type, Call& call)
{
    const auto address = call.fields.textOr("primary_cluster_addr", {});
    const bool isForced = call.fields.booleanOr("force", false);
    return checkedAddress(call, address, [&] {
        // Read before the links end: the bound is the state of this cluster at its promotion.
        const auto lost = services.peers ? services.peers->preview().promotionWarnings(type) : std::vector<std::string>{};
        Response response = services.manager->operations().promoteSecondary(type, address, isForced);
        if (response.isError) return response;
        response.warnings.insert(response.warnings.end(), lost.begin(), lost.end());
        if (services.promotions) {
            auto others = services.promotions->announce();
            response.warnings.insert(response.warnings.end(), others.begin(), others.end());
        }
        return response;
    });
}

void addEnableSecondary(RouteTable& routes, ReplicationManager& manager, const std::string& folder, Type type)
{
    addWrite(
        routes, folder + "/enable", with(kUnwrapFields, {"skip_safety_snapshot", "overwrite_primary"}),
        [&manager, type](Call& call) {
            const auto options = unwrapOptions(call);
            const replication::WipeOptions wipe{.skipsSafetySnapshot = call.fields.booleanOr("skip_safety_snapshot", false),
                                                .mayReplacePrimary = call.fields.booleanOr("overwrite_primary", false)};
            return checked(call, [&] { return manager.activation().enable(type, options, wipe); });
        },
        "Makes this cluster a replication secondary. All data of this cluster is replaced.");
    addWrite(
        routes, folder + "/generate-public-key", {}, [&manager, type](Call&) { return manager.activation().generatePublicKey(type); },
        "Makes a key for one activation. With it, the activation token needs no call to the primary's API.");
}

void addPerformanceSecondaryRoutes(RouteTable& routes, const ReplicationServices& services, const std::string& folder)
{
    ReplicationManager& manager = *services.manager;
    addEnableSecondary(routes, manager, folder, Type::Performance);
    addWrite(
        routes, folder + "/promote", {"primary_cluster_addr", "force"}, [services](Call& call) { return promote(services, Type::Performance, call); },
        "Makes this secondary the primary of its set.");
    addWrite(
        routes, folder + "/update-primary", with(kUnwrapFields, {"update_primary_addrs"}),
        [&manager](Call& call) { return update(manager, Type::Performance, call); }, "Follows another primary, or none.");
    addWrite(
        routes, folder + "/disable", {}, [&manager](Call&) { return manager.operations().disableSecondary(Type::Performance); },
        "Ends replication. The data stays.");
}

void addDrSecondaryRoutes(RouteTable& routes, const ReplicationServices& services)
{
    ReplicationManager& manager = *services.manager;
    const std::string folder = "replication/dr/secondary";
    addEnableSecondary(routes, manager, folder, Type::Dr);
    addDrWrite(
        routes, services, folder + "/promote", {"primary_cluster_addr", "force"},
        [services](Call& call) { return promote(services, Type::Dr, call); }, "Makes this secondary the primary of its set.");
    addDrWrite(
        routes, services, folder + "/update-primary", with(kUnwrapFields, {"update_primary_addrs"}),
        [&manager](Call& call) { return update(manager, Type::Dr, call); }, "Follows another primary, or none.");
    addDrWrite(
        routes, services, folder + "/disable", {}, [&manager](Call&) { return manager.operations().disableSecondary(Type::Dr); },
        "Ends replication. The data stays.");
    addDrWrite(
        routes, services, folder + "/recover", {}, [&manager](Call&) { return manager.operations().recover(); }, "Restarts the links.");
    addDrWrite(
        routes, services, folder + "/license", {"text"},
        [](Call&) {
            Response response;
            response.status = 200;
            response.warnings.emplace_back("This server needs no license. Nothing was stored.");
            return response;
        },
        "Accepts a license, which this server does not need, and stores nothing.");
    routes.add({.verbs = Verb::Write,
                .pattern = folder + "/operation-token/delete",
                .handle = guarded(onlyOnDrSecondary(services),
                                  [tokens = services.operationTokens](Call& call) -> Result<Response> {
                                      const auto id = call.fields.textOr("dr_operation_token", {});
                                      if (!id.starts_with("hvs.")) {
                                          return Response::badRequest("a batch token cannot be deleted; it ends with its time to live");
                                      }
                                      auto erased = tokens->erase(call.scope(), id);
                                      if (!erased) return std::move(erased).error();
                                      return Response{};
                                  }),
                .isOnDrSecondary = true,
                .fields = Names{"dr_operation_token"},
                .help = "Deletes the DR operation token."});
    // Older clients check here whether a promotion waits for key shares. It never does, because the token was made before.
    routes.add({.verbs = Verb::Read,
                .pattern = folder + "/promote",
                .handle = [services](Call&) -> Result<Response> {
                    if (!services.manager->isDrSecondary()) return Response::badRequest("Not a DR secondary");
                    return Response::ofData({{"progress", 0}, {"required", services.shareThreshold()}, {"complete", false}});
                },
                .isOnDrSecondary = true});
}

void addStatus(RouteTable& routes, std::string pattern, std::function<json::object()> status)
{
    routes.add({.verbs = Verb::Read,
                .pattern = std::move(pattern),
                .handle = [status = std::move(status)](Call&) -> Result<Response> { return Response::ofData(status()); },
                .openVerbs = Verb::Read,
                .isOnDrSecondary = true,
                .help = "Shows the role and the state of the links."});
}

} // namespace

std::optional<Response> clusterAddressRefusal(std::string_view field, const std::string& address)
{
    if (address.empty()) return std::nullopt;
    const auto read = parseClusterAddress(address);
    if (read) return std::nullopt;
    return Response::badRequest(std::string{field} + ": " + read.error().detail);
}

Result<bool> mayOperate(const ReplicationServices& services, Call& call, const std::string& token)
{
    auto isQuorums = services.operationTokens->isValid(call.scope(), token);
    if (!isQuorums) return isQuorums;
    if (*isQuorums) return true;
    auto entry = services.tokens->find(call.scope(), token, call.now());
    if (!entry) return std::move(entry).error();
    if (!*entry || (*entry)->type != token::TokenType::Batch) return false;
    // A performance secondary has no seat in the DR set. If its own token counted here, it could promote its primary's DR secondary.
    if (!(*entry)->madeBy.empty()) return false;
    const auto& cidrs = (*entry)->boundCidrs;
    if (!cidrs.empty() && !isInAnyCidr(call.request.remoteAddress, cidrs)) return false;
    auto acl = services.policies->acl(call.scope(), (*entry)->policies);
    if (!acl) return std::move(acl).error();
    const auto capabilities = (*acl)->capabilities(call.request.path);
    return std::ranges::find(capabilities, "update") != capabilities.end();
}

Result<std::optional<Response>> drRefusal(const ReplicationServices& services, Call& call)
{
    if (!services.manager->isDrSecondary()) return std::optional{Response::badRequest("Not a DR secondary")};
    const auto id = call.fields.textOr("dr_operation_token", {});
    if (id.empty()) return std::optional{Response::badRequest("dr operation token not provided")};
    auto isAllowed = mayOperate(services, call, id);
    if (!isAllowed) return std::move(isAllowed).error();
    if (!*isAllowed) return std::optional{Response::error(403, "permission denied")};
    return std::optional<Response>{};
}

Guard onlyOnDrSecondary(const ReplicationServices& services)
{
    return [services](Call& call) { return drRefusal(services, call); };
}

Guard onEveryCluster(const ReplicationServices& services)
{
    return [services](Call& call) -> Result<std::optional<mount::Response>> {
        if (!services.manager->isDrSecondary()) return std::optional<mount::Response>{};
        return drRefusal(services, call);
    };
}

void addWrite(RouteTable& routes, std::string pattern, FieldList fields, Handler work, const char* help, bool needsSudo)
{
    routes.add({.verbs = Verb::Write,
                .pattern = std::move(pattern),
                .handle = std::move(work),
                .needsSudo = needsSudo,
                .isSlow = true,
                .fields = std::move(fields),
                .help = help});
}

void addDrWrite(RouteTable& routes, const ReplicationServices& services, std::string pattern, FieldList fields, Handler work, const char* help)
{
    fields.emplace_back("dr_operation_token");
    routes.add({.verbs = Verb::Write,
                .pattern = std::move(pattern),
                .handle = guarded(onlyOnDrSecondary(services), std::move(work)),
                .isOnDrSecondary = true,
                .isSlow = true,
                .fields = std::move(fields),
                .help = help});
}

void addReplicationRoutes(RouteTable& routes, ReplicationServices services)
{
    ReplicationManager& manager = *services.manager;
    const auto status = [&manager, peers = services.peers, promotions = services.promotions](Type type) {
        auto object = manager.reports().status(type);
        if (peers) peers->links().addVerdicts(type, object);
        if (auto shown = promotions ? promotions->describe(type) : json::array{}; !shown.empty()) object["promotion_shown_to"] = std::move(shown);
        return object;
    };
    addStatus(routes, "replication/status", [status] { return json::object{{"dr", status(Type::Dr)}, {"performance", status(Type::Performance)}}; });
    addStatus(routes, "replication/performance/status", [status] { return status(Type::Performance); });
    addStatus(routes, "replication/dr/status", [status] { return status(Type::Dr); });
    addWrite(
        routes, "replication/recover", {}, [&manager](Call&) { return manager.operations().recover(); }, "Restarts the links.");
    addPrimaryRoutes(routes, manager, "replication/performance/primary", Type::Performance);
    addPrimaryRoutes(routes, manager, "replication/dr/primary", Type::Dr);
    addPrimaryRoutes(routes, manager, "replication/primary", Type::Performance);
    addPerformanceSecondaryRoutes(routes, services, "replication/performance/secondary");
    addPerformanceSecondaryRoutes(routes, services, "replication/secondary");
    addDrSecondaryRoutes(routes, services);
}

} // namespace core::sys
