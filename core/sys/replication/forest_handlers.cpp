#include "core/sys/replication/forest_handlers.h"

#include "core/replication/forest/forest_keeper.h"

namespace core::sys {
namespace {

using mount::Response;
using replication::ForestKeeper;
using replication::Type;

using Work = std::function<Response(Call&)>;

using Names = FieldList;
const Names kReindexFields{"diff", "force", "skip_flush"};
const Names kScrubFields{"keys_per_second", "verify_values", "repair"};

void add(RouteTable& routes, Verb verbs, std::string pattern, Names fields, Work work, const char* help, bool needsSudo)
{
    routes.add({.verbs = verbs,
                .pattern = std::move(pattern),
                .handle = [work = std::move(work)](Call& call) -> Result<Response> { return work(call); },
                .needsSudo = needsSudo,
                .isSlow = true,
                .fields = std::move(fields),
                .help = help});
}

void addDr(RouteTable& routes, const ReplicationServices& services, std::string pattern, Names fields, Work work, const char* help)
{
    fields.push_back("dr_operation_token");
    routes.add({.verbs = Verb::Write,
                .pattern = "replication/dr/secondary/" + std::move(pattern),
                .handle = [services, work = std::move(work)](Call& call) -> Result<Response> {
                    auto refusal = drRefusal(services, call);
                    if (!refusal) return std::move(refusal).error();
                    return *refusal ? std::move(**refusal) : work(call);
                },
                .isOnDrSecondary = true,
                .isSlow = true,
                .fields = std::move(fields),
                .help = help});
}

Response reindex(ForestKeeper& keeper, std::optional<Type> type, Call& call)
{
    ForestKeeper::ReindexOptions options;
    options.type = type;
    options.isByLeaf = call.fields.booleanOr("diff", false);
    options.isByStorage = call.fields.booleanOr("force", false);
    options.skipsFlush = call.fields.booleanOr("skip_flush", false);
    if (call.fields.refusal()) return *call.fields.refusal();
    return keeper.reindex(options);
}

Response startScrub(ForestKeeper& keeper, Call& call)
{
    ForestKeeper::ScrubOptions options;
    const auto rate = call.fields.integer("keys_per_second").value_or(0);
    options.opensValues = call.fields.booleanOr("verify_values", true);
    options.repairs = call.fields.booleanOr("repair", true);
    if (call.fields.refusal()) return *call.fields.refusal();
    if (rate < 0) return Response::badRequest("keys_per_second must not be negative");
    options.keysPerSecondMax = static_cast<std::uint64_t>(rate);
    return keeper.startScrub(options);
}

} // namespace

void addForestRoutes(RouteTable& routes, ReplicationServices services)
{
    ForestKeeper& keeper = *services.forestKeeper;
    struct Reindex {
        const char* path;
        std::optional<Type> type;
    };
    for (const auto& [path, type] : {Reindex{"replication/reindex", std::nullopt}, Reindex{"replication/performance/reindex", Type::Performance},
                                     Reindex{"replication/dr/reindex", Type::Dr}}) {
        add(
            routes, Verb::Write, path, kReindexFields, [&keeper, wanted = type](Call& call) { return reindex(keeper, wanted, call); },
            "Compares the replication index with the storage and repairs it.", true);
    }
    addDr(
        routes, services, "reindex", kReindexFields, [&keeper](Call& call) { return reindex(keeper, Type::Dr, call); },
        "Compares the replication index with the storage and repairs it.");

    add(
        routes, Verb::Write, "replication/merkle-check", {}, [&keeper](Call&) { return keeper.merkleCheck(); },
        "Compares the replication index with the storage and reports the differences.", false);
    addDr(
        routes, services, "merkle-check", {}, [&keeper](Call&) { return keeper.merkleCheck(); },
        "Compares the replication index with the storage and reports the differences.");

    add(
        routes, Verb::Write, "replication/scrub", kScrubFields, [&keeper](Call& call) { return startScrub(keeper, call); },
        "Starts to read all stored data and to compare it with the replication index.", true);
    add(
        routes, Verb::Read, "replication/scrub", {}, [&keeper](Call&) { return keeper.scrubStatus(); },
        "Shows the progress of the scrub, and the result of the last one.", false);
    add(
        routes, Verb::Delete, "replication/scrub", {}, [&keeper](Call&) { return keeper.cancelScrub(); }, "Cancels the scrub.", true);
    addDr(
        routes, services, "scrub", kScrubFields, [&keeper](Call& call) { return startScrub(keeper, call); },
        "Starts to read all stored data and to compare it with the replication index.");
    addDr(
        routes, services, "scrub/status", {}, [&keeper](Call&) { return keeper.scrubStatus(); },
        "Shows the progress of the scrub, and the result of the last one.");
    addDr(
        routes, services, "scrub/cancel", {}, [&keeper](Call&) { return keeper.cancelScrub(); }, "Cancels the scrub.");
}

} // namespace core::sys
