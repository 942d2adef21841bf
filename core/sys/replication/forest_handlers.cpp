#include "core/sys/replication/forest_handlers.h"

#include "core/replication/forest/forest_keeper.h"
#include "core/sys/replication/operation_guards.h"

namespace core::sys {
namespace {

using mount::Response;
using replication::ForestKeeper;
using replication::Type;

using Names = FieldList;
const Names kReindexFields{"diff", "force", "skip_flush"};
const Names kScrubFields{"keys_per_second", "verify_values", "repair"};

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
        addWrite(
            routes, path, kReindexFields, [&keeper, wanted = type](Call& call) { return reindex(keeper, wanted, call); },
            "Compares the replication index with the storage and repairs it.", true);
    }
    const std::string drFolder = "replication/dr/secondary/";
    addDrWrite(
        routes, services, drFolder + "reindex", kReindexFields, [&keeper](Call& call) { return reindex(keeper, Type::Dr, call); },
        "Compares the replication index with the storage and repairs it.");

    addWrite(
        routes, "replication/merkle-check", {}, [&keeper](Call&) { return keeper.merkleCheck(); },
        "Compares the replication index with the storage and reports the differences.");
    addDrWrite(
        routes, services, drFolder + "merkle-check", {}, [&keeper](Call&) { return keeper.merkleCheck(); },
        "Compares the replication index with the storage and reports the differences.");

    addWrite(
        routes, "replication/scrub", kScrubFields, [&keeper](Call& call) { return startScrub(keeper, call); },
        "Starts to read all stored data and to compare it with the replication index.", true);
    routes.add({.verbs = Verb::Read,
                .pattern = "replication/scrub",
                .handle = [&keeper](Call&) { return keeper.scrubStatus(); },
                .isSlow = true,
                .fields = FieldList{},
                .help = "Shows the progress of the scrub, and the result of the last one."});
    routes.add({.verbs = Verb::Delete,
                .pattern = "replication/scrub",
                .handle = [&keeper](Call&) { return keeper.cancelScrub(); },
                .needsSudo = true,
                .isSlow = true,
                .fields = FieldList{},
                .help = "Cancels the scrub."});
    addDrWrite(
        routes, services, drFolder + "scrub", kScrubFields, [&keeper](Call& call) { return startScrub(keeper, call); },
        "Starts to read all stored data and to compare it with the replication index.");
    addDrWrite(
        routes, services, drFolder + "scrub/status", {}, [&keeper](Call&) { return keeper.scrubStatus(); },
        "Shows the progress of the scrub, and the result of the last one.");
    addDrWrite(
        routes, services, drFolder + "scrub/cancel", {}, [&keeper](Call&) { return keeper.cancelScrub(); }, "Cancels the scrub.");
}

} // namespace core::sys
