#include "widgets/look/field_list.h"

#include "widgets/look/theme.h"

#include <QGridLayout>
#include <QLabel>

using namespace Qt::StringLiterals;

namespace widgets {

FieldList::FieldList(QWidget* parent) : QWidget{parent}, m_grid{new QGridLayout{this}}
{
    m_grid->setContentsMargins(0, 0, 0, 0);
    m_grid->setHorizontalSpacing(16);
    m_grid->setVerticalSpacing(9);
    m_grid->setColumnMinimumWidth(0, 88);
    m_grid->setColumnStretch(1, 1);
}

void FieldList::present(const QList<QPair<QString, QString>>& fields, bool isMono)
{
    while (m_rows.size() < fields.size()) {
        const int row = static_cast<int>(m_rows.size());
        auto* name = new QLabel{this};
        auto* value = new QLabel{this};
        name->setProperty("tone", u"dim"_s);
        name->setFont(Theme::font(12.5));
        name->setAlignment(Qt::AlignTop);
        value->setTextFormat(Qt::PlainText);
        value->setTextInteractionFlags(Qt::TextSelectableByMouse);
        value->setWordWrap(true);
        value->setMinimumWidth(40);
        value->setAlignment(Qt::AlignTop);
        m_grid->addWidget(name, row, 0);
        m_grid->addWidget(value, row, 1);
        m_rows << Row{name, value};
    }
    for (qsizetype i = 0; i < m_rows.size(); ++i) {
        const bool isUsed = i < fields.size();
        m_rows[i].name->setVisible(isUsed);
        m_rows[i].value->setVisible(isUsed);
        if (!isUsed) continue;
        m_rows[i].name->setText(fields[i].first);
        m_rows[i].value->setText(fields[i].second);
        m_rows[i].value->setFont(isMono ? Theme::mono(11.5) : Theme::font(12.5));
    }
}

} // namespace widgets
