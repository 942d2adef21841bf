#include "widgets/look/format.h"

#include <QLocale>

using namespace Qt::StringLiterals;

namespace widgets {

QString Format::count(qint64 number)
{
    return QLocale{}.toString(number);
}

QString Format::bytes(qint64 number)
{
    return QLocale{}.formattedDataSize(number, 1, QLocale::DataSizeSIFormat);
}

QString Format::duration(double seconds)
{
    const QLocale locale;
    if (seconds < 0.05) return tr("0 s");
    if (seconds < 10) return tr("%1 s").arg(locale.toString(seconds, 'f', 1));
    const auto whole = static_cast<qint64>(seconds + 0.5);
    if (whole < 60) return tr("%1 s").arg(locale.toString(whole));
    if (whole < 600 && whole % 60 != 0) return tr("%1 min %2 s").arg(locale.toString(whole / 60), locale.toString(whole % 60));
    if (whole < 3600) return tr("%1 min").arg(locale.toString(whole / 60));
    if (whole < 48 * 3600) return tr("%1 h %2 min").arg(locale.toString(whole / 3600), locale.toString(whole % 3600 / 60));
    return tr("%1 d").arg(locale.toString(whole / 86400));
}

QString Format::rate(double perSecond)
{
    const QLocale locale;
    if (perSecond >= 10000) return tr("%1k/s").arg(locale.toString(perSecond / 1000, 'f', 0));
    if (perSecond >= 1000) return tr("%1k/s").arg(locale.toString(perSecond / 1000, 'f', 1));
    if (perSecond >= 10 || perSecond == 0) return tr("%1/s").arg(locale.toString(perSecond, 'f', 0));
    return tr("%1/s").arg(locale.toString(perSecond, 'f', 1));
}

QString Format::entriesBehind(qint64 entries)
{
    //: %L1 is a number of log entries that a secondary still lacks
    return tr("%Ln entries behind", nullptr, static_cast<int>(std::min<qint64>(entries, std::numeric_limits<int>::max())));
}

QString Format::lag(qint64 entries, double seconds)
{
    if (entries == 0) return entriesBehind(0);
    return tr("%1 · %2").arg(entriesBehind(entries), duration(seconds));
}

QString Format::state(HealthState state)
{
    switch (state) {
    case HealthState::InSync: return tr("in sync");
    case HealthState::Lagging: return tr("lagging");
    case HealthState::CatchingUp: return tr("catching up");
    case HealthState::Stalled: return tr("stalled");
    case HealthState::Broken: return tr("broken");
    case HealthState::Diverged: return tr("diverged");
    case HealthState::Fenced: return tr("fenced");
    case HealthState::Sealed: return tr("sealed");
    case HealthState::Revoked: return tr("revoked");
    case HealthState::Unknown: return tr("unknown");
    }
    return {};
}

QString Format::word(const QString& word)
{
    //: words for the state of a cluster, a link or a connection. Those with a dash or an underline are the API's and stay as they are in English
    static constexpr const char* kWords[] = {
        QT_TR_NOOP("connecting"), QT_TR_NOOP("unreachable"),   QT_TR_NOOP("not a Vault"),       QT_TR_NOOP("uninitialized"),
        QT_TR_NOOP("sealed"),     QT_TR_NOOP("blocked"),       QT_TR_NOOP("bootstrapping"),     QT_TR_NOOP("fenced"),
        QT_TR_NOOP("running"),    QT_TR_NOOP("older storage"), QT_TR_NOOP("two primaries"),     QT_TR_NOOP("mount conflict"),
        QT_TR_NOOP("revoked"),    QT_TR_NOOP("stream-wals"),   QT_TR_NOOP("merkle-diff"),       QT_TR_NOOP("merkle-sync"),
        QT_TR_NOOP("idle"),       QT_TR_NOOP("ready"),         QT_TR_NOOP("transient_failure"), QT_TR_NOOP("shutdown"),
    };
    for (const char* known : kWords) {
        if (word == QLatin1StringView{known}) return tr(known);
    }
    return word;
}

QString Format::roleBadge(ClusterRole role)
{
    switch (role) {
    case ClusterRole::Primary: return tr("PRIMARY");
    case ClusterRole::PerformanceSecondary: return tr("PERFORMANCE");
    case ClusterRole::DrSecondary: return tr("DR SECONDARY");
    case ClusterRole::Standalone: return tr("STANDALONE");
    case ClusterRole::Unknown: break;
    }
    return tr("UNKNOWN");
}

QString Format::role(ClusterRole role)
{
    switch (role) {
    case ClusterRole::Primary: return tr("primary");
    case ClusterRole::PerformanceSecondary: return tr("performance");
    case ClusterRole::DrSecondary: return tr("DR");
    case ClusterRole::Standalone: return tr("standalone");
    case ClusterRole::Unknown: break;
    }
    return tr("unknown");
}

QString Format::type(ReplicationType type)
{
    return type == ReplicationType::Dr ? tr("disaster recovery") : tr("performance");
}

QString Format::linkName(const FleetState& fleet, const FleetLink& link)
{
    const auto* from = fleet.node(link.fromId);
    const auto* to = fleet.node(link.toId);
    const auto type = link.type == ReplicationType::Dr ? u"disaster recovery"_s : u"performance"_s;
    return u"%1 → %2 (%3)"_s.arg(from ? from->name() : QString{}, to ? to->name() : QString{}, type);
}

QString Format::linkPill(const FleetLink& link)
{
    switch (link.state) {
    case HealthState::InSync:
        if (link.entriesPerSecond > 0) return tr("%1 · %2").arg(duration(link.secondsBehind), rate(link.entriesPerSecond));
        if (link.areRootsEqual) return tr("equal @ %1").arg(count(link.primaryIndex));
        return entriesBehind(link.entriesBehind);
    case HealthState::Lagging: return tr("%1 behind").arg(duration(link.secondsBehind));
    case HealthState::CatchingUp:
        //: how much of a first sync is through
        if (link.syncTotal > 0) return tr("syncing %1 %").arg(link.syncDone * 100 / link.syncTotal);
        return link.stateWord.isEmpty() ? tr("connecting") : word(link.stateWord);
    case HealthState::Stalled: return tr("stalled · %1").arg(entriesBehind(link.entriesBehind));
    case HealthState::Broken:
        if (link.stateWord == "idle"_L1) return tr("detached");
        if (link.stateWord == "sealed"_L1) return tr("sealed");
        return tr("broken");
    case HealthState::Diverged: return tr("roots differ");
    case HealthState::Fenced: return tr("fenced");
    case HealthState::Sealed: return tr("sealed");
    case HealthState::Revoked: return tr("revoked");
    case HealthState::Unknown: return tr("unknown");
    }
    return {};
}

QString Format::nodeDetail(const FleetNode& node)
{
    const auto& status = node.status;
    if (status.contact == ClusterStatus::Contact::Never) return tr("waiting for an answer");
    if (status.contact == ClusterStatus::Contact::Lost) {
        return status.reachedAt.isValid() ? tr("last seen %1").arg(QLocale{}.toString(status.reachedAt.time(), u"HH:mm:ss"_s)) : tr("never answered");
    }
    if (status.contact == ClusterStatus::Contact::NotVault) return notVault(status);
    if (!status.isInitialized) return tr("not initialized");
    if (status.isSealed) return tr("%1 of %2 key shares").arg(status.unsealProgress).arg(status.unsealThreshold);
    if (node.role == ClusterRole::Primary) {
        const qint64 index = std::max(status.performance.lastWal, status.dr.lastWal);
        return tr("%1 writes · index %2").arg(rate(node.entriesPerSecond), count(index));
    }
    if (node.role == ClusterRole::Standalone) return tr("no replication");
    if (node.isRevoked) return tr("keeps the data it has");
    if (node.hasLag) return lag(node.entriesBehind, node.secondsBehind);
    return tr("its primary is not connected here");
}

QString Format::notVault(const ClusterStatus& status)
{
    // The cause is the other end's own words, or "HTTP 404" if it gave only a code.
    return tr("answers, but is no Vault (%1)").arg(status.lostBecause);
}

QString Format::nodeDescription(const FleetNode& node)
{
    QString text = u"%1, %2"_s.arg(role(node.role), node.stateWord);
    if (node.hasLag && !node.isRevoked) text += u", "_s + lag(node.entriesBehind, node.secondsBehind);
    return text;
}

QString Format::linkDescription(const FleetLink& link)
{
    return u"%1, %2, %3"_s.arg(state(link.state), link.stateWord, lag(link.entriesBehind, link.secondsBehind));
}

} // namespace widgets
