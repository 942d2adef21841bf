#pragma once

#include "widgets/client/cluster_client.h"

#include <QNetworkAccessManager>
#include <QSslCertificate>
#include <QSslConfiguration>
#include <QSslError>
#include <QUrl>

class QNetworkReply;
class QNetworkRequest;

namespace widgets {

/// ClusterClient over HTTPS, or plain HTTP if the address says so. GUI thread.
///
/// With `caPem` it trusts only certificates that chain to it or are in it; otherwise the system's. It follows redirects, because a standby
/// redirects to its active node, but only to the same or a safer scheme.
class HttpClusterClient final : public ClusterClient {
public:
    struct Options {
        QUrl address;
        QByteArray caPem;
    };

    explicit HttpClusterClient(Options options);
    ~HttpClusterClient() override;

    void setToken(core::SecretBytes token) override;
    bool hasToken() const override;
    void send(const ApiRequest& request, ReplyHandler handler) override;
    void download(const ApiRequest& request, const QString& file, TransferProgress progress, ReplyHandler handler) override;
    void upload(const ApiRequest& request, const QString& file, TransferProgress progress, ReplyHandler handler) override;

private:
    QNetworkRequest prepare(const ApiRequest& request) const;
    QNetworkReply* start(const ApiRequest& request);
    void acceptPinned(QNetworkReply& reply, const QList<QSslError>& errors) const;
    void fail(ReplyHandler handler, core::Error error);

    const Options m_options;
    QSslConfiguration m_tls;
    QList<QSslCertificate> m_pinned;
    core::SecretBytes m_token;
    QNetworkAccessManager m_network;
};

} // namespace widgets
