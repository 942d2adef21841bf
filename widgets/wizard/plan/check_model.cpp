#include "widgets/wizard/plan/check_model.h"

#include "widgets/client/requests.h"
#include "widgets/look/error_text.h"

#include <QJsonArray>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace widgets {

CheckModel::CheckModel(QObject* parent) : QObject{parent} {}

void CheckModel::start()
{
    ++m_generation;
    m_checks.clear();
}

void CheckModel::add(CheckState verdict, const QString& text, const QString& detail)
{
    m_checks << CheckList::Check{verdict, text, detail};
    Q_EMIT changed();
}

void CheckModel::ask(const ClusterRef& cluster, const ApiRequest& request, const QString& text, Judge judge)
{
    const auto row = m_checks.size();
    add(CheckState::Looking, text);
    if (!cluster) return;
    cluster.client->send(request, {this, [this, row, generation = m_generation, judge = std::move(judge)](const ApiResult& result) {
                                       if (generation != m_generation) return;
                                       m_checks[row] = judge(result);
                                       Q_EMIT changed();
                                   }});
}

bool CheckModel::isPassed() const
{
    return !m_checks.isEmpty() && std::none_of(m_checks.begin(), m_checks.end(), [](const CheckList::Check& check) {
        return check.verdict == CheckState::Bad || check.verdict == CheckState::Looking;
    });
}

void CheckModel::addReachable(const FleetNode& node)
{
    const auto& status = node.status;
    if (status.contact != ClusterStatus::Contact::Reached) add(CheckState::Bad, tr("%1 does not answer").arg(node.name()), status.lostBecause);
    else if (!status.isInitialized) add(CheckState::Bad, tr("%1 is not initialized").arg(node.name()), tr("holdfast operator init"));
    else if (status.isSealed) add(CheckState::Bad, tr("%1 is sealed").arg(node.name()), tr("holdfast operator unseal"));
    else add(CheckState::Fine, tr("%1 answers and is unsealed").arg(node.name()), status.version);
}

void CheckModel::askToken(const ClusterRef& cluster)
{
    ask(cluster, requests::lookupSelf(), tr("Is the token for %1 accepted?").arg(cluster.name), [name = cluster.name](const ApiResult& result) {
        if (!result) return CheckList::Check{CheckState::Bad, tr("The token for %1 is not accepted").arg(name), ErrorText::of(result.error(), name)};
        QStringList policies;
        const auto list = result->data.value("policies"_L1).toArray();
        for (const auto& policy : list) policies << policy.toString();
        return CheckList::Check{CheckState::Fine, tr("The token for %1 is accepted").arg(name), tr("policies: %1").arg(policies.join(u", "_s))};
    });
}

} // namespace widgets
