#include "widgets/client/requests.h"

#include "widgets/client/secret_text.h"

using namespace Qt::StringLiterals;

namespace widgets {
namespace {

using Verb = ApiRequest::Verb;

ApiRequest request(Verb verb, const QString& path)
{
    ApiRequest made;
    made.verb = verb;
    made.path = path;
    return made;
}

ApiRequest open(Verb verb, const QString& path)
{
    ApiRequest made = request(verb, path);
    made.authenticated = false;
    return made;
}

/// For calls to every cluster each second. No cluster is trusted, so each answer gets little time and little memory.
ApiRequest asStatus(ApiRequest made)
{
    made.timeout = std::chrono::seconds{4};
    made.replyBytesMax = 1 << 20;
    return made;
}

ApiRequest replication(ReplicationType type, QLatin1StringView call)
{
    ApiRequest made = request(Verb::Write, u"sys/replication/%1/%2"_s.arg(pathOf(type), call));
    made.timeout = std::chrono::seconds{60};
    return made;
}

void putActivation(ApiRequest& made, const requests::Activation& activation)
{
    made.body.insert("token"_L1, textOf(activation.token));
    made.secretFields << u"token"_s;
    if (!activation.primaryApiAddr.isEmpty()) made.body.insert("primary_api_addr"_L1, activation.primaryApiAddr);
    if (!activation.caFile.isEmpty()) made.body.insert("ca_file"_L1, activation.caFile);
}

void putDrToken(ApiRequest& made, ReplicationType type, const core::SecretBytes& drToken)
{
    if (type != ReplicationType::Dr) return;
    made.body.insert("dr_operation_token"_L1, textOf(drToken));
    made.secretFields << u"dr_operation_token"_s;
    made.authenticated = false;
}

QString autoSnapshotPath(QLatin1StringView what, const QString& name)
{
    return u"sys/storage/raft/snapshot-auto/%1/%2"_s.arg(what, name);
}

constexpr auto kAttempt = "sys/replication/dr/secondary/generate-operation-token/attempt"_L1;
constexpr auto kUpdate = "sys/replication/dr/secondary/generate-operation-token/update"_L1;

} // namespace

QString pathOf(ReplicationType type)
{
    return type == ReplicationType::Performance ? u"performance"_s : u"dr"_s;
}

namespace requests {

ApiRequest health()
{
    ApiRequest made = open(Verb::Read, u"sys/health"_s);
    // The console needs the body in every state, so every state's code becomes 299.
    for (const auto code : {"activecode"_L1, "standbycode"_L1, "drsecondarycode"_L1, "performancestandbycode"_L1, "sealedcode"_L1, "uninitcode"_L1,
                            "haunhealthycode"_L1}) {
        made.query.append({code, u"299"_s});
    }
    return asStatus(std::move(made));
}

ApiRequest sealStatus()
{
    return asStatus(open(Verb::Read, u"sys/seal-status"_s));
}

ApiRequest replicationStatus()
{
    return asStatus(open(Verb::Read, u"sys/replication/status"_s));
}

ApiRequest lookupSelf()
{
    return request(Verb::Read, u"auth/token/lookup-self"_s);
}
ApiRequest mounts()
{
    return request(Verb::Read, u"sys/mounts"_s);
}
ApiRequest authMounts()
{
    return request(Verb::Read, u"sys/auth"_s);
}
ApiRequest policies()
{
    return request(Verb::List, u"sys/policies/acl"_s);
}

ApiRequest wipeInventory()
{
    ApiRequest made = request(Verb::Read, u"sys/replication/inventory"_s);
    made.timeout = std::chrono::minutes{2};
    return made;
}

ApiRequest enablePrimary(ReplicationType type)
{
    return replication(type, "primary/enable"_L1);
}
ApiRequest demotePrimary(ReplicationType type)
{
    return replication(type, "primary/demote"_L1);
}
ApiRequest disablePrimary(ReplicationType type)
{
    return replication(type, "primary/disable"_L1);
}

ApiRequest secondaryToken(ReplicationType type, const QString& id)
{
    ApiRequest made = replication(type, "primary/secondary-token"_L1);
    made.body.insert("id"_L1, id);
    return made;
}

ApiRequest revokeSecondary(ReplicationType type, const QString& id)
{
    ApiRequest made = replication(type, "primary/revoke-secondary"_L1);
    made.body.insert("id"_L1, id);
    return made;
}

ApiRequest enableSecondary(ReplicationType type, const Activation& activation)
{
    ApiRequest made = replication(type, "secondary/enable"_L1);
    putActivation(made, activation);
    return made;
}

ApiRequest updatePrimary(ReplicationType type, const Activation& activation, const core::SecretBytes& drToken)
{
    ApiRequest made = replication(type, "secondary/update-primary"_L1);
    putDrToken(made, type, drToken);
    putActivation(made, activation);
    return made;
}

ApiRequest switchOver(ReplicationType type, const QString& secondaryId)
{
    ApiRequest made = replication(type, "primary/switchover"_L1);
    made.body.insert("secondary_id"_L1, secondaryId);
    return made;
}

ApiRequest promoteSecondary(ReplicationType type, const core::SecretBytes& drToken, bool force)
{
    ApiRequest made = replication(type, "secondary/promote"_L1);
    putDrToken(made, type, drToken);
    if (force) made.body.insert("force"_L1, true);
    return made;
}

ApiRequest disableSecondary(ReplicationType type, const core::SecretBytes& drToken)
{
    ApiRequest made = replication(type, "secondary/disable"_L1);
    putDrToken(made, type, drToken);
    return made;
}

ApiRequest operationTokenStatus()
{
    return open(Verb::Read, kAttempt);
}
ApiRequest operationTokenStart()
{
    return open(Verb::Write, kAttempt);
}

ApiRequest operationTokenUpdate(const QString& share, const QString& nonce)
{
    ApiRequest made = open(Verb::Write, kUpdate);
    made.body.insert("key"_L1, share);
    made.body.insert("nonce"_L1, nonce);
    made.secretFields << u"key"_s;
    return made;
}

ApiRequest operationTokenCancel()
{
    return open(Verb::Delete, kAttempt);
}

ApiRequest snapshotSave()
{
    ApiRequest made = request(Verb::Read, u"sys/storage/raft/snapshot"_s);
    made.timeout = std::chrono::minutes{5};
    return made;
}

ApiRequest snapshotRestore(bool force)
{
    ApiRequest made = request(Verb::Write, force ? u"sys/storage/raft/snapshot-force"_s : u"sys/storage/raft/snapshot"_s);
    made.timeout = std::chrono::minutes{5};
    return made;
}

ApiRequest autoSnapshotNames()
{
    return request(Verb::List, u"sys/storage/raft/snapshot-auto/config"_s);
}
ApiRequest autoSnapshotRead(const QString& name)
{
    return request(Verb::Read, autoSnapshotPath("config"_L1, name));
}
ApiRequest autoSnapshotStatus(const QString& name)
{
    return request(Verb::Read, autoSnapshotPath("status"_L1, name));
}

ApiRequest autoSnapshotWrite(const QString& name, const QJsonObject& config)
{
    ApiRequest made = request(Verb::Write, autoSnapshotPath("config"_L1, name));
    made.body = config;
    return made;
}

ApiRequest autoSnapshotDelete(const QString& name)
{
    return request(Verb::Delete, autoSnapshotPath("config"_L1, name));
}

} // namespace requests
} // namespace widgets
