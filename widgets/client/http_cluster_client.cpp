#include "widgets/client/http_cluster_client.h"

#include "widgets/client/reply_error.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QNetworkReply>
#include <QSaveFile>
#include <QSslCertificate>
#include <QTimer>
#include <QUrlQuery>

#include <memory>

using namespace Qt::StringLiterals;

namespace widgets {
namespace {

constexpr qint64 kErrorBytesMax = 1 << 20;  // of a download that was refused
constexpr auto kTooLarge = "replyBytesMax"; // a property of replies that were cut off

void answer(const ReplyHandler& handler, const ApiResult& result)
{
    if (handler.context && handler.call) handler.call(result);
}

core::Error transportError(QNetworkReply& reply)
{
    using core::ErrorCode;
    const std::string text = reply.errorString().toStdString();
    switch (reply.error()) {
    case QNetworkReply::SslHandshakeFailedError: return {ErrorCode::PermissionDenied, "tls: " + text};
    // The request was sent, and no answer came.
    case QNetworkReply::OperationCanceledError:
    case QNetworkReply::RemoteHostClosedError:
    case QNetworkReply::TimeoutError: return {ErrorCode::Timeout, text};
    default: return {ErrorCode::Unavailable, text};
    }
}

int statusOf(const QNetworkReply& reply)
{
    return reply.attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
}

/// Cuts a reply that is longer than its bound while it arrives. The socket is not read beyond the bound.
void limit(QNetworkReply& reply, qint64 bytesMax)
{
    reply.setReadBufferSize(bytesMax + 1);
    QObject::connect(&reply, &QNetworkReply::readyRead, &reply, [&reply, bytesMax] {
        if (reply.bytesAvailable() <= bytesMax) return;
        reply.setProperty(kTooLarge, bytesMax);
        reply.abort();
    });
}

ApiResult resultOf(QNetworkReply& reply)
{
    if (const auto bound = reply.property(kTooLarge); bound.isValid()) {
        return core::Error{core::ErrorCode::TooLarge, "the answer has more than " + std::to_string(bound.toLongLong()) + " bytes"};
    }
    const int status = statusOf(reply);
    // A reply that broke off is no answer, even if its head looked complete. Qt reports HTTP errors as errors as well.
    if (status == 0 || (status < 400 && reply.error() != QNetworkReply::NoError)) return transportError(reply);
    const QByteArray body = reply.readAll();
    if (status >= 400) return errorOf(status, body);
    if (status >= 300) return core::Error{core::ErrorCode::Unavailable, "an unsafe redirect was not followed"};

    ApiReply result{.status = status, .body = {}, .data = {}, .warnings = {}};
    if (!body.trimmed().isEmpty()) {
        QJsonParseError problem;
        const auto document = QJsonDocument::fromJson(body, &problem);
        if (!document.isObject()) return core::Error{core::ErrorCode::Corrupt, "HTTP " + std::to_string(status) + ", not a JSON object"};
        result.body = document.object();
        result.data = result.body.value("data"_L1).toObject();
        const auto warnings = result.body.value("warnings"_L1).toArray();
        for (const auto& warning : warnings) result.warnings << warning.toString();
    }
    return result;
}

} // namespace

HttpClusterClient::HttpClusterClient(Options options) : m_options{std::move(options)}, m_tls{QSslConfiguration::defaultConfiguration()}
{
    m_tls.setProtocol(QSsl::TlsV1_2OrLater);
    if (!m_options.caPem.isEmpty()) {
        m_pinned = QSslCertificate::fromData(m_options.caPem, QSsl::Pem);
        m_tls.setCaCertificates(m_pinned);
    }
    QObject::connect(&m_network, &QNetworkAccessManager::sslErrors, &m_network,
                     [this](QNetworkReply* reply, const QList<QSslError>& errors) { acceptPinned(*reply, errors); });
    m_network.setRedirectPolicy(QNetworkRequest::NoLessSafeRedirectPolicy);
}

HttpClusterClient::~HttpClusterClient() = default;

void HttpClusterClient::setToken(core::SecretBytes token)
{
    m_token = std::move(token);
}

bool HttpClusterClient::hasToken() const
{
    return !m_token.empty();
}

QNetworkRequest HttpClusterClient::prepare(const ApiRequest& request) const
{
    QUrl url = m_options.address;
    url.setPath(u"/v1/"_s + request.path);
    QUrlQuery query;
    for (const auto& [key, value] : request.query) query.addQueryItem(key, value);
    if (request.verb == ApiRequest::Verb::List) query.addQueryItem(u"list"_s, u"true"_s);
    url.setQuery(query);

    QNetworkRequest prepared{url};
    prepared.setSslConfiguration(m_tls);
    prepared.setTransferTimeout(static_cast<int>(request.timeout.count()));
    prepared.setRawHeader("X-Vault-Request", "true");
    if (request.authenticated && !m_token.empty()) {
        prepared.setRawHeader("X-Vault-Token", QByteArray{reinterpret_cast<const char*>(m_token.data()), static_cast<qsizetype>(m_token.size())});
    }
    return prepared;
}

void HttpClusterClient::acceptPinned(QNetworkReply& reply, const QList<QSslError>& errors) const
{
    // A pinned self-signed certificate needs no authority above it. Everything else stays an error, such as a wrong host
    // name or an expired certificate.
    const auto isAboutTrust = [](const QSslError& error) {
        switch (error.error()) {
        case QSslError::SelfSignedCertificate:
        case QSslError::SelfSignedCertificateInChain:
        case QSslError::UnableToGetLocalIssuerCertificate:
        case QSslError::UnableToVerifyFirstCertificate:
        case QSslError::CertificateUntrusted:
        case QSslError::InvalidCaCertificate: return true;
        default: return false;
        }
    };
    QList<QSslError> accepted;
    for (const auto& error : errors) {
        if (isAboutTrust(error) && m_pinned.contains(reply.sslConfiguration().peerCertificate())) accepted << error;
    }
    if (!accepted.isEmpty()) reply.ignoreSslErrors(accepted);
}

QNetworkReply* HttpClusterClient::start(const ApiRequest& request)
{
    QNetworkRequest prepared = prepare(request);
    switch (request.verb) {
    case ApiRequest::Verb::Read:
    case ApiRequest::Verb::List: return m_network.get(prepared);
    case ApiRequest::Verb::Delete: return m_network.deleteResource(prepared);
    case ApiRequest::Verb::Write: break;
    }
    prepared.setHeader(QNetworkRequest::ContentTypeHeader, u"application/json"_s);
    return m_network.put(prepared, QJsonDocument{request.body}.toJson(QJsonDocument::Compact));
}

void HttpClusterClient::fail(ReplyHandler handler, core::Error error)
{
    if (!handler.context) return;
    QTimer::singleShot(0, handler.context, [handler, error] { answer(handler, error); });
}

void HttpClusterClient::send(const ApiRequest& request, ReplyHandler handler)
{
    QNetworkReply* reply = start(request);
    limit(*reply, request.replyBytesMax);
    QObject::connect(reply, &QNetworkReply::finished, reply, [reply, handler = std::move(handler)] {
        answer(handler, resultOf(*reply));
        reply->deleteLater();
    });
}

void HttpClusterClient::download(const ApiRequest& request, const QString& file, TransferProgress progress, ReplyHandler handler)
{
    auto target = std::make_shared<QSaveFile>(file);
    if (!target->open(QIODevice::WriteOnly)) {
        fail(std::move(handler), {core::ErrorCode::Io, target->errorString().toStdString()});
        return;
    }
    target->setPermissions(QFileDevice::ReadOwner | QFileDevice::WriteOwner);
    QNetworkReply* reply = start(request);
    reply->setReadBufferSize(4 << 20);
    QObject::connect(reply, &QNetworkReply::readyRead, reply, [reply, target] {
        if (statusOf(*reply) == 200) target->write(reply->readAll());
        else if (reply->bytesAvailable() > kErrorBytesMax) reply->abort();
    });
    const auto context = handler.context;
    QObject::connect(reply, &QNetworkReply::downloadProgress, reply, [progress = std::move(progress), context](qint64 done, qint64 total) {
        if (context && progress) progress(done, total);
    });
    QObject::connect(reply, &QNetworkReply::finished, reply, [reply, target, handler = std::move(handler)] {
        reply->deleteLater();
        if (statusOf(*reply) != 200) return answer(handler, resultOf(*reply));
        if (reply->error() != QNetworkReply::NoError) return answer(handler, transportError(*reply));
        target->write(reply->readAll());
        if (!target->commit()) return answer(handler, core::Error{core::ErrorCode::Io, target->errorString().toStdString()});
        answer(handler, ApiReply{.status = 200, .body = {}, .data = {}, .warnings = {}});
    });
}

void HttpClusterClient::upload(const ApiRequest& request, const QString& file, TransferProgress progress, ReplyHandler handler)
{
    auto source = std::make_unique<QFile>(file);
    if (!source->open(QIODevice::ReadOnly)) {
        const auto code = source->exists() ? core::ErrorCode::Io : core::ErrorCode::NotFound;
        fail(std::move(handler), {code, source->errorString().toStdString()});
        return;
    }
    QNetworkRequest prepared = prepare(request);
    prepared.setHeader(QNetworkRequest::ContentTypeHeader, u"application/octet-stream"_s);
    QNetworkReply* reply = m_network.post(prepared, source.get());
    limit(*reply, request.replyBytesMax);
    source.release()->setParent(reply);
    const auto context = handler.context;
    QObject::connect(reply, &QNetworkReply::uploadProgress, reply, [progress = std::move(progress), context](qint64 done, qint64 total) {
        if (context && progress) progress(done, total);
    });
    QObject::connect(reply, &QNetworkReply::finished, reply, [reply, handler = std::move(handler)] {
        answer(handler, resultOf(*reply));
        reply->deleteLater();
    });
}

} // namespace widgets
