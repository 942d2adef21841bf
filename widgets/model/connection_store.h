#pragma once

#include "widgets/fleet/connection.h"
#include "widgets/model/secret_store.h"

#include <QList>
#include <QObject>

#include <memory>

class QSettings;

namespace widgets {

/// Saves connections: address, certificate and names in the settings, the token only in the system's keychain.
///
/// Without a keychain a token lasts for the session and is never written to disk. GUI thread.
class ConnectionStore final : public QObject {
    Q_OBJECT

public:
    enum class Keychain { Probing, Available, Missing };

    ConnectionStore(std::unique_ptr<QSettings> settings, std::unique_ptr<SecretStore> secrets, QObject* parent = nullptr);
    ~ConnectionStore() override;

    QList<Connection> load() const;
    /// Does not save embedded connections.
    void save(const Connection& connection);
    void remove(const QString& id);

    /// The keychain's error text; the keychain is tested once, at the start.
    Keychain keychain() const { return m_keychain; }
    QString keychainProblem() const { return m_keychainProblem; }

    /// False: there is no keychain, and the token was not stored.
    bool saveToken(const QString& id, const core::SecretBytes& token);
    void loadToken(const QString& id, QObject* context, SecretStore::ReadHandler handler);

    QSettings& settings() { return *m_settings; }

Q_SIGNALS:
    void keychainChanged();

private:
    const std::unique_ptr<QSettings> m_settings;
    const std::unique_ptr<SecretStore> m_secrets;
    Keychain m_keychain = Keychain::Probing;
    QString m_keychainProblem;
};

} // namespace widgets
