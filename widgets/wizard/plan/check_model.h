#pragma once

#include "widgets/wizard/frame/cluster_ref.h"
#include "widgets/wizard/frame/page_parts.h"

#include <QObject>

namespace widgets {

/// The checks before a wizard's plan: known facts and calls to clusters, in a fixed order.
///
/// A new start() drops the answers of earlier calls. GUI thread.
class CheckModel final : public QObject {
    Q_OBJECT

public:
    using CheckState = CheckList::CheckState;
    using Judge = std::function<CheckList::Check(const ApiResult&)>;

    explicit CheckModel(QObject* parent = nullptr);

    void start();
    void add(CheckState verdict, const QString& text, const QString& detail = {});
    /// Shows `text` during the call; `judge` makes the final line from the answer.
    void ask(const ClusterRef& cluster, const ApiRequest& request, const QString& text, Judge judge);

    const QList<CheckList::Check>& checks() const { return m_checks; }
    /// All answers are here, and no check blocks the plan.
    bool isPassed() const;

    /// The usual checks: the cluster answers and is unsealed, and it accepts its token.
    void addReachable(const FleetNode& node);
    void askToken(const ClusterRef& cluster);

Q_SIGNALS:
    void changed();

private:
    QList<CheckList::Check> m_checks;
    int m_generation = 0;
};

} // namespace widgets
