#pragma once

#include "widgets/client/requests.h"

#include <QDateTime>
#include <QJsonObject>
#include <QList>
#include <QString>
#include <QStringList>

namespace widgets {

/// One end of a link as the other end reports it (an item of `secondaries` or `primaries`).
struct PeerStatus {
    QString id; // the activation id; empty for primaries
    QString apiAddress;
    QString clusterAddress;
    QString connection; // connected, disconnected
    QDateTime lastHeartbeat;
    qint64 clockSkewMs = 0;
    qint64 canaryAgeMs = -1; // -1: not reported

    bool operator==(const PeerStatus&) const = default;
};

/// The status object of one replication type, in the API's words.
struct ReplicationStatus {
    QString mode; // disabled, primary, secondary, bootstrapping; empty: not known yet
    QString state;
    QString setId; // `cluster_id` of the replication set
    QString secondaryId;
    QString connectionState;
    QString merkleRoot;
    QString primaryClusterAddr;
    QStringList knownSecondaries;
    QStringList knownPrimaryAddrs;
    QList<PeerStatus> secondaries;
    QList<PeerStatus> primaries;
    qint64 lastWal = 0;
    qint64 lastTypeWal = 0; // last_performance_wal or last_dr_wal
    qint64 lastRemoteWal = 0;
    qint64 syncDone = 0;
    qint64 syncTotal = 0;
    bool isCorrupted = false;
    bool isReplaced = false;    // a fenced primary: another cluster was promoted
    QString replacedBy;         // that cluster's name or address, if reported
    bool canSwitchOver = false; // this primary can hand over in one call
    QJsonObject raw;            // every field unchanged, for the inspector

    bool isPrimary() const { return mode == QLatin1StringView{"primary"}; }
    bool isSecondary() const { return mode == QLatin1StringView{"secondary"}; }
    bool isBootstrapping() const { return mode == QLatin1StringView{"bootstrapping"}; }
    bool isEnabled() const { return !mode.isEmpty() && mode != QLatin1StringView{"disabled"}; }

    bool operator==(const ReplicationStatus&) const = default;
};

/// What the calls without a token report about a cluster. After a loss of contact the last known values stay.
struct ClusterStatus {
    /// NotVault: something answers at the address, but it is not this API (a web page, a proxy, an error).
    enum class Contact { Never, Reached, Lost, NotVault };

    Contact contact = Contact::Never;
    QDateTime reachedAt;
    QString lostBecause; // why it is Lost or NotVault
    bool isInitialized = true;
    bool isSealed = false;
    bool isStandby = false;
    int unsealThreshold = 0;
    int unsealProgress = 0;
    QString clusterName;
    QString clusterId;
    QString version;
    QString storage;
    // Problems that the server itself reports, in its words; empty: none
    QString auditFailure;       // no audit device can write, so the server refuses every request
    QString twoPrimaries;       // the primary that this cluster replaced still acts as one
    QString rekeyRequired;      // a member that was revoked as compromised knows the root key
    QStringList mountConflicts; // paths that have a local mount here and a shared one on the primary
    ReplicationStatus performance;
    ReplicationStatus dr;

    const ReplicationStatus& of(ReplicationType type) const { return type == ReplicationType::Dr ? dr : performance; }

    bool operator==(const ClusterStatus&) const = default;
};

ReplicationStatus parseReplication(const QJsonObject& object, ReplicationType type);
/// A Vault answers sys/health and sys/seal-status with whether it is initialized and sealed. Nothing else does.
bool isVaultAnswer(const QJsonObject& body);
void applyHealth(ClusterStatus& status, const QJsonObject& body);
void applySealStatus(ClusterStatus& status, const QJsonObject& body);
/// `data` of sys/replication/status.
void applyReplicationStatus(ClusterStatus& status, const QJsonObject& data);

} // namespace widgets
