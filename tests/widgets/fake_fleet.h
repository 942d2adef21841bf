#pragma once

#include "widgets/client/cluster_client.h"
#include "widgets/client/requests.h"

#include <QHash>
#include <QJsonObject>
#include <QStringList>

#include <functional>
#include <map>
#include <memory>
#include <optional>

namespace tests {

/// One replication type of a fake cluster.
struct FakeRole {
    QString mode = QStringLiteral("disabled");
    QString setId;
    QString secondaryId;
    QString primary; // name of the cluster it follows
    QStringList known;
    qint64 behind = 0;  // entries that this secondary lacks
    int settling = 0;   // status calls until a change of role is finished
    QString state;      // overrides the derived state
    QString connection; // overrides the derived connection
    bool hasDifferentRoot = false;
    int epoch = 0;      // above 0: a server with signed epochs and switchover
    QString replacedBy; // fenced by that cluster's promotion
};

struct FakeCluster {
    QString name;
    QString clusterId;
    QString version = QStringLiteral("0.1.0");
    bool isReachable = true;
    bool isInitialized = true;
    bool isSealed = false;
    qint64 index = 0;
    FakeRole performance;
    FakeRole dr;
    QJsonObject mounts;
    QJsonObject health; // not empty: a wrong answer to sys/health
    std::optional<core::Error> healthError;
    QJsonObject inventory;    // empty: a server without that call, as Vault
    QStringList wipeWarnings; // of secondary/enable, beside the usual one
    QStringList policies{QStringLiteral("default"), QStringLiteral("root")};
    QMap<QString, QJsonObject> schedules;
    QByteArray snapshot = "snapshot of nothing";
    QByteArray restored;
    // DR operation token
    QString nonce;
    QString otp;
    int shares = 0;
    bool isWiped = false;
};

/// Clusters that exist only in memory. They answer the API's calls as real clusters do, with changes of role.
///
/// Tests change the clusters directly, make paths fail, and look at the requests.
class FakeFleet {
public:
    static constexpr int kSharesNeeded = 3;
    static constexpr auto kDrToken = "hvs.DRoperationTokenForTests";
    static constexpr auto kToken = "hvs.fakeRootToken";

    FakeCluster& add(const QString& name);
    FakeCluster& at(const QString& name) { return *m_clusters.at(name); }

    /// Makes `secondary` follow `primary`, as if the link were old.
    void link(const QString& primary, const QString& secondary, widgets::ReplicationType type, const QString& id = {});

    /// The answer of the named cluster.
    widgets::ApiResult answer(const QString& name, const widgets::ApiRequest& request, const QString& token);

    /// Makes this many calls to the path fail with this error, on every cluster.
    void failNext(const QString& path, core::Error error, int times = 1);

    /// Holds calls to this path: they are neither executed nor answered until release().
    void hold(const QString& path) { m_heldPath = path; }
    bool isHeld(const QString& path) const { return !m_heldPath.isEmpty() && path == m_heldPath; }
    void keep(std::function<void()> answer) { m_held << std::move(answer); }
    qsizetype heldCount() const { return m_held.size(); }
    /// Executes the held calls and answers them.
    void release();

    struct Call {
        QString cluster;
        widgets::ApiRequest request;
    };
    QList<Call> calls; // without the three status calls
    QStringList pathsCalled() const;

private:
    widgets::ApiResult replication(FakeCluster& cluster, const widgets::ApiRequest& request, widgets::ReplicationType type, const QString& call);
    widgets::ApiResult switchOver(FakeCluster& cluster, const QString& secondaryId, widgets::ReplicationType type);
    widgets::ApiResult operationToken(FakeCluster& cluster, const widgets::ApiRequest& request);
    widgets::ApiResult snapshotSchedule(FakeCluster& cluster, const widgets::ApiRequest& request);
    widgets::ApiResult follow(FakeCluster& cluster, const widgets::ApiRequest& request, widgets::ReplicationType type);
    QJsonObject health(const FakeCluster& cluster) const;
    QJsonObject sealStatus(const FakeCluster& cluster) const;
    QJsonObject status(FakeCluster& cluster, widgets::ReplicationType type);

    std::map<QString, std::unique_ptr<FakeCluster>> m_clusters;
    QHash<QString, QString> m_activations; // token -> "type primary id"
    QHash<QString, QPair<core::Error, int>> m_failures;
    QString m_heldPath;
    QList<std::function<void()>> m_held;
    int m_counter = 0;
};

FakeRole& roleOf(FakeCluster& cluster, widgets::ReplicationType type);

} // namespace tests
