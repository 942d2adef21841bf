#pragma once

#include "core/server/lab.h"
#include "widgets/model/fleet_model.h"

#include <QObject>

#include <memory>
#include <thread>

namespace console {

/// The lab inside this process: three clusters, started off the GUI thread and connected when they are in sync.
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

Q_SIGNALS:
    void progressed(const QString& line);
    void started();
    void failed(const QString& why);

private:
    void connectClusters();

    widgets::FleetModel& m_fleet;
    std::unique_ptr<core::server::Lab> m_lab;
    std::thread m_thread;
};

} // namespace console
