#pragma once

#include "widgets/wizard/frame/cluster_ref.h"
#include "widgets/wizard/frame/page_parts.h"

#include <QObject>

namespace widgets {

/// Checks before a wizard's plan: facts known at once and questions to clusters, in a fixed order.
///
/// A new start() forgets answers that are still on their way. GUI thread.
class CheckModel final : public QObject {
    Q_OBJECT

public:
    using CheckState = CheckList::CheckState;
    using Judge = std::function<CheckList::Check(const ApiResult&)>;

    explicit CheckModel(QObject* parent = nullptr);

    void start();
    void add(CheckState verdict, const QString& text, const QString& detail = {});
    /// Shows `text` while the cluster is asked; `judge` makes the final line.
    void ask(const ClusterRef& cluster, const ApiRequest& request, const QString& text, Judge judge);

    const QList<CheckList::Check>& checks() const { return m_checks; }
    /// Everything is answered and nothing is in the way.
    bool isPassed() const;

    /// Usual checks: answers and is unsealed; its token is accepted.
    void addReachable(const FleetNode& node);
    void askToken(const ClusterRef& cluster);

Q_SIGNALS:
    void changed();

private:
    QList<CheckList::Check> m_checks;
    int m_generation = 0;
};

} // namespace widgets
