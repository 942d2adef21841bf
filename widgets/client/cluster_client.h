#pragma once

#include "core/base/result.h"
#include "core/base/secret_bytes.h"
#include "widgets/client/api_request.h"

#include <QJsonObject>
#include <QPointer>
#include <QStringList>

#include <functional>

namespace widgets {

/// A cluster's answer: the whole body, and for convenience its `data` and `warnings`.
struct ApiReply {
    int status = 0;
    QJsonObject body;
    QJsonObject data;
    QStringList warnings;
};

/// A reply with a status below 400, or an error. `Error::detail` has the server's own words.
using ApiResult = core::Result<ApiReply>;

/// Receives an answer. Never called after `context` was destroyed, and never from inside the call that sent the request.
struct ReplyHandler {
    QPointer<QObject> context;
    std::function<void(const ApiResult&)> call;
};

/// Bytes done, and bytes in total (-1: unknown).
using TransferProgress = std::function<void(qint64 done, qint64 total)>;

/// Calls one cluster's HTTP API. Asynchronous; lives and calls back on the GUI thread.
///
/// Errors by HTTP status: 400 InvalidArgument, 403 PermissionDenied, 404 NotFound, 412 FailedPrecondition, 413 TooLarge,
/// 503 Unavailable (or Sealed), others Internal; TooLarge for a reply above the request's bound. Without an answer:
/// Unavailable (nothing was sent), Timeout (the request was sent and may have taken effect), or PermissionDenied with a
/// detail that begins "tls:" (TLS does not trust the server).
class ClusterClient {
public:
    virtual ~ClusterClient() = default;

    /// Sets the token for authenticated requests from now on; empty: none.
    virtual void setToken(core::SecretBytes token) = 0;
    virtual bool hasToken() const = 0;

    virtual void send(const ApiRequest& request, ReplyHandler handler) = 0;
    /// Streams the answer's body into `file`, which appears only when it is complete. Further errors: Io.
    virtual void download(const ApiRequest& request, const QString& file, TransferProgress progress, ReplyHandler handler) = 0;
    /// Streams `file` as the request's body. Further errors: NotFound (no such file), Io.
    virtual void upload(const ApiRequest& request, const QString& file, TransferProgress progress, ReplyHandler handler) = 0;
};

} // namespace widgets
