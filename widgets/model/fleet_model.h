#pragma once

#include "widgets/client/cluster_client.h"
#include "widgets/fleet/fleet_state.h"

#include <QHash>
#include <QObject>
#include <QSet>
#include <QTimer>

#include <functional>
#include <memory>
#include <vector>

namespace widgets {

/// All connected clusters. Reads the status of each about once a second, and reports changes to the views.
///
/// GUI thread. A cluster that does not answer keeps its last known status, marked as lost. While a cluster has not
/// answered, it gets no further calls, so calls to a slow cluster never pile up.
class FleetModel final : public QObject {
    Q_OBJECT

public:
    using ClientFactory = std::function<std::shared_ptr<ClusterClient>(const Connection&)>;
    using SteadyClock = std::function<qint64()>; // milliseconds

    /// Without a clock it uses the machine's steady clock.
    explicit FleetModel(ClientFactory factory, SteadyClock clock = {}, QObject* parent = nullptr);
    ~FleetModel() override;

    void add(const Connection& connection, core::SecretBytes token);
    /// A changed address or certificate makes a new client, which has no token until setToken().
    void update(const Connection& connection);
    /// A client that is not polled, to test a connection.
    std::shared_ptr<ClusterClient> makeClient(const Connection& connection) const { return m_factory(connection); }
    void setToken(const QString& id, core::SecretBytes token);
    void remove(const QString& id);

    const FleetState& state() const { return m_state; }
    QList<Connection> connections() const;
    /// The client of a connected cluster. It is shared, so that a wizard can continue after its connection was removed. Null: no such cluster.
    std::shared_ptr<ClusterClient> client(const QString& id) const;

    void start(std::chrono::milliseconds interval);
    void stop();
    /// Calls every cluster except those that have not answered the last call.
    void poll();

Q_SIGNALS:
    void connectionsChanged();
    /// state() has changed.
    void changed();

private:
    struct Member;

    Member* find(const QString& id) const;
    void ask(Member& member);
    void settle(const QString& id, const ApiResult& result, void (*apply)(ClusterStatus&, const QJsonObject&), bool isData);
    void recompute();
    void computeLink(const LinkEnds& ends, qint64 nowMs);
    void computePrimary(FleetNode& node, qint64 nowMs);

    const ClientFactory m_factory;
    const SteadyClock m_clock;
    std::vector<std::unique_ptr<Member>> m_members;
    FleetState m_state;
    QHash<QString, LagTracker> m_lags;
    QHash<QString, qint64> m_rootsDifferSinceMs;
    QSet<QString> m_wasMember;             // links that this console has seen connected
    QHash<QString, QDateTime> m_revokedAt; // an invalid time: it was revoked before the console started
    QTimer m_pollTimer;
    QTimer m_recomputeTimer; // combines the answers of one round into one change
};

} // namespace widgets
