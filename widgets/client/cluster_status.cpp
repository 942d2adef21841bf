#include "widgets/client/cluster_status.h"

#include <QJsonArray>

using namespace Qt::StringLiterals;

namespace widgets {
namespace {

/// Numbers that some versions send as strings.
qint64 integer(const QJsonValue& value, qint64 fallback = 0)
{
    if (value.isString()) {
        bool isNumber = false;
        const qint64 number = value.toString().toLongLong(&isNumber);
        return isNumber ? number : fallback;
    }
    return value.isDouble() ? static_cast<qint64>(value.toDouble()) : fallback;
}

QStringList strings(const QJsonValue& value)
{
    QStringList list;
    const auto array = value.toArray();
    for (const auto& item : array) list << item.toString();
    return list;
}

QList<PeerStatus> peers(const QJsonValue& value)
{
    QList<PeerStatus> list;
    const auto array = value.toArray();
    for (const auto& item : array) {
        const auto object = item.toObject();
        PeerStatus peer;
        peer.id = object.value("node_id"_L1).toString();
        peer.apiAddress = object.value("api_address"_L1).toString();
        peer.clusterAddress = object.value("cluster_address"_L1).toString();
        peer.connection = object.value("connection_status"_L1).toString();
        peer.lastHeartbeat = QDateTime::fromString(object.value("last_heartbeat"_L1).toString(), Qt::ISODateWithMs);
        peer.clockSkewMs = integer(object.value("clock_skew_ms"_L1));
        peer.canaryAgeMs = integer(object.value("replication_primary_canary_age_ms"_L1), -1);
        list << peer;
    }
    return list;
}

} // namespace

ReplicationStatus parseReplication(const QJsonObject& object, ReplicationType type)
{
    ReplicationStatus status;
    status.raw = object;
    status.mode = object.value("mode"_L1).toString();
    status.state = object.value("state"_L1).toString();
    status.setId = object.value("cluster_id"_L1).toString();
    status.secondaryId = object.value("secondary_id"_L1).toString();
    status.connectionState = object.value("connection_state"_L1).toString();
    status.merkleRoot = object.value("merkle_root"_L1).toString();
    status.primaryClusterAddr = object.value("primary_cluster_addr"_L1).toString();
    status.knownSecondaries = strings(object.value("known_secondaries"_L1));
    status.knownPrimaryAddrs = strings(object.value("known_primary_cluster_addrs"_L1));
    status.secondaries = peers(object.value("secondaries"_L1));
    status.primaries = peers(object.value("primaries"_L1));
    status.lastWal = integer(object.value("last_wal"_L1));
    const auto typeWal = type == ReplicationType::Dr ? "last_dr_wal"_L1 : "last_performance_wal"_L1;
    status.lastTypeWal = integer(object.value(typeWal), status.lastWal);
    status.lastRemoteWal = integer(object.value("last_remote_wal"_L1));
    const auto progress = object.value("merkle_sync_progress"_L1).toObject();
    status.syncDone = integer(progress.value("sync_progress"_L1));
    status.syncTotal = integer(progress.value("sync_total_keys"_L1));
    status.isCorrupted = object.value("corrupted_merkle_tree"_L1).toBool();
    const auto successor = object.value("replaced_by"_L1).toObject();
    status.isReplaced = !successor.isEmpty();
    status.replacedBy = successor.value("cluster_name"_L1).toString();
    if (status.replacedBy.isEmpty()) status.replacedBy = successor.value("api_address"_L1).toString();
    // A status with a signed epoch belongs to a server that has the switchover. Vault's status has neither.
    status.canSwitchOver = status.isPrimary() && !status.isReplaced && object.contains("epoch"_L1);
    return status;
}

bool isVaultAnswer(const QJsonObject& body)
{
    return body.value("initialized"_L1).isBool() && body.value("sealed"_L1).isBool();
}

void applyHealth(ClusterStatus& status, const QJsonObject& body)
{
    status.isInitialized = body.value("initialized"_L1).toBool(true);
    status.isSealed = body.value("sealed"_L1).toBool();
    status.isStandby = body.value("standby"_L1).toBool();
    status.version = body.value("version"_L1).toString();
    status.auditFailure = body.value("audit_failure"_L1).toString();
    status.twoPrimaries = body.value("two_primaries"_L1).toString();
    if (const QString name = body.value("cluster_name"_L1).toString(); !name.isEmpty()) status.clusterName = name;
    if (const QString id = body.value("cluster_id"_L1).toString(); !id.isEmpty()) status.clusterId = id;
}

void applySealStatus(ClusterStatus& status, const QJsonObject& body)
{
    status.isSealed = body.value("sealed"_L1).toBool();
    status.isInitialized = body.value("initialized"_L1).toBool(true);
    status.unsealThreshold = static_cast<int>(integer(body.value("t"_L1)));
    status.unsealProgress = static_cast<int>(integer(body.value("progress"_L1)));
    status.storage = body.value("storage_type"_L1).toString();
}

void applyReplicationStatus(ClusterStatus& status, const QJsonObject& data)
{
    const auto performance = data.value("performance"_L1).toObject();
    status.mountConflicts = strings(performance.value("mount_conflicts"_L1));
    status.rekeyRequired = performance.value("rekey_required"_L1).toString();
    status.performance = parseReplication(performance, ReplicationType::Performance);
    status.dr = parseReplication(data.value("dr"_L1).toObject(), ReplicationType::Dr);
}

} // namespace widgets
