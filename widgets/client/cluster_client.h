#pragma once

#include "core/base/result.h"
#include "core/base/secret_bytes.h"
#include "widgets/client/api_request.h"

#include <QJsonObject>
#include <QPointer>
#include <QStringList>

#include <functional>

namespace widgets {

/// What a cluster answered: the whole body and, for convenience, its `data` and `warnings`.
struct ApiReply {
    int status = 0;
    QJsonObject body;
    QJsonObject data;
    QStringList warnings;
};

/// A reply with a status below 400, or an error. `Error::detail` carries the server's own words.
using ApiResult = core::Result<ApiReply>;

/// Where an answer goes. Never called after `context` is gone, and never from inside the call that asked.
struct ReplyHandler {
    QPointer<QObject> context;
    std::function<void(const ApiResult&)> call;
};

/// Bytes done, bytes in all (or -1).
using TransferProgress = std::function<void(qint64 done, qint64 total)>;

/// The way to one cluster's HTTP API. Asynchronous; lives and calls back on the GUI thread.
///
/// Errors by HTTP status: 400 InvalidArgument, 403 PermissionDenied, 404 NotFound, 412 FailedPrecondition, 413 TooLarge,
/// 503 Unavailable (or Sealed), others Internal; TooLarge for a reply above the request's bound. Without an answer
/// Unavailable (nothing was sent), Timeout (it was sent and may have taken effect) or, where TLS does not trust the
/// server, PermissionDenied with a detail that begins "tls:".
class ClusterClient {
public:
    virtual ~ClusterClient() = default;

    /// The token sent with authenticated requests from now on; empty: none.
    virtual void setToken(core::SecretBytes token) = 0;
    virtual bool hasToken() const = 0;

    virtual void send(const ApiRequest& request, ReplyHandler handler) = 0;
    /// Streams the answer's body into `file`, which appears only when it is complete. Errors besides: Io.
    virtual void download(const ApiRequest& request, const QString& file, TransferProgress progress, ReplyHandler handler) = 0;
    /// Streams `file` as the request's body. Errors besides: NotFound (no such file), Io.
    virtual void upload(const ApiRequest& request, const QString& file, TransferProgress progress, ReplyHandler handler) = 0;
};

} // namespace widgets
