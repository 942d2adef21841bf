#include "widgets/wizard/replication/enable_model.h"

#include "widgets/client/secret_text.h"
#include "widgets/look/error_text.h"
#include "widgets/look/format.h"
#include "widgets/wizard/frame/effects.h"
#include "widgets/wizard/plan/steps.h"

#include <QJsonArray>
#include <QLocale>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace widgets {
namespace {

using CheckState = CheckList::CheckState;

bool isFollower(const ReplicationStatus& replication)
{
    return replication.isSecondary() || replication.isBootstrapping();
}

/// The cluster has answered as a Vault, and nothing else answers at its address now.
bool isVault(const FleetNode& node)
{
    return node.status.reachedAt.isValid() && node.status.contact != ClusterStatus::Contact::NotVault;
}

bool mayBePrimary(const FleetNode& node, ReplicationType type)
{
    if (!isVault(node) || isFollower(node.status.dr)) return false;
    return type == ReplicationType::Dr || !isFollower(node.status.performance);
}

bool mayBeSecondary(const FleetNode& node)
{
    return isVault(node) && node.role == ClusterRole::Standalone;
}

} // namespace

EnableModel::EnableModel(FleetModel& fleet, ActionLog& log, QObject* parent) : QObject{parent}, m_fleet{fleet}, m_plan{log} {}

void EnableModel::choose(const Choices& choices)
{
    if (choices == m_choices) return;
    m_choices = choices;
    Q_EMIT choicesChanged();
}

QList<const FleetNode*> EnableModel::primaries() const
{
    QList<const FleetNode*> list;
    for (const auto& node : m_fleet.state().nodes) {
        if (mayBePrimary(node, m_choices.type)) list << &node;
    }
    return list;
}

QList<const FleetNode*> EnableModel::secondaries() const
{
    QList<const FleetNode*> list;
    for (const auto& node : m_fleet.state().nodes) {
        if (mayBeSecondary(node) && node.id() != m_choices.primaryId) list << &node;
    }
    return list;
}

bool EnableModel::areChoicesComplete() const
{
    const auto* primary = m_fleet.state().node(m_choices.primaryId);
    const bool hasSecondary = m_choices.isHandOver || (m_fleet.state().node(m_choices.secondaryId) && m_choices.secondaryId != m_choices.primaryId);
    return primary && hasSecondary && !m_choices.activationId.isEmpty();
}

QString EnableModel::suggestedActivationId() const
{
    const auto* primary = m_fleet.state().node(m_choices.primaryId);
    const auto* secondary = m_choices.isHandOver ? nullptr : m_fleet.state().node(m_choices.secondaryId);
    const QString base = secondary ? secondary->name() : u"secondary"_s;
    QString id = base;
    for (int i = 2; primary && primary->status.of(m_choices.type).knownSecondaries.contains(id); ++i) id = u"%1-%2"_s.arg(base).arg(i);
    return id;
}

QString EnableModel::suggestedCaFile() const
{
    const auto* primary = m_fleet.state().node(m_choices.primaryId);
    const auto* secondary = m_fleet.state().node(m_choices.secondaryId);
    const auto isLocal = [](const FleetNode* node) {
        const QString host = node ? node->connection.address.host() : QString{};
        return host == "127.0.0.1"_L1 || host == "::1"_L1 || host == "localhost"_L1;
    };
    return isLocal(primary) && isLocal(secondary) ? primary->connection.caFile : QString{};
}

QString EnableModel::primaryName() const
{
    const auto* node = m_fleet.state().node(m_choices.primaryId);
    return node ? node->name() : QString{};
}

QString EnableModel::secondaryName() const
{
    if (m_choices.isHandOver) return m_choices.activationId;
    const auto* node = m_fleet.state().node(m_choices.secondaryId);
    return node ? node->name() : QString{};
}

void EnableModel::check()
{
    m_preflight.start();
    const auto* primary = m_fleet.state().node(m_choices.primaryId);
    const auto* secondary = m_choices.isHandOver ? nullptr : m_fleet.state().node(m_choices.secondaryId);
    if (!primary) return m_preflight.add(CheckState::Bad, tr("The primary is not connected any more"));
    m_preflight.addReachable(*primary);
    m_preflight.askToken(ClusterRef::of(m_fleet, primary->id()));
    if (secondary) {
        m_preflight.addReachable(*secondary);
        m_preflight.askToken(ClusterRef::of(m_fleet, secondary->id()));
    }
    checkRoles(*primary, secondary);
}

void EnableModel::checkRoles(const FleetNode& primary, const FleetNode* secondary)
{
    const auto& role = primary.status.of(m_choices.type);
    const QString type = Format::type(m_choices.type);
    if (role.isPrimary())
        m_preflight.add(CheckState::Fine, tr("%1 is a primary for %2 already").arg(primary.name(), type),
                        tr("%n secondaries known", nullptr, static_cast<int>(role.knownSecondaries.size())));
    else if (mayBePrimary(primary, m_choices.type))
        m_preflight.add(CheckState::Fine, tr("%1 becomes a primary for %2").arg(primary.name(), type),
                        tr("It is unavailable for a moment during the change."));
    else m_preflight.add(CheckState::Bad, tr("%1 is a secondary itself").arg(primary.name()), tr("Choose its primary instead."));

    if (role.knownSecondaries.contains(m_choices.activationId)) {
        m_preflight.add(CheckState::Bad, tr("The id %1 is already used").arg(m_choices.activationId),
                        tr("Choose another, or revoke the old one first."));
    }
    if (!secondary) {
        m_preflight.add(CheckState::Warning, tr("The other cluster is not checked"),
                        tr("The activation wipes all its data. The token can be used once, within 30 minutes."));
        return;
    }
    if (mayBeSecondary(*secondary)) m_preflight.add(CheckState::Fine, tr("%1 does not replicate yet").arg(secondary->name()));
    else m_preflight.add(CheckState::Bad, tr("%1 replicates already").arg(secondary->name()), tr("Disable its replication first."));
    if (primary.status.version == secondary->status.version)
        m_preflight.add(CheckState::Fine, tr("Both run the same version"), primary.status.version);
    else
        m_preflight.add(CheckState::Warning, tr("The versions differ"),
                        tr("%1: %2, %3: %4. A secondary must not be older than its primary.")
                            .arg(primary.name(), primary.status.version, secondary->name(), secondary->status.version));
    if (secondary->connection.isProduction)
        m_preflight.add(CheckState::Warning, tr("%1 is a production cluster").arg(secondary->name()), tr("Everything on it will be wiped."));
}

void EnableModel::takeInventory()
{
    m_inventory = {};
    ++m_inventoryGeneration;
    const auto secondary = ClusterRef::of(m_fleet, m_choices.secondaryId);
    if (!secondary) return;
    secondary.client->send(requests::wipeInventory(), {this, [this, generation = m_inventoryGeneration](const ApiResult& result) {
                                                           if (generation != m_inventoryGeneration) return;
                                                           const bool isAbsent = !result && (result.error().code == core::ErrorCode::NotFound ||
                                                                                             result.error().code == core::ErrorCode::Unsupported);
                                                           if (isAbsent) return countByHand(); // Vault has no such call
                                                           if (result) takeSurvey(*result);
                                                           else m_inventory.problem = ErrorText::of(result.error(), secondaryName());
                                                           m_inventory.isComplete = result.has_value();
                                                           Q_EMIT inventoryChanged();
                                                       }});
}

void EnableModel::countByHand()
{
    m_inventoryOwed = 3;
    askInventory(requests::mounts(), &EnableModel::takeMounts);
    askInventory(requests::authMounts(), &EnableModel::takeAuthMounts);
    askInventory(requests::policies(), &EnableModel::takePolicies);
}

void EnableModel::askInventory(const ApiRequest& request, Take take)
{
    const auto secondary = ClusterRef::of(m_fleet, m_choices.secondaryId);
    if (!secondary) return;
    secondary.client->send(request, {this, [this, take, name = secondary.name, generation = m_inventoryGeneration](const ApiResult& result) {
                                         if (generation != m_inventoryGeneration) return;
                                         if (result) (this->*take)(*result);
                                         else m_inventory.problem = ErrorText::of(result.error(), name);
                                         m_inventory.isComplete = --m_inventoryOwed == 0 && m_inventory.problem.isEmpty();
                                         Q_EMIT inventoryChanged();
                                     }});
}

void EnableModel::takeSurvey(const ApiReply& reply)
{
    const auto number = [&](QLatin1StringView name) { return static_cast<qint64>(reply.data.value(name).toDouble()); };
    m_inventory.hasSafetySnapshot = true;
    m_inventory.isWorthKeeping = reply.data.value("is_worth_keeping"_L1).toBool(true);
    m_inventory.policies = number("policy_count"_L1);
    m_inventory.tokens = number("token_count"_L1);
    m_inventory.secrets = 0;
    const auto mounts = reply.data.value("mounts"_L1).toArray();
    for (const auto& value : mounts) {
        const auto mount = value.toObject();
        const bool isAuth = mount.value("kind"_L1).toString() == "auth"_L1;
        ++(isAuth ? m_inventory.authMethods : m_inventory.secretsEngines);
        const auto secrets = static_cast<qint64>(mount.value("secret_count"_L1).toDouble(-1));
        if (secrets > 0) m_inventory.secrets += secrets;
        QStringList facts{mount.value("type"_L1).toString()};
        facts << (secrets >= 0 ? tr("%Ln secrets", nullptr, static_cast<int>(secrets))
                               : tr("%Ln keys", nullptr, mount.value("key_count"_L1).toInt()));
        if (mount.contains("version_count"_L1)) facts << tr("%Ln versions", nullptr, mount.value("version_count"_L1).toInt());
        const auto newest = QDateTime::fromString(mount.value("newest_write"_L1).toString(), Qt::ISODateWithMs);
        if (newest.isValid()) facts << tr("newest of %1").arg(QLocale{}.toString(newest.toLocalTime(), QLocale::ShortFormat));
        m_inventory.mounts << qMakePair((isAuth ? u"auth/"_s : QString{}) + mount.value("path"_L1).toString(), facts.join(u" · "_s));
    }
}

void EnableModel::takeMounts(const ApiReply& reply)
{
    for (auto it = reply.data.begin(); it != reply.data.end(); ++it) {
        const QString type = it.value().toObject().value("type"_L1).toString();
        if (type == "system"_L1 || type == "cubbyhole"_L1 || type == "identity"_L1) continue;
        m_inventory.mounts << qMakePair(it.key(), type);
        ++m_inventory.secretsEngines;
    }
}

void EnableModel::takeAuthMounts(const ApiReply& reply)
{
    m_inventory.authMethods =
        std::count_if(reply.data.begin(), reply.data.end(), [](const QJsonValue& v) { return v.toObject().value("type"_L1) != u"token"_s; });
}

void EnableModel::takePolicies(const ApiReply& reply)
{
    const auto keys = reply.data.value("keys"_L1).toArray();
    m_inventory.policies = std::count_if(keys.begin(), keys.end(), [](const QJsonValue& v) { return v != u"default"_s && v != u"root"_s; });
}

QString EnableModel::safetyNet() const
{
    if (!m_inventory.hasSafetySnapshot) return tr("Its data cannot be restored afterwards. Save a snapshot first (Snapshots).");
    if (!m_inventory.isWorthKeeping) return tr("It holds only what a new cluster has, so the server takes no snapshot.");
    return tr("Before the wipe %1 saves a safety snapshot and restores it on trial. The report names the snapshot. It can restore everything.")
        .arg(secondaryName());
}

void EnableModel::makePlan()
{
    m_token = {};
    const auto type = m_choices.type;
    const auto primary = ClusterRef::of(m_fleet, m_choices.primaryId);
    const auto secondary = m_choices.isHandOver ? ClusterRef{} : ClusterRef::of(m_fleet, m_choices.secondaryId);
    const auto* node = m_fleet.state().node(m_choices.primaryId);
    QList<PlanStep> steps;
    if (node && !node->status.of(type).isPrimary()) {
        steps << Steps::request(primary, tr("Make %1 a primary for %2").arg(primary.name, Format::type(type)),
                                {[type] { return requests::enablePrimary(type); },
                                 {},
                                 tr("%1 is a primary without secondaries.").arg(primary.name),
                                 effects::isPrimary(primary.id, type)});
        steps << Steps::waitForMode(primary, type, u"primary"_s);
    }
    steps << Steps::request(primary, tr("Create the activation token %1").arg(m_choices.activationId),
                            {[type, id = m_choices.activationId] { return requests::secondaryToken(type, id); },
                             [this](const ApiReply& reply) {
                                 m_token = secretOf(reply.body.value("wrap_info"_L1).toObject().value("token"_L1).toString());
                                 return tr("valid once, for 30 minutes");
                             },
                             tr("%1 lists the secondary %2. Its token was not used and will expire.").arg(primary.name, m_choices.activationId),
                             effects::isKnown(primary.id, type, m_choices.activationId, true)});
    if (!m_choices.isHandOver) {
        steps << Steps::request(secondary, tr("Activate %1: it is wiped and follows %2").arg(secondary.name, primary.name),
                                {[this, type] {
                                     return requests::enableSecondary(type, {m_token, m_choices.primaryApiAddr, m_choices.caFile});
                                 },
                                 [this](const ApiReply&) {
                                     m_token = {};
                                     return QString{};
                                 },
                                 tr("%1 is wiped and is synchronising. No action is needed.").arg(secondary.name),
                                 effects::isFollower(secondary.id, type)});
        steps << Steps::waitForMode(secondary, type, u"secondary"_s);
        steps << Steps::waitForSync(primary, secondary, type);
    }
    m_plan.setSteps(steps);
}

} // namespace widgets
