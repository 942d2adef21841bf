#pragma once

#include "core/base/secret_bytes.h"
#include "widgets/wizard/frame/cluster_ref.h"
#include "widgets/model/action_log.h"

#include <QObject>

namespace widgets {

/// The result of generate-root: the token that was given XOR the one-time password. Empty when the two do not fit.
core::SecretBytes decodeOperationToken(const QString& encoded, const core::SecretBytes& otp);

/// The DR operation token of a DR secondary: typed in, or made here from key shares.
///
/// The one-time password is not shown, logged or sent. Shares are sent and forgotten. No widgets; GUI thread.
class OperationToken final : public QObject {
    Q_OBJECT

public:
    explicit OperationToken(ActionLog& log, QObject* parent = nullptr);

    void setCluster(const ClusterRef& cluster);
    const ClusterRef& cluster() const { return m_cluster; }

    /// Typed in, or made; empty: not there yet.
    const core::SecretBytes& token() const { return m_token; }
    void setToken(const QString& token);

    bool isStarted() const { return !m_nonce.isEmpty(); }
    bool isBusy() const { return m_isBusy; }
    int progress() const { return m_progress; }
    int required() const { return m_required; }
    const QString& nonce() const { return m_nonce; }
    /// What went wrong last; empty: nothing.
    const QString& problem() const { return m_problem; }
    /// Somebody else has begun an attempt, whose password is not known here.
    bool isForeignAttempt() const { return m_isForeign; }

    void start();
    void addShare(const QString& share);
    void cancel();

Q_SIGNALS:
    void changed();

private:
    void send(const ApiRequest& request, const QString& title, std::function<void(const ApiReply&)> take);
    void takeStatus(const ApiReply& reply);
    /// After a refusal: the progress may have changed, or another operator may have ended the attempt.
    void refreshProgress();

    ActionLog& m_log;
    ClusterRef m_cluster;
    quint64 m_visit = 0; // counts the clusters; answers of an earlier one are dropped
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
