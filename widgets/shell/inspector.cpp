#include "widgets/shell/inspector.h"

#include "widgets/look/badge.h"
#include "widgets/look/flow_layout.h"
#include "widgets/look/format.h"
#include "widgets/look/sparkline.h"
#include "widgets/look/state_shape.h"
#include "widgets/look/field_list.h"

#include <QFrame>
#include <QHBoxLayout>
#include <QJsonDocument>
#include <QLabel>
#include <QLocale>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QStyle>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace widgets {
namespace {

using Fields = QList<QPair<QString, QString>>;

/// Shortens roots and ids so that people can compare them. "All status fields" shows them in full.
QString shortened(const QString& id)
{
    return id.size() > 16 ? id.left(8) + u'…' + id.right(4) : id;
}

const PeerStatus* newestPeer(const QList<PeerStatus>& peers)
{
    const PeerStatus* newest = nullptr;
    for (const auto& peer : peers) {
        if (!newest || peer.lastHeartbeat > newest->lastHeartbeat) newest = &peer;
    }
    return newest;
}

/// One line for each activation id, with the state of its link. An id that was never used has no link.
QString secondariesOf(const ReplicationStatus& primary)
{
    QStringList lines;
    for (const auto& id : primary.knownSecondaries) {
        const auto it = std::find_if(primary.secondaries.begin(), primary.secondaries.end(), [&](const PeerStatus& peer) { return peer.id == id; });
        lines << (it == primary.secondaries.end() ? id : u"%1 · %2"_s.arg(id, it->connection));
    }
    return lines.isEmpty() ? Inspector::tr("no secondaries") : lines.join(u'\n');
}

QLabel* label(QWidget* parent, qreal pixels, int weight, const QString& tone = {})
{
    auto* made = new QLabel{parent};
    made->setFont(Theme::font(pixels, weight));
    made->setTextFormat(Qt::PlainText);
    made->setWordWrap(true);
    if (!tone.isEmpty()) made->setProperty("tone", tone);
    return made;
}

} // namespace

Inspector::Inspector(QWidget* parent) : QScrollArea{parent}
{
    setObjectName(u"inspector"_s);
    setAccessibleName(u"Inspector"_s);
    setWidgetResizable(true);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFocusPolicy(Qt::NoFocus);
    auto* page = new QWidget{this};
    page->setProperty("ground", u"surface"_s);
    page->setAttribute(Qt::WA_StyledBackground);
    setWidget(page);

    m_title = label(page, 18, QFont::DemiBold);
    m_badge = new Badge{page};
    m_production = new Badge{page};
    m_address = label(page, 12, QFont::Normal, u"dim"_s);
    m_address->setFont(Theme::mono(11.5));
    m_address->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_address->setFocusPolicy(Qt::NoFocus);

    m_notice = new QFrame{page};
    m_noticeIcon = new QLabel{m_notice};
    m_noticeTitle = label(m_notice, 13, QFont::DemiBold);
    m_noticeFacts = label(m_notice, 12.5, QFont::Normal, u"dim"_s);
    m_noticeNext = label(m_notice, 12.5, QFont::Medium, u"accent"_s);
    auto* noticeTexts = new QVBoxLayout;
    noticeTexts->setSpacing(4);
    noticeTexts->addWidget(m_noticeTitle);
    noticeTexts->addWidget(m_noticeFacts);
    noticeTexts->addWidget(m_noticeNext);
    auto* noticeLayout = new QHBoxLayout{m_notice};
    noticeLayout->setContentsMargins(12, 10, 12, 12);
    noticeLayout->setSpacing(10);
    noticeLayout->addWidget(m_noticeIcon, 0, Qt::AlignTop);
    noticeLayout->addLayout(noticeTexts, 1);

    m_fields = new FieldList{page};

    m_chart = new QWidget{page};
    m_chartTitle = new QLabel{m_chart};
    m_chartTitle->setFont(Theme::caption());
    m_chartTitle->setProperty("tone", u"faint"_s);
    m_chartValue = label(m_chart, 13, QFont::DemiBold);
    m_chartValue->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_sparkline = new Sparkline{m_chart};
    auto* chartHead = new QHBoxLayout;
    chartHead->addWidget(m_chartTitle, 1);
    chartHead->addWidget(m_chartValue);
    auto* chartLayout = new QVBoxLayout{m_chart};
    chartLayout->setContentsMargins(0, 0, 0, 0);
    chartLayout->addLayout(chartHead);
    chartLayout->addWidget(m_sparkline);

    m_commands = new QWidget{page};
    auto* flow = new FlowLayout{m_commands, 8};
    for (const auto command : Commands::all()) {
        if (command == Command::EditConnection || command == Command::ForgetConnection) continue; // in the menu
        auto* button = new QPushButton{Commands::title(command), m_commands};
        button->setObjectName(u"inspector"_s + Commands::name(command).remove(u' '));
        button->setAccessibleName(u"Inspector: "_s + Commands::name(command));
        if (Commands::isDangerous(command)) button->setProperty("kind", u"danger"_s);
        connect(button, &QPushButton::clicked, this, [this, command] { Q_EMIT requested(command, m_clusterId); });
        flow->addWidget(button);
        m_buttons.insert(command, button);
    }

    m_rawToggle = new QPushButton{tr("All status fields"), page};
    m_rawToggle->setObjectName(u"inspectorAllFields"_s);
    m_rawToggle->setAccessibleName(u"All status fields"_s);
    m_rawToggle->setCheckable(true);
    m_rawToggle->setProperty("kind", u"link"_s);
    m_raw = new QPlainTextEdit{page};
    m_raw->setObjectName(u"inspectorRaw"_s);
    m_raw->setAccessibleName(u"Status fields"_s);
    m_raw->setReadOnly(true);
    m_raw->setTabChangesFocus(true);
    m_raw->setFont(Theme::mono(11));
    m_raw->setStyleSheet(u"font-family: '%1'; font-size: 11px;"_s.arg(Theme::mono(11).family()));
    m_raw->setMinimumHeight(260);
    m_raw->setWordWrapMode(QTextOption::WrapAnywhere);
    m_raw->hide();
    connect(m_rawToggle, &QPushButton::toggled, m_raw, &QWidget::setVisible);

    auto* rule = new QFrame{page};
    rule->setProperty("kind", u"rule"_s);

    m_title->setWordWrap(false);
    auto* headPart = new QWidget{page};
    headPart->lower(); // screen readers follow the order of children, so the heading must be the first child
    auto* head = new FlowLayout{headPart, 8};
    head->addWidget(m_title);
    head->addWidget(m_production);
    head->addWidget(m_badge);
    auto* layout = new QVBoxLayout{page};
    layout->setContentsMargins(24, 20, 24, 24);
    layout->setSpacing(14);
    layout->addWidget(headPart);
    layout->addWidget(m_address);
    layout->addWidget(m_notice);
    layout->addWidget(m_fields);
    layout->addWidget(rule);
    layout->addWidget(m_chart);
    layout->addWidget(m_commands);
    layout->addWidget(m_rawToggle, 0, Qt::AlignLeft);
    layout->addWidget(m_raw);
    layout->addStretch(1);
    layout->setSpacing(14);
}

void Inspector::present(const FleetState& fleet, const QList<Problem>& problems, const QString& id)
{
    if (const auto* node = fleet.node(id)) {
        showNode(fleet, *node);
        showNotice(problems, id);
    } else if (const auto* link = fleet.link(id)) {
        showLink(fleet, *link);
        showNotice(problems, link->toId);
    } else {
        showNothing(fleet);
        m_notice->hide();
    }
}

void Inspector::showNotice(const QList<Problem>& problems, const QString& subjectId)
{
    const auto it = std::find_if(problems.begin(), problems.end(), [&](const Problem& p) { return p.subjectId == subjectId; });
    m_notice->setVisible(it != problems.end());
    if (it == problems.end()) return;
    const bool isError = it->state == HealthState::Broken || it->state == HealthState::Diverged;
    const QString kind = isError ? u"notice-error"_s : u"notice-warn"_s;
    if (m_notice->property("kind").toString() != kind) {
        m_notice->setProperty("kind", kind);
        m_notice->style()->unpolish(m_notice);
        m_notice->style()->polish(m_notice);
    }
    m_noticeIcon->setPixmap(statePixmap(it->state, 14, devicePixelRatioF()));
    m_noticeTitle->setText(it->title);
    m_noticeFacts->setText(it->facts);
    QStringList others;
    for (auto other = it + 1; other != problems.end(); ++other) {
        if (other->subjectId == subjectId) others << other->title;
    }
    m_noticeNext->setText(others.isEmpty() ? it->next : tr("%1\nAlso here: %2").arg(it->next, others.join(u"; "_s)));
}

void Inspector::showNode(const FleetState& fleet, const FleetNode& node)
{
    const auto& t = tokens();
    m_clusterId = node.id();
    m_title->setText(node.name());
    m_badge->present(Format::roleBadge(node.role), t.of(node.role));
    m_badge->setVisible(true);
    m_production->present(u"PROD"_s, t.error);
    m_production->setVisible(node.connection.isProduction);
    m_address->setText(node.connection.address.toString());
    m_address->show();

    const auto& status = node.status;
    const bool isDr = node.role == ClusterRole::DrSecondary;
    const auto& replication = isDr || (!status.performance.isEnabled() && status.dr.isEnabled()) ? status.dr : status.performance;
    Fields fields{{tr("State"), Format::word(node.stateWord)}};
    const auto add = [&](const QString& name, const QString& value) {
        if (!value.isEmpty()) fields << qMakePair(name, value);
    };
    add(tr("Connection"), Format::word(replication.connectionState));
    if (node.hasLag && !node.isRevoked) add(tr("Behind"), Format::lag(node.entriesBehind, node.secondsBehind));
    if (const auto* link = fleet.feeding(node.id())) {
        add(tr("Remote index"), link->isRevoked ? Format::count(link->remoteIndex)
                                                : tr("%1 of %2").arg(Format::count(link->remoteIndex), Format::count(link->primaryIndex)));
        add(link->isRevoked ? tr("Followed") : tr("Follows"), fleet.node(link->fromId)->name());
    } else if (replication.isPrimary()) {
        add(tr("Index"), Format::count(std::max(status.performance.lastWal, status.dr.lastWal)));
    }
    if (const auto* peer = newestPeer(replication.primaries); peer && peer->lastHeartbeat.isValid()) {
        const double ago = static_cast<double>(peer->lastHeartbeat.msecsTo(QDateTime::currentDateTime())) / 1000.0;
        add(tr("Heartbeat"), tr("%1 ago · skew %2 ms").arg(Format::duration(std::max(0.0, ago)), Format::count(peer->clockSkewMs)));
    }
    if (status.performance.isPrimary()) add(tr("Performance"), secondariesOf(status.performance));
    if (status.dr.isPrimary()) add(tr("Disaster recovery"), secondariesOf(status.dr));
    if (!replication.merkleRoot.isEmpty()) {
        const auto* link = fleet.feeding(node.id());
        add(tr("Root"), link && link->areRootsEqual ? tr("%1 at %2 ✓ equal").arg(shortened(replication.merkleRoot), Format::count(link->primaryIndex))
                                                    : shortened(replication.merkleRoot));
    }
    add(tr("Secondary id"), replication.secondaryId);
    if (status.isSealed) add(tr("Seal"), tr("sealed, %1 of %2 key shares").arg(status.unsealProgress).arg(status.unsealThreshold));
    QStringList server{status.version, status.storage};
    server.removeAll(QString{});
    add(tr("Server"), server.join(u" · "_s));
    add(tr("Cluster id"), shortened(status.clusterId));
    m_fields->present(fields);

    const bool isPrimary = node.role == ClusterRole::Primary || node.role == ClusterRole::Standalone;
    const QString value = isPrimary ? Format::rate(node.entriesPerSecond) : Format::duration(node.secondsBehind);
    const bool isWell = node.state == HealthState::InSync;
    showChart(isPrimary ? tr("Writes, last hour") : tr("Lag, last hour"), value, node.series, isWell ? t.of(node.role) : t.of(node.state));
    showCommands(&node);
    const QJsonObject raw{{u"performance"_s, status.performance.raw}, {u"dr"_s, status.dr.raw}};
    setRaw(QString::fromUtf8(QJsonDocument{raw}.toJson(QJsonDocument::Indented)));
}

void Inspector::showLink(const FleetState& fleet, const FleetLink& link)
{
    const auto& t = tokens();
    const auto* from = fleet.node(link.fromId);
    const auto* to = fleet.node(link.toId);
    m_clusterId = link.toId;
    m_title->setText(u"%1 → %2"_s.arg(from->name(), to->name()));
    m_badge->present(link.type == ReplicationType::Dr ? tr("DR") : tr("PERFORMANCE"), t.of(link.type));
    m_badge->setVisible(true);
    m_production->present(u"PROD"_s, t.error);
    m_production->setVisible(to->connection.isProduction);
    m_address->hide();

    const auto& p = from->status.of(link.type);
    const auto& s = to->status.of(link.type);
    Fields fields{{tr("State"), u"%1 · %2"_s.arg(Format::state(link.state), Format::word(link.stateWord))}};
    const auto add = [&](const QString& name, const QString& value) {
        if (!value.isEmpty()) fields << qMakePair(name, value);
    };
    add(tr("Connection"), Format::word(link.connectionState));
    if (!link.isRevoked) add(tr("Behind"), Format::lag(link.entriesBehind, link.secondsBehind));
    add(tr("Rate"), Format::rate(link.entriesPerSecond));
    add(tr("Remote index"), tr("%1 of %2").arg(Format::count(link.remoteIndex), Format::count(link.primaryIndex)));
    if (link.syncTotal > 0) add(tr("Sync"), tr("%1 of %2 keys").arg(Format::count(link.syncDone), Format::count(link.syncTotal)));
    add(tr("Roots"),
        link.areRootsEqual ? tr("%1 ✓ equal").arg(shortened(p.merkleRoot)) : tr("%1 / %2").arg(shortened(p.merkleRoot), shortened(s.merkleRoot)));
    for (const auto& peer : p.secondaries) {
        if (peer.id != s.secondaryId) continue;
        add(tr("Seen by primary"), peer.connection);
        if (peer.lastHeartbeat.isValid()) add(tr("Last heartbeat"), QLocale{}.toString(peer.lastHeartbeat.toLocalTime(), QLocale::ShortFormat));
    }
    add(tr("Secondary id"), s.secondaryId);
    add(tr("Set"), shortened(s.setId));
    add(tr("Cluster port"), s.primaryClusterAddr);
    m_fields->present(fields);
    const bool isWell = link.state == HealthState::InSync;
    showChart(tr("Lag, last hour"), Format::duration(link.secondsBehind), link.series, isWell ? t.of(link.type) : t.of(link.state));
    showCommands(to);
    const QJsonObject raw{{u"primary"_s, p.raw}, {u"secondary"_s, s.raw}};
    setRaw(QString::fromUtf8(QJsonDocument{raw}.toJson(QJsonDocument::Indented)));
}

void Inspector::showNothing(const FleetState& fleet)
{
    m_clusterId.clear();
    m_title->setText(fleet.nodes.isEmpty() ? tr("No cluster yet") : tr("The fleet"));
    m_badge->hide();
    m_production->hide();
    m_address->hide();
    Fields fields;
    if (!fleet.nodes.isEmpty()) {
        fields << qMakePair(tr("Clusters"), Format::count(fleet.nodes.size()));
        fields << qMakePair(tr("Links"), Format::count(fleet.links.size()));
        fields << qMakePair(tr("Next"), tr("Choose a cluster or a link to see its state and what you can do."));
    } else {
        fields << qMakePair(tr("Next"), tr("Add a connection: File, Add connection."));
    }
    m_fields->present(fields);
    m_chart->hide();
    showCommands(nullptr);
    m_rawToggle->hide();
    m_raw->hide();
}

void Inspector::showChart(const QString& title, const QString& value, const QList<double>& series, const QColor& color)
{
    m_chart->show();
    m_chartTitle->setText(title);
    m_chartValue->setText(value);
    m_chartValue->setStyleSheet(u"color: %1"_s.arg(color.name()));
    m_sparkline->setValues(series, color, value);
}

void Inspector::showCommands(const FleetNode* node)
{
    m_commands->setVisible(node != nullptr);
    if (!node) return;
    for (auto it = m_buttons.cbegin(); it != m_buttons.cend(); ++it) it.value()->setVisible(Commands::isOffered(it.key(), *node));
}

void Inspector::setRaw(const QString& text)
{
    m_rawToggle->show();
    m_raw->setVisible(m_rawToggle->isChecked());
    if (m_raw->toPlainText() != text) m_raw->setPlainText(text);
}

} // namespace widgets
