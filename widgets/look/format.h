#pragma once

#include "widgets/fleet/fleet_state.h"

#include <QCoreApplication>
#include <QString>

namespace widgets {

/// Texts of values and states, the same in every view.
class Format {
    Q_DECLARE_TR_FUNCTIONS(Format)

public:
    static QString count(qint64 number);
    static QString bytes(qint64 number);
    /// "0.4 s", "38 s", "2 min 14 s", "3 h 5 min".
    static QString duration(double seconds);
    /// "1.2k/s".
    static QString rate(double perSecond);
    static QString entriesBehind(qint64 entries);
    /// "0 entries behind", "4,102 entries · 38 s".
    static QString lag(qint64 entries, double seconds);

    static QString state(HealthState state);
    /// The word for a state that FleetNode, FleetLink or the API names, in the user's language. Unknown words stay unchanged.
    static QString word(const QString& word);
    /// "PERFORMANCE", as in badges.
    static QString roleBadge(ClusterRole role);
    /// "performance", as in lists.
    static QString role(ClusterRole role);
    static QString type(ReplicationType type);

    /// The name of a link: `A → B (performance)`. It is the same in every language, because tests and screen readers find the link by it.
    static QString linkName(const FleetState& fleet, const FleetLink& link);
    /// The text in a link's pill: delay and rate, or what is wrong.
    static QString linkPill(const FleetLink& link);
    /// What the address answers, if it is no Vault.
    static QString notVault(const ClusterStatus& status);
    static QString nodeDetail(const FleetNode& node);
    /// Role, state in the API's word and lag, for the accessibility tree.
    static QString nodeDescription(const FleetNode& node);
    static QString linkDescription(const FleetLink& link);
};

} // namespace widgets
