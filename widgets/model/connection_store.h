#pragma once

#include "widgets/fleet/connection.h"
#include "widgets/model/secret_store.h"

#include <QList>
#include <QObject>

#include <memory>

class QSettings;

namespace widgets {

/// Remembers connections: address, certificate and names in the settings, the token only in the system's keychain.
///
/// Where there is no keychain a token lasts for the session and is written nowhere. GUI thread.
class ConnectionStore final : public QObject {
    Q_OBJECT

public:
    enum class Keychain { Probing, Available, Missing };

    ConnectionStore(std::unique_ptr<QSettings> settings, std::unique_ptr<SecretStore> secrets, QObject* parent = nullptr);
    ~ConnectionStore() override;

    QList<Connection> load() const;
    /// Embedded connections are not remembered.
    void save(const Connection& connection);
    void remove(const QString& id);

    /// What the keychain said; probed once, at the beginning.
    Keychain keychain() const { return m_keychain; }
    QString keychainProblem() const { return m_keychainProblem; }

    /// False: there is no keychain, the token was not stored.
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
