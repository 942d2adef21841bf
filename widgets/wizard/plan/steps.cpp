#include "widgets/wizard/plan/steps.h"

#include "widgets/client/command_line.h"
#include "widgets/look/error_text.h"
#include "widgets/look/format.h"

#include <QElapsedTimer>
#include <QTimer>

#include <memory>

using namespace Qt::StringLiterals;

namespace widgets {
namespace {

constexpr qint64 kAwayMsMax = 60'000;
constexpr qint64 kWaitMsMax = 300'000;

/// Whether a retry can help: the cluster restarts into a role, or is still catching up.
bool isPassing(const core::Error& error)
{
    return error.code == core::ErrorCode::Unavailable || error.code == core::ErrorCode::Timeout;
}

bool changesSomething(const ApiRequest& request)
{
    return request.verb == ApiRequest::Verb::Write || request.verb == ApiRequest::Verb::Delete;
}

/// Sends one request, and repeats it while the cluster is away.
struct Attempt : std::enable_shared_from_this<Attempt> {
    StepRun run;
    ClusterRef cluster;
    Steps::Call call;
    QElapsedTimer since;
    bool isChange = false;

    Attempt(const StepRun& r, ClusterRef c, Steps::Call steps) : run{r}, cluster{std::move(c)}, call{std::move(steps)} { since.start(); }

    void send()
    {
        if (!run.isCurrent()) return;
        const auto request = call.make();
        isChange = changesSomething(request);
        cluster.client->send(request,
                             {isChange ? run.witness() : run.plan(), [self = shared_from_this()](const ApiResult& result) { self->settle(result); }});
        if (isChange) run.sent();
    }

    void settle(const ApiResult& result)
    {
        // The wizard may be closed by now. Then the object that `take` fills no longer exists.
        if (!run.isCurrent()) return result ? run.done({}) : isLost(result.error()) ? void() : run.fail(ErrorText::of(result.error(), cluster.name));
        if (result) return run.done(withWarnings(call.take ? call.take(*result) : QString{}, result->warnings));
        if (isLost(result.error())) return run.lose(ErrorText::of(result.error(), cluster.name));
        if (!isPassing(result.error()) || since.elapsed() > kAwayMsMax) return run.fail(ErrorText::of(result.error(), cluster.name));
        run.progress(0, 0, QString::fromStdString(result.error().detail));
        QTimer::singleShot(run.plan()->pollInterval, run.plan(), [self = shared_from_this()] { self->send(); });
    }

    /// No answer came, so the request may have taken effect.
    bool isLost(const core::Error& error) const { return isChange && error.code == core::ErrorCode::Timeout; }

    static QString withWarnings(const QString& text, const QStringList& warnings)
    {
        QStringList lines = warnings;
        if (!text.isEmpty()) lines.prepend(text);
        return lines.join(u'\n');
    }
};

/// Reads a status again and again.
struct Watch : std::enable_shared_from_this<Watch> {
    StepRun run;
    ClusterRef cluster;
    Steps::StatusTest test;
    QElapsedTimer since;

    Watch(const StepRun& r, ClusterRef c, Steps::StatusTest t) : run{r}, cluster{std::move(c)}, test{std::move(t)} { since.start(); }

    void look()
    {
        if (!run.isCurrent()) return;
        cluster.client->send(requests::replicationStatus(),
                             {run.plan(), [self = shared_from_this()](const ApiResult& result) { self->settle(result); }});
    }

    void settle(const ApiResult& result)
    {
        if (!run.isCurrent()) return;
        if (result) {
            ClusterStatus status;
            applyReplicationStatus(status, result->data);
            if (const auto reached = test(status, run)) return run.done(*reached);
        }
        if (since.elapsed() > kWaitMsMax) return run.fail(Steps::tr("%1 is not ready yet. Try this step again to keep waiting.").arg(cluster.name));
        QTimer::singleShot(run.plan()->pollInterval, run.plan(), [self = shared_from_this()] { self->look(); });
    }
};

} // namespace

PlanStep Steps::request(const ClusterRef& cluster, const QString& title, Call call)
{
    PlanStep step;
    step.title = title;
    step.cluster = cluster.name;
    step.command = commandFor(call.make(), cluster.address);
    step.afterwards = call.afterwards;
    step.effect = call.effect;
    step.run = [cluster, call = std::move(call)](const StepRun& run) { std::make_shared<Attempt>(run, cluster, call)->send(); };
    return step;
}

PlanStep Steps::waitForStatus(const ClusterRef& cluster, const QString& title, StatusTest isReached)
{
    PlanStep step;
    step.title = title;
    step.cluster = cluster.name;
    step.run = [cluster, isReached = std::move(isReached)](const StepRun& run) { std::make_shared<Watch>(run, cluster, isReached)->look(); };
    return step;
}

PlanStep Steps::waitForMode(const ClusterRef& cluster, ReplicationType type, const QString& mode)
{
    return waitForStatus(cluster, tr("Wait until %1 is in mode %2").arg(cluster.name, mode),
                         [type, mode](const ClusterStatus& status, const StepRun& run) -> std::optional<QString> {
                             const auto& replication = status.of(type);
                             if (replication.mode == mode && !replication.setId.isEmpty()) return tr("mode %1").arg(mode);
                             if (mode == "disabled"_L1 && replication.mode == mode) return tr("mode %1").arg(mode);
                             run.progress(0, 0, tr("mode %1").arg(replication.mode));
                             return std::nullopt;
                         });
}

PlanStep Steps::waitForSync(const ClusterRef& primary, const ClusterRef& secondary, ReplicationType type)
{
    // Reads the primary's root each time the secondary streams, because writes may have changed it.
    auto step = PlanStep{};
    step.title = tr("Wait until %1 has the same data as %2").arg(secondary.name, primary.name);
    step.cluster = secondary.name;
    step.run = [primary, secondary, type](const StepRun& run) {
        auto primaryRoot = std::make_shared<QString>();
        auto primaryIndex = std::make_shared<qint64>(0);
        auto test = [primary, type, primaryRoot, primaryIndex](const ClusterStatus& status, const StepRun& r) -> std::optional<QString> {
            const auto& s = status.of(type);
            const bool isStreaming = s.state == "stream-wals"_L1;
            if (isStreaming && !s.merkleRoot.isEmpty() && s.merkleRoot == *primaryRoot)
                return tr("stream-wals, roots equal at %1").arg(Format::count(*primaryIndex));
            // Under steady writes the two roots are never read at the same moment. It is enough that the secondary has passed an index of the primary.
            if (isStreaming && *primaryIndex > 0 && s.lastRemoteWal >= *primaryIndex)
                return tr("stream-wals, in step at %1").arg(Format::count(*primaryIndex));
            if (s.syncTotal > 0)
                r.progress(s.syncDone, s.syncTotal, tr("%1: %2 of %3 keys").arg(s.state, Format::count(s.syncDone), Format::count(s.syncTotal)));
            else r.progress(0, 0, s.isBootstrapping() ? s.mode : s.state);
            primary.client->send(requests::replicationStatus(), {r.plan(), [type, primaryRoot, primaryIndex](const ApiResult& result) {
                                                                     if (!result) return;
                                                                     ClusterStatus now;
                                                                     applyReplicationStatus(now, result->data);
                                                                     *primaryRoot = now.of(type).merkleRoot;
                                                                     *primaryIndex = now.of(type).lastTypeWal;
                                                                 }});
            return std::nullopt;
        };
        std::make_shared<Watch>(run, secondary, std::move(test))->look();
    };
    return step;
}

} // namespace widgets
