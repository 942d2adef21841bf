#include "tests/widgets/fake_fleet.h"

#include <QCryptographicHash>
#include <QDateTime>
#include <QJsonArray>
#include <QUuid>

#include <utility>

using namespace Qt::StringLiterals;
using widgets::ApiReply;
using widgets::ApiRequest;
using widgets::ApiResult;
using widgets::ReplicationType;

namespace tests {
namespace {

QString idFor(const QString& seed)
{
    return QUuid::createUuidV5(QUuid{}, seed).toString(QUuid::WithoutBraces);
}

QString rootFor(const QString& seed, qint64 index)
{
    return QString::fromLatin1(QCryptographicHash::hash((seed + QString::number(index)).toUtf8(), QCryptographicHash::Sha1).toHex());
}

ApiResult reply(const QJsonObject& data, const QStringList& warnings = {})
{
    return ApiReply{.status = 200, .body = {{u"data"_s, data}}, .data = data, .warnings = warnings};
}

ApiResult raw(const QJsonObject& body)
{
    return ApiReply{.status = 200, .body = body, .data = body.value("data"_L1).toObject(), .warnings = {}};
}

ApiResult done()
{
    return ApiReply{.status = 204, .body = {}, .data = {}, .warnings = {}};
}

ApiResult refuse(core::ErrorCode code, const char* text)
{
    return core::Error{code, text};
}

QString now()
{
    return QDateTime::currentDateTimeUtc().toString(Qt::ISODateWithMs);
}

} // namespace

FakeRole& roleOf(FakeCluster& cluster, ReplicationType type)
{
    return type == ReplicationType::Dr ? cluster.dr : cluster.performance;
}

FakeCluster& FakeFleet::add(const QString& name)
{
    auto cluster = std::make_unique<FakeCluster>();
    cluster->name = name;
    cluster->clusterId = idFor(name);
    for (const auto& [path, type] :
         {std::pair{"cubbyhole/"_L1, "cubbyhole"_L1}, {"identity/"_L1, "identity"_L1}, {"sys/"_L1, "system"_L1}, {"secret/"_L1, "kv"_L1}}) {
        cluster->mounts.insert(path, QJsonObject{{u"type"_s, QString{type}}});
    }
    return *(m_clusters[name] = std::move(cluster));
}

void FakeFleet::link(const QString& primary, const QString& secondary, ReplicationType type, const QString& id)
{
    auto& p = roleOf(at(primary), type);
    p.mode = u"primary"_s;
    if (p.setId.isEmpty()) p.setId = idFor(primary + widgets::pathOf(type));
    const QString activation = id.isEmpty() ? secondary : id;
    p.known << activation;
    auto& s = roleOf(at(secondary), type);
    s.mode = u"secondary"_s;
    s.setId = p.setId;
    s.secondaryId = activation;
    s.primary = primary;
}

void FakeFleet::release()
{
    m_heldPath.clear();
    const auto held = std::exchange(m_held, {});
    for (const auto& answer : held) answer();
}

void FakeFleet::failNext(const QString& path, core::Error error, int times)
{
    m_failures.insert(path, {std::move(error), times});
}

QStringList FakeFleet::pathsCalled() const
{
    QStringList paths;
    for (const auto& call : calls) paths << call.cluster + u' ' + call.request.path;
    return paths;
}

ApiResult FakeFleet::answer(const QString& name, const ApiRequest& request, const QString& token)
{
    auto& cluster = at(name);
    if (!cluster.isReachable) return refuse(core::ErrorCode::Unavailable, "Connection refused");
    if (auto it = m_failures.find(request.path); it != m_failures.end() && it->second > 0) {
        --it->second;
        return it->first;
    }
    const QString& path = request.path;
    if (path == "sys/health"_L1 && cluster.healthError) return *cluster.healthError;
    if (path == "sys/health"_L1) return raw(cluster.health.isEmpty() ? health(cluster) : cluster.health);
    if (path == "sys/seal-status"_L1) return raw(sealStatus(cluster));
    if (cluster.isSealed) return refuse(core::ErrorCode::Sealed, "Vault is sealed");
    if (path == "sys/replication/status"_L1) {
        return reply({{u"performance"_s, status(cluster, ReplicationType::Performance)}, {u"dr"_s, status(cluster, ReplicationType::Dr)}});
    }
    calls << Call{name, request};
    if (request.authenticated && token != QLatin1StringView{kToken}) return refuse(core::ErrorCode::PermissionDenied, "permission denied");
    if (path.startsWith("sys/replication/dr/secondary/generate-operation-token"_L1)) return operationToken(cluster, request);
    if (path.startsWith("sys/replication/performance/"_L1)) return replication(cluster, request, ReplicationType::Performance, path.mid(28));
    if (path.startsWith("sys/replication/dr/"_L1)) return replication(cluster, request, ReplicationType::Dr, path.mid(19));
    if (path.startsWith("sys/storage/raft/snapshot-auto/"_L1)) return snapshotSchedule(cluster, request);
    if (path == "auth/token/lookup-self"_L1) return reply({{u"display_name"_s, u"root"_s}, {u"policies"_s, QJsonArray{u"root"_s}}});
    if (path == "sys/replication/inventory"_L1 && !cluster.inventory.isEmpty()) return reply(cluster.inventory);
    if (path == "sys/mounts"_L1) return reply(cluster.mounts);
    if (path == "sys/auth"_L1) return reply({{u"token/"_s, QJsonObject{{u"type"_s, u"token"_s}}}});
    if (path == "sys/policies/acl"_L1) return reply({{u"keys"_s, QJsonArray::fromStringList(cluster.policies)}});
    return refuse(core::ErrorCode::NotFound, "unsupported path");
}

ApiResult FakeFleet::replication(FakeCluster& cluster, const ApiRequest& request, ReplicationType type, const QString& call)
{
    auto& role = roleOf(cluster, type);
    const auto text = [&](QLatin1StringView field) { return request.body.value(field).toString(); };
    const bool needsDrToken = type == ReplicationType::Dr && call.startsWith("secondary/"_L1) && call != "secondary/enable"_L1;
    if (needsDrToken && text("dr_operation_token"_L1) != QLatin1StringView{kDrToken})
        return refuse(core::ErrorCode::PermissionDenied, "permission denied");

    if (call == "primary/enable"_L1) {
        if (role.mode != "disabled"_L1) return refuse(core::ErrorCode::InvalidArgument, "already a primary");
        role.mode = u"primary"_s;
        role.setId = idFor(cluster.name + widgets::pathOf(type) + QString::number(++m_counter));
        return reply({}, {u"This cluster is being enabled as a primary for replication."_s});
    }
    if (call == "primary/demote"_L1) {
        if (role.mode != "primary"_L1) return refuse(core::ErrorCode::InvalidArgument, "not a primary");
        role.mode = u"secondary"_s;
        role.primary.clear();
        role.known.clear();
        return reply({});
    }
    if (call == "primary/secondary-token"_L1) {
        const QString id = text("id"_L1);
        if (role.mode != "primary"_L1) return refuse(core::ErrorCode::InvalidArgument, "not a primary");
        if (role.known.contains(id)) return refuse(core::ErrorCode::InvalidArgument, "duplicate id");
        role.known << id;
        const QString token = u"eyJfake%1"_s.arg(++m_counter);
        m_activations.insert(token, u"%1 %2 %3"_s.arg(widgets::pathOf(type), cluster.name, id));
        return raw({{u"wrap_info"_s, QJsonObject{{u"token"_s, token}, {u"ttl"_s, 1800}}}});
    }
    if (call == "primary/switchover"_L1 && role.epoch > 0) return switchOver(cluster, text("secondary_id"_L1), type);
    if (call == "primary/revoke-secondary"_L1) {
        role.known.removeAll(text("id"_L1));
        return done();
    }
    if (call == "secondary/enable"_L1 || call == "secondary/update-primary"_L1) {
        auto answer = follow(cluster, request, type);
        if (call == "secondary/enable"_L1 && answer) {
            cluster.isWiped = true;
            answer->warnings << cluster.wipeWarnings;
        }
        return answer;
    }
    if (call == "secondary/promote"_L1) {
        if (role.mode != "secondary"_L1) return refuse(core::ErrorCode::InvalidArgument, "not a secondary");
        if (role.behind > 0 && !request.body.value("force"_L1).toBool() && m_clusters.contains(role.primary) && at(role.primary).isReachable) {
            return refuse(core::ErrorCode::Unavailable, "replication is still catching up, try again later or provide the \"force\" argument");
        }
        cluster.index = m_clusters.contains(role.primary) ? at(role.primary).index - role.behind : cluster.index;
        FakeRole promoted;
        promoted.mode = u"primary"_s;
        promoted.setId = role.setId;
        role = promoted;
        return reply({});
    }
    if (call == "secondary/disable"_L1 || call == "primary/disable"_L1) {
        role = FakeRole{};
        return reply({});
    }
    return refuse(core::ErrorCode::NotFound, "unsupported path");
}

ApiResult FakeFleet::switchOver(FakeCluster& cluster, const QString& secondaryId, ReplicationType type)
{
    auto& old = roleOf(cluster, type);
    if (old.mode != "primary"_L1) return refuse(core::ErrorCode::InvalidArgument, "not a primary");
    FakeCluster* chosen = nullptr;
    for (const auto& [name, other] : m_clusters) {
        auto& role = roleOf(*other, type);
        if (role.primary == cluster.name && role.secondaryId == secondaryId) chosen = other.get();
    }
    if (!chosen || roleOf(*chosen, type).behind > 0) return refuse(core::ErrorCode::InvalidArgument, "not a secondary that holds everything");
    FakeRole former;
    former.mode = u"secondary"_s;
    former.setId = old.setId;
    former.secondaryId = u"former-"_s + cluster.name;
    former.primary = chosen->name;
    former.epoch = old.epoch + 1;
    FakeRole next;
    next.mode = u"primary"_s;
    next.setId = old.setId;
    next.epoch = old.epoch + 1;
    next.known = old.known;
    next.known.removeAll(secondaryId);
    next.known << former.secondaryId;
    for (const auto& [name, other] : m_clusters) {
        auto& role = roleOf(*other, type);
        if (role.mode == "secondary"_L1 && role.primary == cluster.name) role.primary = chosen->name;
    }
    chosen->index = cluster.index;
    roleOf(*chosen, type) = next;
    old = former;
    return reply({});
}

ApiResult FakeFleet::follow(FakeCluster& cluster, const ApiRequest& request, ReplicationType type)
{
    const QString token = request.body.value("token"_L1).toString();
    const auto parts = m_activations.take(token).split(u' ');
    if (parts.size() != 3 || parts[0] != widgets::pathOf(type)) {
        return refuse(core::ErrorCode::Internal, "error response unwrapping secondary token; status code is 400, message is \"400 Bad Request\"");
    }
    auto& role = roleOf(cluster, type);
    const bool isNew = role.mode == "disabled"_L1;
    role = FakeRole{};
    role.mode = isNew ? u"bootstrapping"_s : u"secondary"_s;
    role.setId = roleOf(at(parts[1]), type).setId;
    role.secondaryId = parts[2];
    role.primary = parts[1];
    role.settling = 3;
    return reply({}, {u"Vault has successfully found secondary information; it may take a while to perform setup tasks."_s});
}

ApiResult FakeFleet::operationToken(FakeCluster& cluster, const ApiRequest& request)
{
    const auto body = [&](bool isComplete) {
        QJsonObject object{{u"started"_s, !cluster.nonce.isEmpty()}, {u"nonce"_s, cluster.nonce}, {u"progress"_s, cluster.shares},
                           {u"required"_s, kSharesNeeded},           {u"complete"_s, isComplete}, {u"otp_length"_s, 28}};
        if (isComplete) {
            QByteArray token = kDrToken;
            const QByteArray otp = cluster.otp.toLatin1();
            for (qsizetype i = 0; i < token.size(); ++i) token[i] = static_cast<char>(token[i] ^ otp[i]);
            object.insert("encoded_token"_L1, QString::fromLatin1(token.toBase64(QByteArray::OmitTrailingEquals)));
        }
        return object;
    };
    if (request.verb == ApiRequest::Verb::Read) return raw(body(false));
    if (request.verb == ApiRequest::Verb::Delete) {
        cluster.nonce.clear();
        cluster.shares = 0;
        return done();
    }
    if (request.path.endsWith("attempt"_L1)) {
        if (!cluster.nonce.isEmpty()) return refuse(core::ErrorCode::InvalidArgument, "root generation already in progress");
        cluster.nonce = idFor(cluster.name + u"nonce"_s);
        cluster.otp = u"abcdefghijklmnopqrstuvwxyz01"_s;
        cluster.shares = 0;
        QJsonObject object = body(false);
        object.insert("otp"_L1, cluster.otp);
        return raw(object);
    }
    if (request.body.value("nonce"_L1).toString() != cluster.nonce) return refuse(core::ErrorCode::InvalidArgument, "incorrect nonce supplied");
    if (!request.body.value("key"_L1).toString().startsWith("share"_L1))
        return refuse(core::ErrorCode::InvalidArgument, "'key' must be a valid hex or base64 string");
    ++cluster.shares;
    const bool isComplete = cluster.shares >= kSharesNeeded;
    const QJsonObject object = body(isComplete);
    if (isComplete) cluster.nonce.clear();
    return raw(object);
}

ApiResult FakeFleet::snapshotSchedule(FakeCluster& cluster, const ApiRequest& request)
{
    const QString rest = request.path.mid(31);
    if (request.verb == ApiRequest::Verb::List) {
        if (cluster.schedules.isEmpty()) return refuse(core::ErrorCode::NotFound, "HTTP 404");
        return reply({{u"keys"_s, QJsonArray::fromStringList(cluster.schedules.keys())}});
    }
    const QString name = rest.section(u'/', 1);
    if (rest.startsWith("status/"_L1)) {
        if (!cluster.schedules.contains(name)) return refuse(core::ErrorCode::NotFound, "HTTP 404");
        return reply({{u"last_snapshot_end"_s, now()},
                      {u"last_snapshot_url"_s, u"file:///var/backups/holdfast/vault-snapshot-1603898241699731000.snap"_s},
                      {u"last_snapshot_error"_s, QString{}}});
    }
    if (request.verb == ApiRequest::Verb::Write) {
        if (request.body.value("path_prefix"_L1).toString().isEmpty()) return refuse(core::ErrorCode::InvalidArgument, "path_prefix is required");
        cluster.schedules.insert(name, request.body);
        return done();
    }
    if (request.verb == ApiRequest::Verb::Delete) {
        cluster.schedules.remove(name);
        return done();
    }
    if (!cluster.schedules.contains(name)) return refuse(core::ErrorCode::NotFound, "HTTP 404");
    return reply(cluster.schedules.value(name));
}

QJsonObject FakeFleet::health(const FakeCluster& cluster) const
{
    return {{u"initialized"_s, cluster.isInitialized},
            {u"sealed"_s, cluster.isSealed},
            {u"standby"_s, false},
            {u"version"_s, cluster.version},
            {u"cluster_name"_s, cluster.name},
            {u"cluster_id"_s, cluster.clusterId},
            {u"replication_performance_mode"_s, cluster.performance.mode},
            {u"replication_dr_mode"_s, cluster.dr.mode}};
}

QJsonObject FakeFleet::sealStatus(const FakeCluster& cluster) const
{
    return {{u"type"_s, u"shamir"_s}, {u"initialized"_s, cluster.isInitialized}, {u"sealed"_s, cluster.isSealed}, {u"t"_s, 3}, {u"n"_s, 5},
            {u"progress"_s, 1},       {u"storage_type"_s, u"leveldb"_s},         {u"version"_s, cluster.version}};
}

QJsonObject FakeFleet::status(FakeCluster& cluster, ReplicationType type)
{
    auto& role = roleOf(cluster, type);
    if (role.mode == "disabled"_L1) return {{u"mode"_s, role.mode}};
    const auto typeWal = type == ReplicationType::Dr ? u"last_dr_wal"_s : u"last_performance_wal"_s;
    if (role.mode == "primary"_L1) {
        QJsonArray secondaries;
        for (const auto& [name, other] : m_clusters) {
            const auto& r = roleOf(*other, type);
            if (r.primary != cluster.name || r.mode != "secondary"_L1) continue;
            const bool isUp = other->isReachable && r.connection != "transient_failure"_L1;
            secondaries.append(QJsonObject{{u"node_id"_s, r.secondaryId},
                                           {u"connection_status"_s, isUp ? u"connected"_s : u"disconnected"_s},
                                           {u"last_heartbeat"_s, now()},
                                           {u"clock_skew_ms"_s, u"2"_s}});
        }
        QJsonObject object{{u"mode"_s, role.mode},
                           {u"state"_s, u"running"_s},
                           {u"cluster_id"_s, role.setId},
                           {u"known_secondaries"_s, QJsonArray::fromStringList(role.known)},
                           {u"secondaries"_s, secondaries},
                           {u"last_wal"_s, cluster.index},
                           {typeWal, cluster.index},
                           {u"merkle_root"_s, rootFor(role.setId, cluster.index)},
                           {u"corrupted_merkle_tree"_s, false}};
        if (role.epoch > 0) object.insert("epoch"_L1, role.epoch);
        if (!role.replacedBy.isEmpty()) {
            object.insert("state"_L1, u"idle"_s);
            object.insert("replaced_by"_L1, QJsonObject{{u"cluster_name"_s, role.replacedBy}, {u"epoch"_s, role.epoch + 1}});
        }
        return object;
    }

    QString state = u"stream-wals"_s;
    if (role.settling > 0) {
        --role.settling;
        if (role.settling < 2) role.mode = u"secondary"_s;
        state = role.settling == 1 ? u"merkle-sync"_s : role.settling == 0 ? u"stream-wals"_s : u"merkle-diff"_s;
    }
    if (!role.state.isEmpty()) state = role.state;
    if (role.primary.isEmpty())
        return {{u"mode"_s, role.mode}, {u"state"_s, u"idle"_s}, {u"cluster_id"_s, role.setId}, {u"primaries"_s, QJsonArray{}}};
    const auto& primary = at(role.primary);
    const bool isUp = primary.isReachable && role.connection.isEmpty();
    const qint64 remote = primary.index - role.behind;
    QJsonObject object{{u"mode"_s, role.mode},
                       {u"state"_s, state},
                       {u"cluster_id"_s, role.setId},
                       {u"secondary_id"_s, role.secondaryId},
                       {u"connection_state"_s, isUp                        ? u"ready"_s
                                               : role.connection.isEmpty() ? u"transient_failure"_s
                                                                           : role.connection},
                       {u"last_remote_wal"_s, remote},
                       {u"merkle_root"_s, rootFor(role.setId, role.hasDifferentRoot ? -1 : remote)},
                       {u"primaries"_s, QJsonArray{QJsonObject{{u"connection_status"_s, isUp ? u"connected"_s : u"disconnected"_s},
                                                               {u"last_heartbeat"_s, now()},
                                                               {u"clock_skew_ms"_s, u"2"_s}}}},
                       {u"known_primary_cluster_addrs"_s, QJsonArray{u"https://%1.example:8201"_s.arg(role.primary)}},
                       {u"corrupted_merkle_tree"_s, false}};
    if (state == "merkle-sync"_L1)
        object.insert("merkle_sync_progress"_L1, QJsonObject{{u"sync_progress"_s, 812000}, {u"sync_total_keys"_s, 1204118}});
    return object;
}

} // namespace tests
