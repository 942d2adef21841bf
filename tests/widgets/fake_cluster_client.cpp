#include "tests/widgets/fake_cluster_client.h"

#include <QFile>
#include <QTimer>

using namespace Qt::StringLiterals;
using widgets::ApiReply;
using widgets::ApiRequest;
using widgets::ApiResult;
using widgets::ReplyHandler;
using widgets::TransferProgress;

namespace tests {
namespace {

void later(const ReplyHandler& handler, std::function<ApiResult()> make)
{
    if (!handler.context) return;
    QTimer::singleShot(0, handler.context, [handler, make = std::move(make)] { handler.call(make()); });
}

ApiResult authorised(const QString& token)
{
    if (token != QLatin1StringView{FakeFleet::kToken}) return core::Error{core::ErrorCode::PermissionDenied, "permission denied"};
    return ApiReply{.status = 200, .body = {}, .data = {}, .warnings = {}};
}

} // namespace

FakeClusterClient::FakeClusterClient(FakeFleet& fleet, QString name) : m_fleet{fleet}, m_name{std::move(name)} {}

QString FakeClusterClient::tokenText() const
{
    return QString::fromUtf8(m_token.view().data(), static_cast<qsizetype>(m_token.size()));
}

void FakeClusterClient::send(const ApiRequest& request, ReplyHandler handler)
{
    const auto answer = [this, request] { return m_fleet.answer(m_name, request, tokenText()); };
    if (!m_fleet.isHeld(request.path)) return later(handler, answer);
    m_fleet.keep([handler, answer] {
        const auto result = answer();
        if (handler.context) handler.call(result);
    });
}

void FakeClusterClient::download(const ApiRequest& request, const QString& file, TransferProgress progress, ReplyHandler handler)
{
    later(handler, [this, request, file, progress]() -> ApiResult {
        m_fleet.calls << FakeFleet::Call{m_name, request};
        if (auto allowed = authorised(tokenText()); !allowed) return allowed;
        const QByteArray& bytes = m_fleet.at(m_name).snapshot;
        QFile target{file};
        if (!target.open(QIODevice::WriteOnly)) return core::Error{core::ErrorCode::Io, "cannot open the file"};
        target.write(bytes);
        if (progress) progress(bytes.size(), bytes.size());
        return ApiReply{.status = 200, .body = {}, .data = {}, .warnings = {}};
    });
}

void FakeClusterClient::upload(const ApiRequest& request, const QString& file, TransferProgress progress, ReplyHandler handler)
{
    later(handler, [this, request, file, progress]() -> ApiResult {
        m_fleet.calls << FakeFleet::Call{m_name, request};
        if (auto allowed = authorised(tokenText()); !allowed) return allowed;
        QFile source{file};
        if (!source.open(QIODevice::ReadOnly)) return core::Error{core::ErrorCode::NotFound, "no such file"};
        auto& cluster = m_fleet.at(m_name);
        const QByteArray bytes = source.readAll();
        const bool isForced = request.path.endsWith("-force"_L1);
        if (bytes.startsWith("foreign") && !isForced) {
            return core::Error{core::ErrorCode::InvalidArgument,
                               "could not verify hash file, possibly the snapshot is using a different set of unseal keys; "
                               "use the snapshot-force API to bypass this check"};
        }
        cluster.restored = bytes;
        if (progress) progress(bytes.size(), bytes.size());
        return ApiReply{.status = 204, .body = {}, .data = {}, .warnings = {}};
    });
}

} // namespace tests
