#include "core/sys/trust/quorum_routes.h"

#include "core/base/logging.h"
#include "core/base/mutex.h"
#include "core/sys/node/node_endpoints.h"

namespace core::sys {

using mount::Response;

namespace {

/// Key shares for one decision. Thread-safe.
class Attempt {
public:
    Attempt(QuorumDecision decision, ShareQuorum::Services services) : m_decision{std::move(decision)}, m_quorum{std::move(services)} {}

    Response status() const
    {
        MutexLock lock{m_mutex};
        const auto status = m_quorum.status();
        return answer(status, status.isStarted ? m_subject : std::string{});
    }
    Response begin(Call& call)
    {
        const auto subject = m_decision.subject ? call.fields.textOr(m_decision.subject, {}) : std::string{};
        if (call.fields.refusal()) return *call.fields.refusal();
        if (auto refusal = m_decision.refusal(subject)) return std::move(*refusal);
        MutexLock lock{m_mutex};
        auto started = m_quorum.start();
        if (!started) return Response::badRequest(started.error().detail);
        m_subject = subject;
        note("begun", call);
        return answer(*started, m_subject);
    }
    Response cancel(Call& call)
    {
        m_quorum.cancel();
        note("cancelled", call);
        return {};
    }
    Response update(Call& call)
    {
        auto key = call.fields.textOr("key", {});
        const auto nonce = call.fields.textOr("nonce", {});
        if (call.fields.refusal()) return *call.fields.refusal();
        auto share = decodeShare(key);
        wipe(key);
        if (!share) return Response::badRequest(share.error().detail);
        auto done = provide(std::move(*share), nonce);
        note(done.isError ? "key share refused" : "key share", call);
        return done;
    }

private:
    Response provide(SecretBytes share, const std::string& nonce)
    {
        std::string subject;
        ShareQuorum::Status status;
        {
            MutexLock lock{m_mutex};
            subject = m_subject;
            // If there is nothing to decide any more, no share is taken.
            if (auto refusal = m_quorum.status().isStarted ? m_decision.refusal(subject) : std::nullopt) return std::move(*refusal);
            auto given = m_quorum.provide(std::move(share), nonce);
            if (!given) return Response::badRequest(given.error().detail);
            status = std::move(*given);
        }
        if (!status.isComplete) return answer(status, subject);
        auto done = m_decision.decide(subject);
        if (!done.isError && done.data) {
            done.data->insert_or_assign("complete", true);
            done.data->insert_or_assign("progress", status.progress);
            done.data->insert_or_assign("required", status.required);
        }
        return done;
    }
    Response answer(const ShareQuorum::Status& status, const std::string& subject) const
    {
        boost::json::object data{{"started", status.isStarted},
                                 {"nonce", status.nonce},
                                 {"progress", status.progress},
                                 {"required", status.required},
                                 {"complete", status.isComplete}};
        if (m_decision.subject) data[m_decision.subject] = subject;
        return Response::ofData(std::move(data));
    }
    void note(const char* step, const Call& call) const
    {
        logging::warn("replication", m_decision.logText, {{"type", m_decision.logType}, {"step", step}, {"from", call.request.remoteAddress}});
    }

    const QuorumDecision m_decision;
    mutable Mutex m_mutex; // held while shares are verified: attempts are rare
    ShareQuorum m_quorum;
    std::string m_subject CORE_GUARDED_BY(m_mutex);
};

} // namespace

void addQuorumRoutes(RouteTable& routes, QuorumDecision decision, ShareQuorum::Services services)
{
    const std::string folder = decision.folder, helpBegin = decision.helpBegin, helpUpdate = decision.helpUpdate;
    const auto beginFields = decision.subject ? std::optional{FieldList{decision.subject}} : std::nullopt;
    const auto attempt = std::make_shared<Attempt>(std::move(decision), std::move(services));
    routes.add({.verbs = Verb::Read,
                .pattern = folder + "attempt",
                .handle = [attempt](Call&) -> Result<Response> { return attempt->status(); },
                .needsSudo = true,
                .help = "How many key shares have been given."});
    routes.add({.verbs = Verb::Write,
                .pattern = folder + "attempt",
                .handle = [attempt](Call& call) -> Result<Response> { return attempt->begin(call); },
                .needsSudo = true,
                .isSlow = true,
                .fields = beginFields,
                .help = helpBegin});
    routes.add({.verbs = Verb::Delete,
                .pattern = folder + "attempt",
                .handle = [attempt](Call& call) -> Result<Response> { return attempt->cancel(call); },
                .needsSudo = true,
                .help = "Forgets the key shares given so far."});
    routes.add({.verbs = Verb::Write,
                .pattern = folder + "update",
                .handle = [attempt](Call& call) -> Result<Response> { return attempt->update(call); },
                .needsSudo = true,
                .isSlow = true,
                .fields = FieldList{"key", "nonce"},
                .help = helpUpdate});
}

} // namespace core::sys
