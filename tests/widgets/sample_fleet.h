#pragma once

#include "tests/widgets/fake_fleet.h"
#include "widgets/model/action_log.h"
#include "widgets/model/connection_store.h"
#include "widgets/model/fleet_model.h"

#include <memory>

namespace tests {

/// Stores secrets in memory, or refuses, as on a machine without a keychain.
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

    /// Connects a cluster of `fake`. Its name is the id, and is in the address: https://vault.NAME.example:8200.
    void connectCluster(const QString& name, const QString& group, const QString& location, bool isProduction);
    /// Lets `seconds` pass. Once a second writes arrive and the clusters are polled.
    void pass(int seconds);

    qint64 writesPerSecond = 1200;
};

} // namespace tests
