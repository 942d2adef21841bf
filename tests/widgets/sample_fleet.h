#pragma once

#include "tests/widgets/fake_fleet.h"
#include "widgets/model/action_log.h"
#include "widgets/model/connection_store.h"
#include "widgets/model/fleet_model.h"

#include <memory>

namespace tests {

/// Keeps secrets in memory, or refuses to, as a machine without a keychain does.
class FakeSecretStore final : public widgets::SecretStore {
public:
    explicit FakeSecretStore(bool isAvailable);
    void probe(QObject* context, ProbeHandler handler) override;
    void write(const QString& key, const core::SecretBytes& secret, QObject* context, DoneHandler handler) override;
    void read(const QString& key, QObject* context, ReadHandler handler) override;
    void remove(const QString& key, QObject* context, DoneHandler handler) override;

    QHash<QString, QByteArray> entries;

private:
    const bool m_isAvailable;
};

/// Seven clusters in two groups: the fleet of the pictures. ap-south lags behind.
class SampleFleet {
public:
    explicit SampleFleet(bool hasKeychain = true);
    ~SampleFleet();

    FakeFleet fake;
    qint64 clockMs = 0;
    widgets::FleetModel model;
    widgets::ActionLog log;
    FakeSecretStore* secrets; // owned by the store
    std::unique_ptr<widgets::ConnectionStore> store;

    /// Connects a cluster of `fake`, by its name as id and as part of its address, https://vault.NAME.example:8200.
    void connectCluster(const QString& name, const QString& group, const QString& location, bool isProduction);
    /// Lets `seconds` pass: writes arrive, answers are polled, once a second.
    void pass(int seconds);

    qint64 writesPerSecond = 1200;
};

} // namespace tests
