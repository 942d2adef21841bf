#pragma once

#include "core/base/secret_bytes.h"
#include "core/server/embedded_server.h"
#include "core/server/lab.h"
#include "widgets/model/fleet_model.h"

#include <QObject>

#include <memory>
#include <thread>
#include <vector>

namespace console {

/// The lab inside this process: three clusters. A thread of its own starts them. The console connects when they are in sync.
///
/// GUI thread. The destructor waits for a start that is under way, and stops the clusters.
class LabRunner final : public QObject {
    Q_OBJECT

public:
    explicit LabRunner(widgets::FleetModel& fleet, QObject* parent = nullptr);
    ~LabRunner() override;

    void start();
    /// Null until started().
    const core::server::Lab* lab() const { return m_lab.get(); }

    /// A cluster without replication, initialised and unsealed. The operator can make it a secondary.
    struct Spare {
        std::unique_ptr<core::server::EmbeddedServer> server;
        core::SecretBytes unsealKey;
        core::SecretBytes rootToken;
    };
    /// Starts a further cluster and connects it when it is unsealed; spareAdded() or failed() follow.
    void addSpare();
    const std::vector<Spare>& spares() const { return m_spares; }

Q_SIGNALS:
    void progressed(const QString& line);
    void started();
    void failed(const QString& why);
    void spareAdded();

private:
    void connectClusters();
    void initialize(const widgets::Connection& connection);
    void connectSpare(const widgets::Connection& connection);

    widgets::FleetModel& m_fleet;
    std::unique_ptr<core::server::Lab> m_lab;
    std::vector<Spare> m_spares;
    std::shared_ptr<widgets::ClusterClient> m_spareClient; // of the cluster that is being initialised
    std::thread m_thread;
};

} // namespace console
