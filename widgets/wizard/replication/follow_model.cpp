#include "widgets/wizard/replication/follow_model.h"

#include "widgets/client/secret_text.h"
#include "widgets/look/format.h"
#include "widgets/wizard/frame/effects.h"
#include "widgets/wizard/plan/steps.h"

using namespace Qt::StringLiterals;

namespace widgets {
namespace {

using CheckState = CheckList::CheckState;

bool isLocal(const FleetNode* node)
{
    const QString host = node ? node->connection.address.host() : QString{};
    return host == "127.0.0.1"_L1 || host == "::1"_L1 || host == "localhost"_L1;
}

} // namespace

FollowModel::FollowModel(FleetModel& fleet, ActionLog& log, QObject* parent)
    : QObject{parent}
    , m_fleet{fleet}
    , m_token{log}
    , m_demotion{log}
    , m_plan{log}
{}

void FollowModel::choose(const Choices& choices)
{
    if (choices == m_choices) return;
    m_choices = choices;
    if (m_demotion.state() == PlanModel::State::Waiting) {
        const auto* node = m_fleet.state().node(choices.clusterId);
        m_mustDemote = node && node->status.of(choices.type).isPrimary();
    }
    Q_EMIT choicesChanged();
}

QList<const FleetNode*> FollowModel::clusters() const
{
    QList<const FleetNode*> list;
    for (const auto& node : m_fleet.state().nodes) {
        if (node.role != ClusterRole::Standalone && node.role != ClusterRole::Unknown) list << &node;
    }
    return list;
}

QList<const FleetNode*> FollowModel::primaries() const
{
    QList<const FleetNode*> list;
    for (const auto& node : m_fleet.state().nodes) {
        if (node.status.of(m_choices.type).isPrimary() && node.id() != m_choices.clusterId) list << &node;
    }
    return list;
}

QString FollowModel::clusterName() const
{
    const auto* node = m_fleet.state().node(m_choices.clusterId);
    return node ? node->name() : QString{};
}

QString FollowModel::primaryName() const
{
    const auto* node = m_fleet.state().node(m_choices.primaryId);
    return node ? node->name() : QString{};
}

QString FollowModel::suggestedCaFile() const
{
    const auto* primary = m_fleet.state().node(m_choices.primaryId);
    return primary && isLocal(primary) && isLocal(m_fleet.state().node(m_choices.clusterId)) ? primary->connection.caFile : QString{};
}

bool FollowModel::areChoicesComplete() const
{
    return m_fleet.state().node(m_choices.clusterId) && m_fleet.state().node(m_choices.primaryId) && m_choices.clusterId != m_choices.primaryId;
}

void FollowModel::check()
{
    m_preflight.start();
    const auto* cluster = m_fleet.state().node(m_choices.clusterId);
    const auto* primary = m_fleet.state().node(m_choices.primaryId);
    if (!cluster || !primary) return m_preflight.add(CheckState::Bad, tr("One of the clusters is not connected any more"));
    m_preflight.addReachable(*primary);
    m_preflight.askToken(ClusterRef::of(m_fleet, primary->id()));
    m_preflight.addReachable(*cluster);
    const auto& own = cluster->status.of(m_choices.type);
    const auto& other = primary->status.of(m_choices.type);
    if (m_mustDemote) {
        m_preflight.askToken(ClusterRef::of(m_fleet, cluster->id()));
        m_preflight.add(CheckState::Warning, tr("%1 is a primary and is demoted first").arg(cluster->name()),
                        tr("Writes that it accepted after %1 took over are lost.").arg(primary->name()));
    } else if (own.isSecondary()) {
        if (m_choices.type == ReplicationType::Performance) m_preflight.askToken(ClusterRef::of(m_fleet, cluster->id()));
        m_preflight.add(CheckState::Fine, tr("%1 is a secondary and keeps its data").arg(cluster->name()),
                        tr("Data that differs from %1 is replaced.").arg(primary->name()));
    } else {
        m_preflight.add(CheckState::Bad, tr("%1 has no role for %2").arg(cluster->name(), Format::type(m_choices.type)),
                        tr("Add it as a secondary instead."));
    }
    if (!own.setId.isEmpty() && own.setId != other.setId)
        m_preflight.add(CheckState::Warning, tr("It changes to another replication set"),
                        tr("Its replicated data is replaced by that of %1.").arg(primary->name()));
}

void FollowModel::makeDemotion()
{
    const auto cluster = ClusterRef::of(m_fleet, m_choices.clusterId);
    const auto type = m_choices.type;
    m_demotion.setSteps({Steps::request(cluster, tr("Demote %1").arg(cluster.name),
                                        {[type] { return requests::demotePrimary(type); },
                                         {},
                                         tr("%1 is a secondary without a primary. It keeps its data and accepts no writes.").arg(cluster.name),
                                         effects::isNoPrimary(cluster.id, type)}),
                         Steps::waitForMode(cluster, type, u"secondary"_s)});
}

void FollowModel::makePlan()
{
    m_activation = {};
    const auto cluster = ClusterRef::of(m_fleet, m_choices.clusterId);
    const auto primary = ClusterRef::of(m_fleet, m_choices.primaryId);
    const auto type = m_choices.type;
    const auto* node = m_fleet.state().node(m_choices.primaryId);
    QString id = cluster.name;
    for (int i = 2; node && node->status.of(type).knownSecondaries.contains(id); ++i) id = u"%1-%2"_s.arg(cluster.name).arg(i);

    QList<PlanStep> steps;
    steps << Steps::request(primary, tr("Create the activation token %1").arg(id),
                            {[type, id] { return requests::secondaryToken(type, id); },
                             [this](const ApiReply& reply) {
                                 m_activation = secretOf(reply.body.value("wrap_info"_L1).toObject().value("token"_L1).toString());
                                 return tr("valid once, for 30 minutes");
                             },
                             tr("%1 has no primary yet. Its token will expire.").arg(cluster.name), effects::isKnown(primary.id, type, id, true)});
    steps << Steps::request(cluster, tr("Point %1 to %2").arg(cluster.name, primary.name),
                            {[this, type] {
                                 return requests::updatePrimary(type, {m_activation, m_choices.primaryApiAddr, m_choices.caFile}, m_token.token());
                             },
                             [this](const ApiReply&) {
                                 m_activation = {};
                                 return QString{};
                             },
                             tr("%1 follows %2 and is catching up.").arg(cluster.name, primary.name),
                             effects::role(cluster.id, type, [id](const ReplicationStatus& r) { return r.secondaryId == id; })});
    steps << Steps::waitForMode(cluster, type, u"secondary"_s);
    steps << Steps::waitForSync(primary, cluster, type);
    m_plan.setSteps(steps);
}

} // namespace widgets
