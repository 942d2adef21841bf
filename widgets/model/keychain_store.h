#pragma once

#include "widgets/model/secret_store.h"

namespace widgets {

/// The system's keychain (Secret Service, KWallet), through QtKeychain.
class KeychainStore final : public SecretStore {
public:
    /// `service`: the name under which the entries are stored.
    explicit KeychainStore(QString service);

    void probe(QObject* context, ProbeHandler handler) override;
    void write(const QString& key, const core::SecretBytes& secret, QObject* context, DoneHandler handler) override;
    void read(const QString& key, QObject* context, ReadHandler handler) override;
    void remove(const QString& key, QObject* context, DoneHandler handler) override;

private:
    const QString m_service;
};

} // namespace widgets
