#include "widgets/wizard/frame/secret_view.h"

#include "widgets/look/theme.h"
#include "widgets/wizard/frame/page_parts.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace widgets {

SecretView::SecretView(const QString& title, const QString& name, const QString& secret, QWidget* parent)
    : QWidget{parent}
    , m_edit{new QLineEdit{secret, this}}
{
    m_edit->setObjectName(u"secret"_s);
    m_edit->setAccessibleName(name);
    m_edit->setEchoMode(QLineEdit::Password);
    m_edit->setReadOnly(true);
    auto* show = new QPushButton{tr("Show"), this};
    show->setAccessibleName(u"Show: "_s + name);
    show->setCheckable(true);
    show->setAutoDefault(false);
    auto* copy = new QPushButton{tr("Copy"), this};
    copy->setObjectName(u"secretCopy"_s);
    copy->setAccessibleName(u"Copy: "_s + name);
    copy->setAutoDefault(false);
    auto* row = new QHBoxLayout;
    row->addWidget(m_edit, 1);
    row->addWidget(show);
    row->addWidget(copy);
    auto* layout = new QVBoxLayout{this};
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(makeHeading(title, this));
    layout->addLayout(row);
    connect(show, &QPushButton::toggled, this, [this](bool isShown) { m_edit->setEchoMode(isShown ? QLineEdit::Normal : QLineEdit::Password); });
    connect(copy, &QPushButton::clicked, this, [this] { QGuiApplication::clipboard()->setText(m_edit->text()); });
}

} // namespace widgets
