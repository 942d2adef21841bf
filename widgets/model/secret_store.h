#pragma once

#include "core/base/result.h"
#include "core/base/secret_bytes.h"

#include <QObject>
#include <QPointer>
#include <QString>

#include <functional>

namespace widgets {

/// Stores tokens beyond the session. Asynchronous, GUI thread; calls nothing after `context` was destroyed.
class SecretStore {
public:
    /// Why nothing can be stored, in the system's words; empty: storing works.
    using ProbeHandler = std::function<void(const QString& problem)>;
    using ReadHandler = std::function<void(core::Result<core::SecretBytes>)>;
    using DoneHandler = std::function<void(core::Result<>)>;

    virtual ~SecretStore() = default;

    /// Tests whether secrets can be stored: writes an entry without value and reads it back.
    virtual void probe(QObject* context, ProbeHandler handler) = 0;
    /// Errors: Unavailable, PermissionDenied. Never falls back to a file.
    virtual void write(const QString& key, const core::SecretBytes& secret, QObject* context, DoneHandler handler) = 0;
    /// Errors: NotFound, Unavailable, PermissionDenied.
    virtual void read(const QString& key, QObject* context, ReadHandler handler) = 0;
    virtual void remove(const QString& key, QObject* context, DoneHandler handler) = 0;
};

} // namespace widgets
