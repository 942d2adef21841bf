#include "widgets/shell/list_delegates.h"

#include "widgets/look/badge.h"
#include "widgets/look/state_shape.h"
#include "widgets/model/action_log.h"
#include "widgets/model/connection_list_model.h"
#include "widgets/model/problems.h"

#include <QDateTime>
#include <QFontMetrics>
#include <QPainter>

using namespace Qt::StringLiterals;

namespace widgets {
namespace {

/// Draws from left to right in a row; mirrored if the language is written from right to left.
class RowPainter {
public:
    RowPainter(QPainter& painter, const QRect& rect, Qt::LayoutDirection direction) : m_painter{painter}, m_rect{rect}, m_direction{direction} {}

    QRect place(int x, int y, int width, int height) const
    {
        const QRect wanted{m_rect.x() + x, m_rect.y() + y, width, height};
        return QStyle::visualRect(m_direction, m_rect, wanted);
    }
    void text(int x, int y, int width, const QFont& font, const QColor& color, const QString& text, Qt::Alignment side = Qt::AlignLeft) const
    {
        m_painter.setFont(font);
        m_painter.setPen(color);
        const QString shown = QFontMetrics{font}.elidedText(text, Qt::ElideRight, width);
        m_painter.drawText(place(x, y, width, 20), static_cast<int>(QStyle::visualAlignment(m_direction, side) | Qt::AlignVCenter), shown);
    }
    int width() const { return m_rect.width(); }

private:
    QPainter& m_painter;
    const QRect m_rect;
    const Qt::LayoutDirection m_direction;
};

void paintSelection(QPainter& painter, const QStyleOptionViewItem& option, const QRect& rect)
{
    if (!(option.state & QStyle::State_Selected)) return;
    const bool isFocused = option.state & QStyle::State_HasFocus;
    painter.setPen(isFocused ? QPen{tokens().accent, 2} : QPen{Qt::NoPen});
    painter.setBrush(tokens().selection);
    painter.drawRoundedRect(QRectF{rect}.adjusted(1, 1, -1, -1), 6, 6);
}

} // namespace

void ConnectionDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const auto& t = tokens();
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    const RowPainter row{*painter, option.rect, option.direction};
    const QString name = index.data(Qt::DisplayRole).toString();
    if (index.data(ConnectionListModel::IsHeadingRole).toBool()) {
        row.text(20, 12, row.width() - 90, Theme::font(12, QFont::DemiBold), t.dim, name);
        if (index.data(ConnectionListModel::IsProductionRole).toBool()) {
            paintBadge(*painter, row.place(row.width() - 60, 14, 44, 16), u"PROD"_s, t.error);
        }
    } else {
        paintSelection(*painter, option, option.rect.adjusted(8, 0, -8, 0));
        const auto state = static_cast<HealthState>(index.data(ConnectionListModel::StateRole).toInt());
        paintStateShape(*painter, row.place(19, 8, 14, 14), state, t);
        const QString role = index.data(ConnectionListModel::RoleTextRole).toString();
        const int roleWidth = QFontMetrics{Theme::font(11.5)}.horizontalAdvance(role) + 4;
        row.text(row.width() - 16 - roleWidth, 5, roleWidth, Theme::font(11.5), t.faint, role, Qt::AlignRight);
        row.text(42, 5, row.width() - 42 - 24 - roleWidth, Theme::font(13, QFont::Medium), t.text, name);
    }
    painter->restore();
}

QSize ConnectionDelegate::sizeHint(const QStyleOptionViewItem&, const QModelIndex& index) const
{
    return {200, index.data(ConnectionListModel::IsHeadingRole).toBool() ? 38 : 32};
}

void ActionDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const auto& t = tokens();
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    paintSelection(*painter, option, option.rect.adjusted(8, 1, -8, -1));
    const RowPainter row{*painter, option.rect, option.direction};
    const auto outcome = static_cast<ActionLog::Outcome>(index.data(ActionLog::OutcomeRole).toInt());
    const auto shape = outcome == ActionLog::Outcome::Done     ? HealthState::InSync
                       : outcome == ActionLog::Outcome::Failed ? HealthState::Broken
                       : outcome == ActionLog::Outcome::Sent   ? HealthState::Unknown
                                                               : HealthState::CatchingUp;
    paintStateShape(*painter, row.place(24, 7, 14, 14), shape, t);
    row.text(46, 4, 66, Theme::mono(11.5), t.dim, index.data(ActionLog::TimeRole).toDateTime().toString(u"HH:mm:ss"_s));
    row.text(116, 4, 96, Theme::font(12.5, QFont::DemiBold), t.text, index.data(ActionLog::ClusterRole).toString());
    QString text = index.data(Qt::DisplayRole).toString();
    if (const QString detail = index.data(ActionLog::DetailRole).toString(); !detail.isEmpty()) text += u" – "_s + detail.simplified(); // one line
    row.text(220, 4, row.width() - 240, Theme::font(12.5), outcome == ActionLog::Outcome::Failed ? t.error : t.text, text);
    row.text(220, 22, row.width() - 240, Theme::mono(11), t.faint, index.data(ActionLog::CommandRole).toString());
    painter->restore();
}

QSize ActionDelegate::sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const
{
    return {400, 45};
}

void ProblemDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const auto& t = tokens();
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    paintSelection(*painter, option, option.rect.adjusted(8, 1, -8, -1));
    const RowPainter row{*painter, option.rect, option.direction};
    const auto state = static_cast<HealthState>(index.data(ProblemListModel::StateRole).toInt());
    paintStateShape(*painter, row.place(24, 7, 14, 14), state, t);
    row.text(46, 4, 150, Theme::font(12.5, QFont::DemiBold), t.text, index.data(ProblemListModel::NameRole).toString());
    row.text(200, 4, row.width() - 220, Theme::font(12.5, QFont::Medium), t.text, index.data(Qt::DisplayRole).toString());
    const QString below = u"%1 %2"_s.arg(index.data(ProblemListModel::FactsRole).toString(), index.data(ProblemListModel::NextRole).toString());
    row.text(200, 22, row.width() - 220, Theme::font(11.5), t.dim, below);
    painter->restore();
}

QSize ProblemDelegate::sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const
{
    return {400, 45};
}

} // namespace widgets
