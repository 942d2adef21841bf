#include "widgets/wizard/plan/operation_token.h"

#include "core/base/encoding.h"
#include "widgets/client/command_line.h"
#include "widgets/client/requests.h"
#include "widgets/client/secret_text.h"
#include "widgets/look/error_text.h"

using namespace Qt::StringLiterals;

namespace widgets {

core::SecretBytes decodeOperationToken(const QString& encoded, const core::SecretBytes& otp)
{
    const auto bytes = core::fromBase64(encoded.toStdString());
    if (!bytes || bytes->size() != otp.size()) return {};
    core::SecretBytes token{otp.size()};
    for (std::size_t at = 0; at < token.size(); ++at) token.data()[at] = static_cast<unsigned char>((*bytes)[at]) ^ otp.data()[at];
    return token;
}

OperationToken::OperationToken(ActionLog& log, QObject* parent) : QObject{parent}, m_log{log} {}

void OperationToken::setCluster(const ClusterRef& cluster)
{
    if (cluster.id == m_cluster.id) return;
    m_cluster = cluster;
    ++m_visit;
    m_isBusy = false;
    m_token = {};
    m_nonce.clear();
    m_otp = {};
    m_problem.clear();
    m_progress = m_required = 0;
    m_isForeign = false;
    Q_EMIT changed();
}

void OperationToken::setToken(const QString& token)
{
    m_token = secretOf(token.trimmed());
    Q_EMIT changed();
}

void OperationToken::send(const ApiRequest& request, const QString& title, std::function<void(const ApiReply&)> take)
{
    if (!m_cluster || m_isBusy) return;
    m_isBusy = true;
    m_problem.clear();
    const int row = m_log.begin(m_cluster.name, title, commandFor(request, m_cluster.address));
    Q_EMIT changed();
    const auto finish = [this, row, visit = m_visit, name = m_cluster.name, take = std::move(take)](const ApiResult& result) {
        const auto problem = result ? QString{} : ErrorText::of(result.error(), name);
        m_log.finish(row, result ? ActionLog::Outcome::Done : ActionLog::Outcome::Failed, problem);
        if (visit != m_visit) return; // the answer of another cluster, whose nonce and password do not fit this one
        m_isBusy = false;
        if (result) {
            take(*result);
        } else {
            m_problem = problem;
            m_isForeign = QString::fromStdString(result.error().detail).contains("already in progress"_L1);
            if (isStarted()) refreshProgress();
        }
        Q_EMIT changed();
    };
    m_cluster.client->send(request, {this, finish});
}

void OperationToken::refreshProgress()
{
    m_cluster.client->send(requests::operationTokenStatus(), {this, [this, visit = m_visit, nonce = m_nonce](const ApiResult& result) {
                                                                  if (!result || visit != m_visit || m_nonce != nonce || !isStarted()) return;
                                                                  if (result->body.value("nonce"_L1).toString() == m_nonce) {
                                                                      m_progress = result->body.value("progress"_L1).toInt();
                                                                  } else {
                                                                      m_nonce.clear();
                                                                      m_otp = {};
                                                                      m_progress = 0;
                                                                  }
                                                                  Q_EMIT changed();
                                                              }});
}

void OperationToken::start()
{
    send(requests::operationTokenStart(), tr("Begin to make a DR operation token"), [this](const ApiReply& reply) {
        m_otp = secretOf(reply.body.value("otp"_L1).toString());
        m_isForeign = false;
        takeStatus(reply);
    });
}

void OperationToken::addShare(const QString& share)
{
    if (!isStarted()) return;
    send(requests::operationTokenUpdate(share.trimmed(), m_nonce), tr("Give a key share"), [this](const ApiReply& reply) { takeStatus(reply); });
}

void OperationToken::cancel()
{
    send(requests::operationTokenCancel(), tr("Cancel making a DR operation token"), [this](const ApiReply&) {
        m_nonce.clear();
        m_otp = {};
        m_progress = 0;
        m_isForeign = false;
    });
}

void OperationToken::takeStatus(const ApiReply& reply)
{
    m_nonce = reply.body.value("nonce"_L1).toString();
    m_progress = reply.body.value("progress"_L1).toInt();
    m_required = reply.body.value("required"_L1).toInt();
    if (!reply.body.value("complete"_L1).toBool()) return;
    QString encoded = reply.body.value("encoded_token"_L1).toString();
    if (encoded.isEmpty()) encoded = reply.body.value("encoded_root_token"_L1).toString();
    m_token = decodeOperationToken(encoded, m_otp);
    if (m_token.empty()) m_problem = tr("The token of the cluster cannot be decoded with the one-time password of this attempt. Start again.");
    m_nonce.clear();
    m_otp = {};
}

} // namespace widgets
