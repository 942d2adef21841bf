#include "widgets/wizard/replication/promote_model.h"

#include "widgets/look/format.h"
#include "widgets/model/command.h"
#include "widgets/wizard/frame/effects.h"
#include "widgets/wizard/plan/steps.h"

using namespace Qt::StringLiterals;

namespace widgets {
namespace {

using CheckState = CheckList::CheckState;

} // namespace

PromoteModel::PromoteModel(FleetModel& fleet, ActionLog& log, QObject* parent) : QObject{parent}, m_fleet{fleet}, m_token{log}, m_plan{log} {}

QList<const FleetNode*> PromoteModel::secondaries() const
{
    QList<const FleetNode*> list;
    for (const auto& node : m_fleet.state().nodes) {
        if (Commands::isOffered(Command::Promote, node)) list << &node;
    }
    return list;
}

void PromoteModel::choose(const Choices& choices)
{
    if (choices == m_choices) return;
    m_choices = choices;
    const auto& fleet = m_fleet.state();
    const auto* node = fleet.node(choices.secondaryId);
    m_type = node && node->role == ClusterRole::DrSecondary ? ReplicationType::Dr : ReplicationType::Performance;
    m_primaryId.clear();
    m_primaryName.clear();
    m_otherSecondaries.clear();
    for (const auto& link : fleet.links) {
        if (link.toId != choices.secondaryId || link.type != m_type) continue;
        m_primaryId = link.fromId;
        m_primaryName = fleet.node(link.fromId)->name();
    }
    for (const auto& link : fleet.links) {
        if (link.fromId == m_primaryId && link.type == m_type && link.toId != choices.secondaryId)
            m_otherSecondaries << fleet.node(link.toId)->name();
    }
    Q_EMIT choicesChanged();
}

ReplicationType PromoteModel::type() const
{
    return m_type;
}

QString PromoteModel::secondaryName() const
{
    const auto* node = m_fleet.state().node(m_choices.secondaryId);
    return node ? node->name() : QString{};
}

QString PromoteModel::primaryName() const
{
    return m_primaryName;
}

bool PromoteModel::isSwitchover() const
{
    const auto* primary = m_fleet.state().node(m_primaryId);
    return m_choices.isPlanned && primary && primary->status.of(m_type).canSwitchOver;
}

PromoteModel::Loss PromoteModel::loss() const
{
    Loss loss;
    const auto* secondary = m_fleet.state().node(m_choices.secondaryId);
    const auto* primary = m_fleet.state().node(m_primaryId);
    if (!secondary) return loss;
    loss.remoteIndex = secondary->status.of(m_type).lastRemoteWal;
    if (!primary) return loss;
    loss.primaryName = primary->name();
    loss.hasPrimary = primary->status.contact != ClusterStatus::Contact::Never;
    loss.isPrimaryReachable = primary->status.contact == ClusterStatus::Contact::Reached;
    loss.primaryIndex = primary->status.of(m_type).lastTypeWal;
    if (primary->status.reachedAt.isValid())
        loss.secondsSincePrimary = static_cast<double>(primary->status.reachedAt.msecsTo(QDateTime::currentDateTime())) / 1000.0;
    // Equal roots prove equal data, even if the last records carried nothing for this link.
    if (const auto* link = m_fleet.state().feeding(m_choices.secondaryId); link && link->areRootsEqual)
        loss.remoteIndex = std::max(loss.remoteIndex, loss.primaryIndex);
    loss.missing = std::max<qint64>(0, loss.primaryIndex - loss.remoteIndex);
    return loss;
}

void PromoteModel::check()
{
    m_preflight.start();
    const auto* secondary = m_fleet.state().node(m_choices.secondaryId);
    if (!secondary) return m_preflight.add(CheckState::Bad, tr("The secondary is not connected any more"));
    m_preflight.addReachable(*secondary);
    const auto& replication = secondary->status.of(m_type);
    const auto facts = loss();
    if (m_type == ReplicationType::Performance && !isSwitchover()) m_preflight.askToken(ClusterRef::of(m_fleet, secondary->id()));

    if (replication.state.startsWith("merkle"_L1) || replication.isBootstrapping()) {
        m_preflight.add(m_choices.isForced ? CheckState::Warning : CheckState::Bad,
                        tr("%1 is still catching up (%2)").arg(secondary->name(), replication.state),
                        tr("Its data is not complete. Wait, or go back and allow the promotion anyway."));
    }
    if (m_choices.isPlanned) {
        if (!facts.isPrimaryReachable)
            m_preflight.add(CheckState::Bad, tr("%1 does not answer").arg(m_primaryName.isEmpty() ? tr("Its primary") : m_primaryName),
                            tr("It cannot be demoted first. Go back and choose the unplanned way."));
        else {
            m_preflight.askToken(ClusterRef::of(m_fleet, m_primaryId));
            if (isSwitchover())
                m_preflight.add(CheckState::Fine, tr("%1 hands over in one step, so nobody can write to both").arg(m_primaryName),
                                tr("Writes wait for a moment, and continue at %1.").arg(secondary->name()));
            else
                m_preflight.add(CheckState::Fine, tr("%1 is demoted first, so nobody can write to both").arg(m_primaryName),
                                tr("Between the two steps no cluster accepts writes."));
        }
    } else if (facts.isPrimaryReachable) {
        m_preflight.add(
            CheckState::Warning, tr("%1 still answers").arg(m_primaryName),
            tr("A promotion now makes two primaries. Later writes to %1 are lost when it follows the new primary. The planned way avoids this.")
                .arg(m_primaryName));
    } else if (facts.hasPrimary) {
        const bool isUnreachableForSecondary = replication.connectionState != "ready"_L1;
        m_preflight.add(isUnreachableForSecondary ? CheckState::Fine : CheckState::Warning,
                        isUnreachableForSecondary
                            ? tr("%1 is unreachable from here and from %2").arg(m_primaryName, secondary->name())
                            : tr("%1 cannot be reached from here, but %2 still reaches it").arg(m_primaryName, secondary->name()),
                        tr("State of its connection to the primary: %1").arg(Format::word(replication.connectionState)));
        m_preflight.add(CheckState::Warning, tr("If %1 still runs behind a broken network, its clients can still write to it").arg(m_primaryName),
                        tr("Such writes are lost when it follows the new primary. Stop it first, if you can."));
    } else {
        m_preflight.add(CheckState::Warning, tr("This console has no connection to the primary of %1").arg(secondary->name()),
                        tr("The last index of the primary is not known."));
    }
    if (!m_otherSecondaries.isEmpty() && isSwitchover()) {
        m_preflight.add(CheckState::Fine, tr("Other secondaries follow without further steps: %1").arg(m_otherSecondaries.join(u", "_s)));
    } else if (!m_otherSecondaries.isEmpty()) {
        m_preflight.add(
            CheckState::Warning, tr("Other secondaries of this primary: %1").arg(m_otherSecondaries.join(u", "_s)),
            tr("They keep their data. They follow %1 without a new token if it has the right to succeed. A DR secondary has this right by default; "
               "to a performance secondary the primary must grant it. If one does not follow, use Update primary.")
                .arg(secondary->name()));
    }
    if (secondary->connection.isProduction) m_preflight.add(CheckState::Warning, tr("%1 is a production cluster").arg(secondary->name()));
}

void PromoteModel::makePlan()
{
    const auto secondary = ClusterRef::of(m_fleet, m_choices.secondaryId);
    const auto primary = ClusterRef::of(m_fleet, m_primaryId);
    const auto type = m_type;
    QList<PlanStep> steps;
    if (isSwitchover() && primary) {
        const QString id = m_fleet.state().node(m_choices.secondaryId)->status.of(type).secondaryId;
        steps << Steps::waitForSync(primary, secondary, type);
        steps << Steps::request(primary, tr("Hand over from %1 to %2").arg(primary.name, secondary.name),
                                {[type, id] { return requests::switchOver(type, id); },
                                 {},
                                 tr("%1 hands over to %2.").arg(primary.name, secondary.name),
                                 effects::isPrimary(secondary.id, type)});
        steps << Steps::waitForMode(secondary, type, u"primary"_s) << Steps::waitForMode(primary, type, u"secondary"_s);
        steps << Steps::waitForSync(secondary, primary, type);
        m_plan.setSteps(steps);
        return;
    }
    if (m_choices.isPlanned && primary) {
        steps << Steps::waitForSync(primary, secondary, type);
        steps << Steps::request(
            primary, tr("Demote %1").arg(primary.name),
            {[type] { return requests::demotePrimary(type); },
             {},
             tr("%1 accepts no writes, and %2 is not promoted. There is no primary now. Promote one of them.").arg(primary.name, secondary.name),
             effects::isNoPrimary(primary.id, type)});
    }
    steps << Steps::request(secondary, tr("Promote %1").arg(secondary.name),
                            {[this, type] { return requests::promoteSecondary(type, m_token.token(), m_choices.isForced); },
                             {},
                             tr("%1 is the primary.").arg(secondary.name),
                             effects::isPrimary(secondary.id, type)});
    steps << Steps::waitForMode(secondary, type, u"primary"_s);
    m_plan.setSteps(steps);
}

} // namespace widgets
