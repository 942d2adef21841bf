#pragma once

#include "tests/widgets/fake_fleet.h"

namespace tests {

/// The client of one cluster of a FakeFleet. Answers from the event loop, as a network does.
class FakeClusterClient final : public widgets::ClusterClient {
public:
    FakeClusterClient(FakeFleet& fleet, QString name);

    void setToken(core::SecretBytes token) override { m_token = std::move(token); }
    bool hasToken() const override { return !m_token.empty(); }
    void send(const widgets::ApiRequest& request, widgets::ReplyHandler handler) override;
    void download(const widgets::ApiRequest& request, const QString& file, widgets::TransferProgress progress,
                  widgets::ReplyHandler handler) override;
    void upload(const widgets::ApiRequest& request, const QString& file, widgets::TransferProgress progress, widgets::ReplyHandler handler) override;

private:
    QString tokenText() const;

    FakeFleet& m_fleet;
    const QString m_name;
    core::SecretBytes m_token;
};

} // namespace tests
