#include "core/sys/trust/refusal_handlers.h"

#include "core/base/logging.h"
#include "core/sys/node/node_endpoints.h"

namespace core::sys {

using mount::Response;
using replication::ReplicationManager;
using replication::Type;

namespace {

Response answerOf(const ShareQuorum::Status& status)
{
    return Response::ofData({{"started", status.isStarted},
                             {"nonce", status.nonce},
                             {"progress", status.progress},
                             {"required", status.required},
                             {"complete", status.isComplete}});
}

void noteStep(Type type, const char* step, const Call& call)
{
    logging::warn("replication", "refusing a successor",
                  {{"type", std::string{toString(type)}}, {"step", step}, {"from", call.request.remoteAddress}});
}

Response update(ReplicationManager& manager, ShareQuorum& quorum, Type type, Call& call)
{
    auto key = call.fields.textOr("key", {});
    const auto nonce = call.fields.textOr("nonce", {});
    if (call.fields.refusal()) return *call.fields.refusal();
    if (auto refusal = manager.refuseSuccessorRefusal(type)) return std::move(*refusal);
    auto share = decodeShare(key);
    wipe(key);
    if (!share) return Response::badRequest(share.error().detail);
    auto status = quorum.provide(std::move(*share), nonce);
    noteStep(type, status ? "key share" : "key share refused", call);
    if (!status) return Response::badRequest(status.error().detail);
    if (!status->isComplete) return answerOf(*status);
    auto done = manager.refuseSuccessor(type);
    if (!done.isError && done.data) {
        done.data->insert_or_assign("complete", true);
        done.data->insert_or_assign("progress", status->progress);
        done.data->insert_or_assign("required", status->required);
    }
    return done;
}

} // namespace

void addRefusalRoutes(RouteTable& routes, ReplicationManager& manager, ShareQuorum::Services services)
{
    for (const Type type : {Type::Performance, Type::Dr}) {
        const auto quorum = std::make_shared<ShareQuorum>(services);
        const std::string folder = "replication/" + std::string{toString(type)} + "/primary/refuse-successor/";
        routes.add({.verbs = Verb::Read,
                    .pattern = folder + "attempt",
                    .handle = [quorum](Call&) -> Result<Response> { return answerOf(quorum->status()); },
                    .needsSudo = true,
                    .help = "Shows how many key shares were given."});
        routes.add({.verbs = Verb::Write,
                    .pattern = folder + "attempt",
                    .handle = [&manager, quorum, type](Call& call) -> Result<Response> {
                        if (auto refusal = manager.refuseSuccessorRefusal(type)) return std::move(*refusal);
                        auto started = quorum->start();
                        if (!started) return Response::badRequest(started.error().detail);
                        noteStep(type, "begun", call);
                        return answerOf(*started);
                    },
                    .needsSudo = true,
                    .isSlow = true,
                    .help = "Begins to collect key shares. With enough of them, this primary continues and the successor is refused."});
        routes.add({.verbs = Verb::Delete,
                    .pattern = folder + "attempt",
                    .handle = [quorum, type](Call& call) -> Result<Response> {
                        quorum->cancel();
                        noteStep(type, "cancelled", call);
                        return Response{};
                    },
                    .needsSudo = true,
                    .help = "Forgets the key shares given so far."});
        routes.add({.verbs = Verb::Write,
                    .pattern = folder + "update",
                    .handle = [&manager, quorum, type](Call& call) -> Result<Response> { return update(manager, *quorum, type, call); },
                    .needsSudo = true,
                    .isSlow = true,
                    .fields = FieldList{"key", "nonce"},
                    .help = "Gives one key share. With the last one, the successor is refused."});
    }
}

} // namespace core::sys
