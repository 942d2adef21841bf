#include "widgets/model/problems.h"

#include "widgets/look/format.h"
#include "widgets/model/row_sync.h"

#include <QLocale>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace widgets {
namespace {

int severity(HealthState state)
{
    switch (state) {
    case HealthState::Diverged: return 5;
    case HealthState::Fenced: return 5;
    case HealthState::Broken: return 4;
    case HealthState::Sealed: return 3;
    case HealthState::Revoked: return 2;
    case HealthState::Stalled: return 3;
    case HealthState::Unknown: return 2;
    case HealthState::Lagging: return 1;
    case HealthState::InSync:
    case HealthState::CatchingUp: return 0;
    }
    return 0;
}

bool isAway(const FleetNode& node)
{
    return node.status.contact == ClusterStatus::Contact::Lost || node.status.contact == ClusterStatus::Contact::NotVault;
}

/// What a primary says whose storage was put back to an earlier time; empty: nothing.
QString olderStorageOf(const ClusterStatus& status)
{
    for (const auto* role : {&status.performance, &status.dr}) {
        const auto cause = role->raw.value("older_storage"_L1).toObject().value("cause"_L1).toString();
        if (!cause.isEmpty()) return cause;
    }
    return {};
}

} // namespace

QList<Problem> Problems::find(const FleetState& fleet)
{
    QList<Problem> problems;
    for (const auto& node : fleet.nodes) {
        const bool isOwn = node.state == HealthState::Sealed || !node.status.auditFailure.isEmpty() || !node.status.isInitialized || isAway(node) ||
                           !node.rivals.isEmpty() ||
                           (!node.hasLag && !node.hasConflict && severity(node.state) > 0 && node.status.contact == ClusterStatus::Contact::Reached);
        if (isOwn) problems << ofNode(node);
        if (node.status.contact == ClusterStatus::Contact::Reached) problems << toldBy(node);
    }
    for (const auto& link : fleet.links) {
        const auto* secondary = fleet.node(link.toId);
        const bool isSaidAlready = secondary && (secondary->state == HealthState::Sealed || isAway(*secondary));
        if (severity(link.state) > 0 && !isSaidAlready && link.state != HealthState::Unknown) problems << ofLink(fleet, link);
    }
    std::stable_sort(problems.begin(), problems.end(), [](const Problem& a, const Problem& b) { return severity(a.state) > severity(b.state); });
    return problems;
}

Problem Problems::ofNode(const FleetNode& node)
{
    Problem problem{node.id(), node.name(), Problem::Kind::State, node.state, {}, {}, {}};
    const auto& status = node.status;
    if (status.contact == ClusterStatus::Contact::Lost) {
        problem.title = tr("Unreachable from here");
        problem.facts = status.lostBecause;
        problem.next = status.reachedAt.isValid() ? tr("Check the address, the network and the certificate. What is shown is the last known state.")
                                                  : tr("Check the address, the network and the certificate.");
    } else if (status.contact == ClusterStatus::Contact::NotVault) {
        problem.title = tr("No Vault answers here");
        problem.facts = tr("Something %1.").arg(Format::notVault(status));
        problem.next =
            status.reachedAt.isValid()
                ? tr("Check the server and each proxy in front of it: a proxy may have answered instead. What is shown is the last known state.")
                : tr("Check the address and the port of the connection.");
    } else if (!node.rivals.isEmpty()) {
        const QString others = node.rivals.join(u", "_s);
        problem.title = tr("Two primaries in one set: %1 is also a primary").arg(others);
        problem.facts = tr("Both accept writes (%1). A write to one never reaches the other.").arg(Format::type(node.rivalsType));
        problem.next = tr(
            "Decide which one stays. Stop the clients of the other, save a snapshot of it, then demote it and let it follow (Demote, Update primary).");
    } else if (!status.isInitialized) {
        problem.state = HealthState::Unknown;
        problem.title = tr("Not initialized");
        problem.facts = tr("The server runs, but holds no keys yet.");
        problem.next = tr("Initialize it: holdfast operator init");
    } else if (status.isSealed) {
        problem.title = tr("Sealed: it serves no requests until it is unsealed");
        problem.facts = tr("%1 of %2 key shares were given.").arg(status.unsealProgress).arg(status.unsealThreshold);
        problem.next = tr("Unseal it: holdfast operator unseal");
    } else if (!status.auditFailure.isEmpty()) {
        problem.state = HealthState::Broken;
        problem.title = tr("It refuses every request, because no audit device can write");
        problem.facts = status.auditFailure;
        problem.next =
            tr("Free disk space for the audit device, or restore its folder. The server tries again without help; then this problem disappears.");
    } else if (node.state == HealthState::Fenced) {
        const auto& replaced = status.performance.isReplaced ? status.performance : status.dr;
        problem.title = replaced.replacedBy.isEmpty() ? tr("Fenced: another cluster is the primary now")
                                                      : tr("Fenced: %1 is the primary now").arg(replaced.replacedBy);
        problem.facts = tr("It refuses writes. Data that only this cluster has is lost when it follows the new primary.");
        problem.next = tr("Save a snapshot of it first (Snapshots). Then demote it and let it follow the new primary (Update primary).");
    } else if (node.state == HealthState::Stalled && !olderStorageOf(status).isEmpty()) {
        problem.title = tr("Its storage is older than what its members hold");
        problem.facts = olderStorageOf(status);
        problem.next = tr("Decide whose data stays. That of the members: demote this cluster and promote the member that holds most. That of this "
                          "storage: holdfast replication resume-primary");
    } else if (node.state == HealthState::Stalled) {
        problem.title = tr("Idle: it follows no primary");
        problem.facts = tr("It keeps its data.");
        problem.next = tr("Point it at its primary, or promote it.");
    } else {
        problem.title = Format::state(node.state);
        problem.facts = node.stateWord;
    }
    return problem;
}

QList<Problem> Problems::toldBy(const FleetNode& node)
{
    QList<Problem> problems;
    const auto& status = node.status;
    if (!status.mountConflicts.isEmpty()) {
        problems << Problem{node.id(),
                            node.name(),
                            Problem::Kind::Mounts,
                            HealthState::Broken,
                            tr("A local mount has the same path as a mount of the primary"),
                            tr("%1. All requests for this path go to the local mount.").arg(status.mountConflicts.join(u", "_s)),
                            tr("Move or disable the local mount. Then this cluster serves the primary's mount.")};
    }
    if (!status.twoPrimaries.isEmpty() && node.rivals.isEmpty()) {
        problems << Problem{node.id(),
                            node.name(),
                            Problem::Kind::Primaries,
                            HealthState::Diverged,
                            tr("Two clusters are primaries of one replication set"),
                            status.twoPrimaries,
                            tr("Stop clients from writing to one of the two clusters and demote it. New writes of one do not arrive at the other.")};
    }
    if (!status.rekeyRequired.isEmpty()) {
        problems << Problem{node.id(),
                            node.name(),
                            Problem::Kind::Keys,
                            HealthState::Stalled,
                            tr("The root key must be replaced"),
                            status.rekeyRequired,
                            tr("Run holdfast operator rekey on the primary with its present key shares.")};
    }
    return problems;
}

Problem Problems::ofLink(const FleetState& fleet, const FleetLink& link)
{
    Problem problem{link.toId, fleet.node(link.toId)->name(), Problem::Kind::State, link.state, {}, {}, {}};
    const QString primary = fleet.node(link.fromId)->name();
    switch (link.state) {
    case HealthState::Lagging:
        problem.title = tr("Lagging: writes arrive faster than it applies them");
        problem.facts = tr("%1. Entries arrive at %2.").arg(Format::lag(link.entriesBehind, link.secondsBehind), Format::rate(link.entriesPerSecond));
        problem.next = tr("Check its disk and the network to %1.").arg(primary);
        break;
    case HealthState::Stalled:
        problem.title = tr("Stalled: no entries arrive");
        problem.facts = Format::lag(link.entriesBehind, link.secondsBehind);
        problem.next = tr("Look at its log. If this does not change, restart it. It continues where it stopped.");
        break;
    case HealthState::Revoked:
        if (link.revokedAt.isValid()) problem.title = tr("Revoked on %1 at %2").arg(primary, QLocale{}.toString(link.revokedAt.time(), u"HH:mm"_s));
        else problem.title = tr("%1 does not list it: it was revoked, or it belonged to another primary").arg(primary);
        problem.facts = tr("It keeps the data that it has. It receives nothing more.");
        problem.next = tr("Disable its replication, or give it a new token (Update primary).");
        break;
    case HealthState::Diverged:
        problem.title = tr("Diverged: its contents differ from %1").arg(primary);
        problem.facts = tr("Both are at the same index, but their roots are not equal.");
        problem.next = tr("Run a check of the index: holdfast write -f sys/replication/merkle-check");
        break;
    default:
        if (link.stateWord == "idle"_L1) {
            problem.title = tr("Detached: it follows no primary");
            problem.facts = tr("It keeps its data. It receives no new writes.");
            problem.next = tr("Point it at %1 with a new activation token, or promote it.").arg(primary);
        } else {
            problem.title = tr("Broken: it has lost its link to %1").arg(primary);
            problem.facts = tr("Connection %1. It keeps its data. Writes on %2 continue.").arg(link.connectionState, primary);
            problem.next = tr("Check that %1 runs and that its cluster port can be reached. If %1 is lost, promote a secondary.").arg(primary);
        }
    }
    return problem;
}

ProblemListModel::ProblemListModel(QObject* parent) : QAbstractListModel{parent} {}

void ProblemListModel::show(const QList<Problem>& problems)
{
    RowSync::apply(*this, m_problems, problems,
                   [](const Problem& a, const Problem& b) { return a.subjectId == b.subjectId && a.kind == b.kind && a.state == b.state; });
}

int ProblemListModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_problems.size());
}

QVariant ProblemListModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const Problem& problem = m_problems[index.row()];
    switch (role) {
    case Qt::DisplayRole: return problem.title;
    case Qt::AccessibleTextRole: return u"%1: %2. %3"_s.arg(problem.subjectName, problem.title, problem.facts);
    case IdRole: return problem.subjectId;
    case StateRole: return static_cast<int>(problem.state);
    case NameRole: return problem.subjectName;
    case FactsRole: return problem.facts;
    case NextRole: return problem.next;
    default: return {};
    }
}

} // namespace widgets
