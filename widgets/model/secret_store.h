#pragma once

#include "core/base/result.h"
#include "core/base/secret_bytes.h"

#include <QObject>
#include <QPointer>
#include <QString>

#include <functional>

namespace widgets {

/// Where tokens outlive the session. Asynchronous, GUI thread; nothing is called after `context` is gone.
class SecretStore {
public:
    /// Why nothing can be stored, in the system's words; empty: it can.
    using ProbeHandler = std::function<void(const QString& problem)>;
    using ReadHandler = std::function<void(core::Result<core::SecretBytes>)>;
    using DoneHandler = std::function<void(core::Result<>)>;

    virtual ~SecretStore() = default;

    /// Finds out, by writing and reading back an entry of no value, whether secrets can be kept here.
    virtual void probe(QObject* context, ProbeHandler handler) = 0;
    /// Errors: Unavailable, PermissionDenied. Never falls back to a file.
    virtual void write(const QString& key, const core::SecretBytes& secret, QObject* context, DoneHandler handler) = 0;
    /// Errors: NotFound, Unavailable, PermissionDenied.
    virtual void read(const QString& key, QObject* context, ReadHandler handler) = 0;
    virtual void remove(const QString& key, QObject* context, DoneHandler handler) = 0;
};

} // namespace widgets
