#pragma once

#include "core/base/secret_bytes.h"
#include "widgets/client/api_request.h"

#include <QByteArray>

namespace widgets {

enum class ReplicationType { Performance, Dr };

/// The path segment: "performance" or "dr".
QString pathOf(ReplicationType type);

/// The console's calls, one function each. Paths and fields: the replication and system API of Vault.
namespace requests {

ApiRequest health();
ApiRequest sealStatus();
ApiRequest replicationStatus();
ApiRequest lookupSelf();
ApiRequest mounts();
ApiRequest authMounts();
ApiRequest policies();
/// Reads what the cluster holds, and whether it is worth keeping. Vault has no such call.
ApiRequest wipeInventory();

ApiRequest enablePrimary(ReplicationType type);
ApiRequest demotePrimary(ReplicationType type);
ApiRequest disablePrimary(ReplicationType type);
ApiRequest secondaryToken(ReplicationType type, const QString& id);
ApiRequest revokeSecondary(ReplicationType type, const QString& id);

struct Activation {
    const core::SecretBytes& token; // outlives the call
    QString primaryApiAddr;         // "": the address in the token
    QString caFile;                 // on the secondary's machine; "": its system roots
};
ApiRequest enableSecondary(ReplicationType type, const Activation& activation);
/// `drToken`: needed for Dr, ignored for Performance.
ApiRequest updatePrimary(ReplicationType type, const Activation& activation, const core::SecretBytes& drToken);
/// Tells the primary to hand over to a secondary, named by its activation id.
ApiRequest switchOver(ReplicationType type, const QString& secondaryId);
ApiRequest promoteSecondary(ReplicationType type, const core::SecretBytes& drToken, bool force);
ApiRequest disableSecondary(ReplicationType type, const core::SecretBytes& drToken);

ApiRequest operationTokenStatus();
ApiRequest operationTokenStart();
ApiRequest operationTokenUpdate(const QString& share, const QString& nonce);
ApiRequest operationTokenCancel();

ApiRequest snapshotSave();
ApiRequest snapshotRestore(bool force);
ApiRequest autoSnapshotNames();
ApiRequest autoSnapshotRead(const QString& name);
ApiRequest autoSnapshotStatus(const QString& name);
ApiRequest autoSnapshotWrite(const QString& name, const QJsonObject& config);
ApiRequest autoSnapshotDelete(const QString& name);

} // namespace requests
} // namespace widgets
