#pragma once

#include "core/base/secret_bytes.h"
#include "widgets/wizard/frame/cluster_ref.h"
#include "widgets/model/action_log.h"

#include <QObject>

namespace widgets {

/// Decodes the result of generate-root: encoded token XOR one-time password. Empty if the two do not fit.
core::SecretBytes decodeOperationToken(const QString& encoded, const core::SecretBytes& otp);

/// The DR operation token of a DR secondary. The user types it in, or makes it here from key shares.
///
/// The one-time password is not shown, logged or sent. Shares are sent and not kept. No widgets; GUI thread.
class OperationToken final : public QObject {
    Q_OBJECT

public:
    explicit OperationToken(ActionLog& log, QObject* parent = nullptr);

    void setCluster(const ClusterRef& cluster);
    const ClusterRef& cluster() const { return m_cluster; }

    /// The token that was typed in or made; empty: none yet.
    const core::SecretBytes& token() const { return m_token; }
    void setToken(const QString& token);

    bool isStarted() const { return !m_nonce.isEmpty(); }
    bool isBusy() const { return m_isBusy; }
    int progress() const { return m_progress; }
    int required() const { return m_required; }
    const QString& nonce() const { return m_nonce; }
    /// The last error; empty: none.
    const QString& problem() const { return m_problem; }
    /// Somebody else has started an attempt, and this console does not know its password.
    bool isForeignAttempt() const { return m_isForeign; }

    void start();
    void addShare(const QString& share);
    void cancel();

Q_SIGNALS:
    void changed();

private:
    void send(const ApiRequest& request, const QString& title, std::function<void(const ApiReply&)> take);
    void takeStatus(const ApiReply& reply);
    /// Reads the status again after a refusal: another operator may have given a share or ended the attempt.
    void refreshProgress();

    ActionLog& m_log;
    ClusterRef m_cluster;
    quint64 m_visit = 0; // grows with each chosen cluster, so that answers of an earlier cluster are dropped
    core::SecretBytes m_token;
    QString m_nonce;
    core::SecretBytes m_otp;
    QString m_problem;
    int m_progress = 0;
    int m_required = 0;
    bool m_isBusy = false;
    bool m_isForeign = false;
};

} // namespace widgets
