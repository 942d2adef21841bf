#include "widgets/model/fleet_model.h"

#include <algorithm>
#include <chrono>

using namespace Qt::StringLiterals;

namespace widgets {

struct FleetModel::Member {
    Connection connection;
    std::shared_ptr<ClusterClient> client;
    ClusterStatus status;
    LagTracker writes; // a primary's own index, for its rate
    QList<double> writesSeries;
    int unansweredCount = 0;
    ClusterStatus::Contact contact = ClusterStatus::Contact::Reached; // of the present round of calls
};

namespace {

/// What a failed health call says about the other end: no answer, or an answer that is not this API.
ClusterStatus::Contact contactOf(const core::Error& error)
{
    const bool isTls = error.code == core::ErrorCode::PermissionDenied && error.detail.starts_with("tls:");
    const bool isAway = error.code == core::ErrorCode::Unavailable || error.code == core::ErrorCode::Timeout;
    return isTls || isAway ? ClusterStatus::Contact::Lost : ClusterStatus::Contact::NotVault;
}

qint64 steadyNowMs()
{
    using namespace std::chrono;
    return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

} // namespace

FleetModel::FleetModel(ClientFactory factory, SteadyClock clock, QObject* parent)
    : QObject{parent}
    , m_factory{std::move(factory)}
    , m_clock{clock ? std::move(clock) : SteadyClock{steadyNowMs}}
{
    connect(&m_pollTimer, &QTimer::timeout, this, &FleetModel::poll);
    m_recomputeTimer.setSingleShot(true);
    m_recomputeTimer.setInterval(0);
    connect(&m_recomputeTimer, &QTimer::timeout, this, &FleetModel::recompute);
}

FleetModel::~FleetModel() = default;

void FleetModel::add(const Connection& connection, core::SecretBytes token)
{
    auto member = std::make_unique<Member>();
    member->connection = connection;
    member->client = m_factory(connection);
    member->client->setToken(std::move(token));
    Member& added = *member;
    m_members.push_back(std::move(member));
    recompute();
    Q_EMIT connectionsChanged();
    ask(added);
}

void FleetModel::update(const Connection& connection)
{
    if (Member* member = find(connection.id)) {
        const bool isElsewhere = member->connection.address != connection.address || member->connection.caPem != connection.caPem;
        member->connection = connection;
        if (isElsewhere) {
            member->client = m_factory(connection);
            member->status = {};
            member->unansweredCount = 0;
        }
        recompute();
        Q_EMIT connectionsChanged();
    }
}

void FleetModel::setToken(const QString& id, core::SecretBytes token)
{
    if (Member* member = find(id)) member->client->setToken(std::move(token));
}

void FleetModel::remove(const QString& id)
{
    std::erase_if(m_members, [&](const auto& member) { return member->connection.id == id; });
    recompute();
    Q_EMIT connectionsChanged();
}

QList<Connection> FleetModel::connections() const
{
    QList<Connection> list;
    for (const auto& member : m_members) list << member->connection;
    return list;
}

std::shared_ptr<ClusterClient> FleetModel::client(const QString& id) const
{
    const Member* member = find(id);
    return member ? member->client : nullptr;
}

FleetModel::Member* FleetModel::find(const QString& id) const
{
    const auto it = std::find_if(m_members.begin(), m_members.end(), [&](const auto& member) { return member->connection.id == id; });
    return it == m_members.end() ? nullptr : it->get();
}

void FleetModel::start(std::chrono::milliseconds interval)
{
    m_pollTimer.start(interval);
    poll();
}

void FleetModel::stop()
{
    m_pollTimer.stop();
}

void FleetModel::poll()
{
    for (const auto& member : m_members) {
        if (member->unansweredCount == 0) ask(*member);
    }
}

void FleetModel::ask(Member& member)
{
    member.unansweredCount = 3;
    member.contact = ClusterStatus::Contact::Reached;
    const QString id = member.connection.id;
    member.client->send(requests::health(), {this, [this, id](const ApiResult& r) { settle(id, r, applyHealth, false); }});
    member.client->send(requests::sealStatus(), {this, [this, id](const ApiResult& r) { settle(id, r, applySealStatus, false); }});
    member.client->send(requests::replicationStatus(), {this, [this, id](const ApiResult& r) { settle(id, r, applyReplicationStatus, true); }});
}

void FleetModel::settle(const QString& id, const ApiResult& result, void (*apply)(ClusterStatus&, const QJsonObject&), bool isData)
{
    Member* member = find(id);
    if (!member) return;
    member->unansweredCount = std::max(0, member->unansweredCount - 1);
    const auto fail = [member](ClusterStatus::Contact contact, const QString& why) {
        if (member->contact == ClusterStatus::Contact::Lost) return; // "no answer" counts more than a wrong answer
        member->contact = contact;
        member->status.lostBecause = why;
    };
    if (isData) {
        // A sealed or starting server refuses the replication status. The other two calls decide whether there is contact.
        if (result) apply(member->status, result->data);
    } else if (!result) {
        fail(contactOf(result.error()), QString::fromStdString(result.error().detail));
    } else if (!isVaultAnswer(result->body)) {
        fail(ClusterStatus::Contact::NotVault, u"HTTP %1"_s.arg(result->status));
    } else {
        apply(member->status, result->body);
    }
    if (member->unansweredCount == 0) {
        member->status.contact = member->contact;
        if (member->contact == ClusterStatus::Contact::Reached) member->status.reachedAt = QDateTime::currentDateTime();
        m_recomputeTimer.start();
    }
}

void FleetModel::recompute()
{
    const qint64 nowMs = m_clock();
    m_state.nodes.clear();
    m_state.links.clear();
    for (const auto& member : m_members) {
        FleetNode node;
        node.connection = member->connection;
        node.status = member->status;
        node.role = roleOf(member->status);
        node.state = ownState(member->status, node.role);
        node.stateWord = stateWordOf(member->status, node.role);
        if (node.role == ClusterRole::Primary || node.role == ClusterRole::Standalone) computePrimary(node, nowMs);
        m_state.nodes << node;
    }
    markRivals(m_state.nodes);
    const auto links = findLinks(m_state.nodes);
    for (const auto& ends : links) computeLink(ends, nowMs);
    markConflicts(m_state.nodes);
    Q_EMIT changed();
}

void FleetModel::computePrimary(FleetNode& node, qint64 nowMs)
{
    Member* member = find(node.id());
    const qint64 index = std::max(node.status.performance.lastWal, node.status.dr.lastWal);
    if (node.status.contact == ClusterStatus::Contact::Reached) {
        member->writes.add(nowMs, index, index);
        member->writesSeries.append(member->writes.entriesPerSecond());
        if (member->writesSeries.size() > 3600) member->writesSeries.removeFirst();
    }
    node.entriesPerSecond = member->writes.entriesPerSecond();
    node.series = member->writesSeries;
}

void FleetModel::computeLink(const LinkEnds& ends, qint64 nowMs)
{
    const FleetNode& primary = m_state.nodes[ends.primary];
    FleetNode& secondary = m_state.nodes[ends.secondary];
    const auto& p = primary.status.of(ends.type);
    const auto& s = secondary.status.of(ends.type);

    FleetLink link;
    link.type = ends.type;
    link.fromId = primary.id();
    link.toId = secondary.id();
    link.stateWord = secondary.status.isSealed ? u"sealed"_s : s.isBootstrapping() ? u"bootstrapping"_s : s.state;
    link.connectionState = s.connectionState;
    link.primaryIndex = p.lastTypeWal;
    link.isRevoked = isRevoked(primary, secondary, ends.type);
    if (link.isRevoked) link.stateWord = u"revoked"_s;
    link.areRootsEqual = !link.isRevoked && !s.merkleRoot.isEmpty() && p.merkleRoot == s.merkleRoot;
    // Until the first entry after a start a secondary reports 0; equal roots say that it has everything.
    link.remoteIndex = link.areRootsEqual ? std::max(s.lastRemoteWal, p.lastTypeWal) : s.lastRemoteWal;
    link.syncDone = s.syncDone;
    link.syncTotal = s.syncTotal;

    const QString id = link.id();
    LagTracker& lag = m_lags[id];
    const bool areBothFresh =
        primary.status.contact == ClusterStatus::Contact::Reached && secondary.status.contact == ClusterStatus::Contact::Reached;
    if (areBothFresh) lag.add(nowMs, link.primaryIndex, link.remoteIndex);

    if (link.areRootsEqual || lag.entriesBehind() > 0) m_rootsDifferSinceMs.remove(id);
    else if (!m_rootsDifferSinceMs.contains(id)) m_rootsDifferSinceMs.insert(id, nowMs);
    const double secondsRootsDiffer = static_cast<double>(nowMs - m_rootsDifferSinceMs.value(id, nowMs)) / 1000.0;

    link.state = linkState(primary, secondary, ends.type, lag, secondsRootsDiffer);
    link.entriesBehind = lag.entriesBehind();
    link.secondsBehind = lag.secondsBehind();
    link.entriesPerSecond = areBothFresh ? lag.entriesPerSecond() : 0;
    link.series = lag.series();

    if (!link.isRevoked) m_revokedAt.remove(id);
    else if (!m_revokedAt.contains(id)) m_revokedAt.insert(id, m_wasMember.contains(id) ? QDateTime::currentDateTime() : QDateTime{});
    if (areBothFresh && !link.isRevoked) m_wasMember.insert(id);
    link.revokedAt = m_revokedAt.value(id);
    if (link.isRevoked && areBothFresh) {
        secondary.isRevoked = true;
        secondary.stateWord = link.stateWord;
    }

    const bool ownStateIsFine = secondary.state == HealthState::InSync || link.isRevoked;
    if (ownStateIsFine && link.state != HealthState::Unknown) secondary.state = link.state;
    secondary.hasLag = true;
    secondary.entriesBehind = link.entriesBehind;
    secondary.secondsBehind = link.secondsBehind;
    secondary.entriesPerSecond = link.entriesPerSecond;
    secondary.series = link.series;
    m_state.links << link;
}

} // namespace widgets
