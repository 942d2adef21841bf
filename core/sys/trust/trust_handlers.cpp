#include "core/sys/trust/trust_handlers.h"

#include "core/base/logging.h"
#include "core/base/mutex.h"
#include "core/sys/node/node_endpoints.h"
#include "core/token/token_entry.h"

namespace core::sys {

using mount::Response;
using replication::ReplicationManager;
using replication::Type;

namespace {

/// Key shares for one entry of one trust log. Thread-safe.
class ChoiceAttempt {
public:
    ChoiceAttempt(ReplicationManager& manager, Type type, ShareQuorum::Services services)
        : m_manager{manager}
        , m_type{type}
        , m_quorum{std::move(services)}
    {}

    Response begin(const std::string& hash)
    {
        if (auto refusal = m_manager.trustChoiceRefusal(m_type, hash)) return std::move(*refusal);
        MutexLock lock{m_mutex};
        auto started = m_quorum.start();
        if (!started) return Response::badRequest(started.error().detail);
        m_hash = hash;
        return answer(*started, m_hash);
    }
    Response status() const
    {
        MutexLock lock{m_mutex};
        const auto status = m_quorum.status();
        return answer(status, status.isStarted ? m_hash : std::string{});
    }
    void cancel() { m_quorum.cancel(); }
    Response update(SecretBytes share, std::string_view nonce)
    {
        std::string hash;
        ShareQuorum::Status status;
        {
            MutexLock lock{m_mutex};
            auto given = m_quorum.provide(std::move(share), nonce);
            if (!given) return Response::badRequest(given.error().detail);
            status = std::move(*given);
            hash = m_hash;
        }
        if (!status.isComplete) return answer(status, hash);
        auto chosen = m_manager.chooseTrust(m_type, hash); // it is possible that the contest is over
        if (!chosen.isError && chosen.data) {
            chosen.data->insert_or_assign("complete", true);
            chosen.data->insert_or_assign("progress", status.progress);
            chosen.data->insert_or_assign("required", status.required);
        }
        return chosen;
    }

private:
    static Response answer(const ShareQuorum::Status& status, const std::string& hash)
    {
        return Response::ofData({{"started", status.isStarted},
                                 {"nonce", status.nonce},
                                 {"hash", hash},
                                 {"progress", status.progress},
                                 {"required", status.required},
                                 {"complete", status.isComplete}});
    }

    ReplicationManager& m_manager;
    const Type m_type;
    mutable Mutex m_mutex; // held while shares are verified; that is fine because attempts are rare
    ShareQuorum m_quorum;
    std::string m_hash CORE_GUARDED_BY(m_mutex);
};

void noteStep(Type type, const char* step, const Call& call)
{
    logging::warn("replication", "ending a contest by key shares",
                  {{"type", std::string{toString(type)}}, {"step", step}, {"from", call.request.remoteAddress}});
}

void addAttemptRoutes(RouteTable& routes, const std::string& folder, Type type, const std::shared_ptr<ChoiceAttempt>& attempt)
{
    routes.add({.verbs = Verb::Read,
                .pattern = folder + "attempt",
                .handle = [attempt](Call&) -> Result<Response> { return attempt->status(); },
                .needsSudo = true,
                .help = "Shows how many key shares were given, and for which entry."});
    routes.add({.verbs = Verb::Write,
                .pattern = folder + "attempt",
                .handle = [attempt, type](Call& call) -> Result<Response> {
                    const auto hash = call.fields.textOr("hash", {});
                    if (call.fields.refusal()) return *call.fields.refusal();
                    noteStep(type, "begun", call);
                    return attempt->begin(hash);
                },
                .needsSudo = true,
                .isSlow = true,
                .fields = FieldList{"hash"},
                .help = "Begins to collect key shares. With enough of them, the entry with this hash becomes the last one of the trust log here."});
    routes.add({.verbs = Verb::Delete,
                .pattern = folder + "attempt",
                .handle = [attempt, type](Call& call) -> Result<Response> {
                    attempt->cancel();
                    noteStep(type, "cancelled", call);
                    return Response{};
                },
                .needsSudo = true,
                .help = "Forgets the key shares given so far."});
    routes.add({.verbs = Verb::Write,
                .pattern = folder + "update",
                .handle = [attempt, type](Call& call) -> Result<Response> {
                    auto key = call.fields.textOr("key", {});
                    const auto nonce = call.fields.textOr("nonce", {});
                    if (call.fields.refusal()) return *call.fields.refusal();
                    auto share = decodeShare(key);
                    wipe(key);
                    if (!share) return Response::badRequest(share.error().detail);
                    auto answer = attempt->update(std::move(*share), nonce);
                    noteStep(type, answer.isError ? "key share refused" : "key share", call);
                    return answer;
                },
                .needsSudo = true,
                .isSlow = true,
                .fields = FieldList{"key", "nonce"},
                .help = "Gives one key share. With the last one, the contest ends."});
}

} // namespace

void addTrustRoutes(RouteTable& routes, ReplicationServices services, ShareQuorum::Services quorum)
{
    ReplicationManager& manager = *services.manager;
    const auto refusalOf = [services, &manager](Call& call) -> Result<std::optional<Response>> {
        return manager.isDrSecondary() ? drRefusal(services, call) : std::optional<Response>{};
    };
    for (const Type type : {Type::Performance, Type::Dr}) {
        const std::string pattern = "replication/" + std::string{toString(type)} + "/trust";
        routes.add({.verbs = Verb::Read | Verb::Write,
                    .pattern = pattern,
                    .handle = [refusalOf, &manager, type](Call& call) -> Result<Response> {
                        auto refusal = refusalOf(call);
                        if (!refusal) return std::move(refusal).error();
                        return *refusal ? std::move(**refusal) : manager.describeTrust(type);
                    },
                    .isOnDrSecondary = true,
                    .fields = FieldList{"dr_operation_token"},
                    .help = "Shows the members of the replication set from its trust log, the leader, and contested entries."});
        routes.add({.verbs = Verb::Write,
                    .pattern = pattern + "/choose",
                    .handle = [refusalOf, &manager, type](Call& call) -> Result<Response> {
                        auto refusal = refusalOf(call);
                        if (!refusal) return std::move(refusal).error();
                        if (*refusal) return std::move(**refusal);
                        const auto hash = call.fields.textOr("hash", {});
                        if (call.fields.refusal()) return *call.fields.refusal();
                        const bool isRoot = call.request.token && call.request.token->isRoot(); // a policy can have come over a link
                        if (!manager.isDrSecondary() && !isRoot) {
                            return Response::error(403, "a contest of the trust log is ended with a root token, or with key shares (choose/attempt)");
                        }
                        return manager.chooseTrust(type, hash);
                    },
                    .needsSudo = true,
                    .isOnDrSecondary = true,
                    .isSlow = true,
                    .fields = FieldList{"hash", "dr_operation_token"},
                    .help =
                        "Ends a contest for this cluster: the entry with this hash becomes the last one of its trust log; with the hash of the last "
                        "one this cluster stays with it."});
        addAttemptRoutes(routes, pattern + "/choose/", type, std::make_shared<ChoiceAttempt>(manager, type, quorum));
    }
}

} // namespace core::sys
