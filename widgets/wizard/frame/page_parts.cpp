#include "widgets/wizard/frame/page_parts.h"

#include "widgets/look/format.h"
#include "widgets/look/state_shape.h"

#include <QAbstractItemView>
#include <QClipboard>
#include <QComboBox>
#include <QGridLayout>
#include <QFontMetrics>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPainter>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace widgets {
namespace {

void clear(QLayout& layout)
{
    while (auto* item = layout.takeAt(0)) {
        if (item->widget()) {
            item->widget()->hide();
            item->widget()->deleteLater();
        }
        if (item->layout()) clear(*item->layout());
        delete item;
    }
}

QPixmap verdictPixmap(CheckList::CheckState verdict, qreal ratio)
{
    if (verdict != CheckList::CheckState::Warning) {
        const auto state = verdict == CheckList::CheckState::Fine      ? HealthState::InSync
                           : verdict == CheckList::CheckState::Bad     ? HealthState::Broken
                           : verdict == CheckList::CheckState::Planned ? HealthState::Unknown
                                                                       : HealthState::CatchingUp;
        return statePixmap(state, 14, ratio);
    }
    QPixmap pixmap{QSize{14, 14} * ratio};
    pixmap.setDevicePixelRatio(ratio);
    pixmap.fill(Qt::transparent);
    QPainter painter{&pixmap};
    paintWarning(painter, QRectF{0, 0, 14, 14}, tokens());
    return pixmap;
}

} // namespace

QLabel* makeText(const QString& text, const QString& tone, QWidget* parent)
{
    auto* label = new QLabel{text, parent};
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    if (!tone.isEmpty()) label->setProperty("tone", tone);
    return label;
}

QPushButton* makeCheckAgain(QWidget* parent)
{
    auto* button = new QPushButton{CheckList::tr("Check again"), parent};
    button->setObjectName(u"checkAgain"_s);
    button->setAccessibleName(u"Check again"_s);
    button->setProperty("kind", u"link"_s);
    button->setAutoDefault(false);
    return button;
}

QLabel* makeHeading(const QString& text, QWidget* parent)
{
    auto* label = makeText(text, {}, parent);
    label->setFont(Theme::font(14, QFont::DemiBold));
    return label;
}

FormGrid::FormGrid(QWidget* parent) : QWidget{parent}, m_grid{new QGridLayout{this}}
{
    m_grid->setContentsMargins(0, 0, 0, 0);
    m_grid->setHorizontalSpacing(20);
    m_grid->setVerticalSpacing(10);
    m_grid->setColumnStretch(1, 1);
    m_grid->setColumnMinimumWidth(0, 150);
}

void FormGrid::addRow(const QString& label, QWidget* field)
{
    addRow(label, field, field);
}

void FormGrid::addRow(const QString& label, QWidget* field, QWidget* first)
{
    const int row = m_grid->rowCount();
    auto* title = new QLabel{label, this};
    title->setBuddy(first); // with a focus proxy on `field`, Tab would return to `first` each time
    m_grid->addWidget(title, row, 0, Qt::AlignVCenter);
    m_grid->addWidget(field, row, 1);
}

void FormGrid::setRowVisible(QWidget* field, bool isVisible)
{
    int row = 0;
    int column = 0;
    int rows = 0;
    int columns = 0;
    m_grid->getItemPosition(m_grid->indexOf(field), &row, &column, &rows, &columns);
    m_grid->itemAtPosition(row, 0)->widget()->setVisible(isVisible);
    field->setVisible(isVisible);
}

FactCards::FactCards(QWidget* parent) : QWidget{parent}, m_layout{new QHBoxLayout{this}}
{
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
    m_layout->setContentsMargins(0, 0, 0, 0);
    m_layout->setSpacing(12);
}

void FactCards::present(const QList<Fact>& facts)
{
    clear(*m_layout);
    for (const auto& fact : facts) {
        auto* card = new QFrame{this};
        card->setProperty("kind", u"panel"_s);
        auto* value = makeText(fact.value, fact.tone, card);
        value->setFont(Theme::font(21, QFont::DemiBold));
        auto* caption = makeText(fact.caption, u"dim"_s, card);
        caption->setFont(Theme::font(12));
        auto* layout = new QVBoxLayout{card};
        layout->setContentsMargins(16, 12, 16, 12);
        layout->setSpacing(4);
        layout->addWidget(value);
        layout->addWidget(caption);
        layout->addStretch(1);
        m_layout->addWidget(card, 1);
    }
}

CheckList::CheckList(QWidget* parent) : QWidget{parent}, m_layout{new QVBoxLayout{this}}
{
    m_layout->setContentsMargins(0, 0, 0, 0);
    m_layout->setSpacing(10);
}

void CheckList::present(const QList<Check>& checks)
{
    clear(*m_layout);
    for (const auto& check : checks) {
        auto* icon = new QLabel{this};
        icon->setPixmap(verdictPixmap(check.verdict, devicePixelRatioF()));
        icon->setContentsMargins(1, 2, 0, 0);
        const QString verdict = check.verdict == CheckState::Fine      ? tr("fine")
                                : check.verdict == CheckState::Warning ? tr("warning")
                                : check.verdict == CheckState::Bad     ? tr("blocks this")
                                : check.verdict == CheckState::Planned ? tr("planned")
                                                                       : tr("looking");
        icon->setAccessibleName(verdict);
        icon->setToolTip(verdict);
        auto* text = makeText(check.text, {}, this);
        text->setFont(Theme::font(13, QFont::Medium));
        auto* texts = new QVBoxLayout;
        texts->setSpacing(2);
        texts->addWidget(text);
        if (!check.detail.isEmpty()) {
            auto* detail = makeText(check.detail, u"dim"_s, this);
            detail->setFont(Theme::font(12));
            texts->addWidget(detail);
        }
        auto* row = new QHBoxLayout;
        row->setSpacing(11);
        row->addWidget(icon, 0, Qt::AlignTop);
        row->addLayout(texts, 1);
        m_layout->addLayout(row);
    }
}

CommandBox::CommandBox(QWidget* parent) : QFrame{parent}, m_text{new QPlainTextEdit{this}}
{
    setProperty("kind", u"well"_s);
    auto* title = makeText(tr("The same, by hand"), u"dim"_s, this);
    title->setFont(Theme::font(11.5, QFont::DemiBold));
    auto* copy = new QPushButton{tr("Copy"), this};
    copy->setObjectName(u"copyCommands"_s);
    copy->setAccessibleName(u"Copy commands"_s);
    copy->setProperty("kind", u"link"_s);
    copy->setAutoDefault(false);
    m_text->setObjectName(u"commands"_s);
    m_text->setAccessibleName(u"Commands"_s);
    m_text->setReadOnly(true);
    m_text->setTabChangesFocus(true);
    m_text->setLineWrapMode(QPlainTextEdit::WidgetWidth);
    m_text->setWordWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    m_text->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff); // everything wraps
    m_text->setStyleSheet(
        u"QPlainTextEdit { border: none; background: transparent; padding: 0; font-family: '%1'; font-size: 12px; }"_s.arg(Theme::mono(12).family()));
    m_text->document()->setDocumentMargin(0);
    auto* head = new QHBoxLayout;
    head->addWidget(title, 1);
    head->addWidget(copy);
    auto* layout = new QVBoxLayout{this};
    layout->setContentsMargins(16, 8, 12, 12);
    layout->setSpacing(4);
    layout->addLayout(head);
    layout->addWidget(m_text);
    connect(copy, &QPushButton::clicked, this, [this] { QGuiApplication::clipboard()->setText(text()); });
    present({});
}

void CommandBox::present(const QStringList& commands)
{
    m_text->setPlainText(commands.join(u'\n'));
    setVisible(!commands.isEmpty());
    fitHeight();
}

void CommandBox::resizeEvent(QResizeEvent* event)
{
    QFrame::resizeEvent(event);
    fitHeight();
}

void CommandBox::fitHeight()
{
    // The document's height is in lines, and counts wrapped lines.
    const int linesInAll = static_cast<int>(m_text->document()->size().height());
    const int lines = std::clamp(linesInAll, 1, 10);
    m_text->setVerticalScrollBarPolicy(linesInAll > lines ? Qt::ScrollBarAlwaysOn : Qt::ScrollBarAlwaysOff);
    m_text->setFixedHeight(lines * QFontMetrics{Theme::mono(12)}.lineSpacing() + 8);
}

QString CommandBox::text() const
{
    return m_text->toPlainText();
}

NameConfirmation::NameConfirmation(QWidget* parent) : QWidget{parent}, m_label{makeText({}, {}, this)}, m_edit{new QLineEdit{this}}
{
    m_edit->setObjectName(u"confirmName"_s);
    m_edit->setAccessibleName(u"Type the cluster's name"_s);
    m_edit->setMaximumWidth(320);
    m_label->setFont(Theme::font(13, QFont::Medium));
    auto* layout = new QVBoxLayout{this};
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(6);
    layout->addWidget(m_label);
    layout->addWidget(m_edit);
    connect(m_edit, &QLineEdit::textChanged, this, &NameConfirmation::changed);
}

void NameConfirmation::present(const QString& name)
{
    m_name = name;
    m_label->setText(tr("Type %1 to continue:").arg(name));
}

bool NameConfirmation::isConfirmed() const
{
    return !m_name.isEmpty() && m_edit->text() == m_name;
}

void fillClusters(QComboBox& combo, const QList<const FleetNode*>& nodes, const QString& chosenId)
{
    const QSignalBlocker quiet{combo};
    combo.clear();
    combo.view()->setAccessibleName(combo.accessibleName() + u" choices"_s);
    for (const auto* node : nodes) {
        const QString production = node->connection.isProduction ? u"  PROD"_s : QString{};
        combo.addItem(u"%1   %2%3"_s.arg(node->name(), Format::role(node->role), production), node->id());
    }
    const int index = combo.findData(chosenId);
    combo.setCurrentIndex(index >= 0 ? index : combo.count() > 0 ? 0 : -1);
}

} // namespace widgets
