#include "widgets/wizard/frame/wizard_page.h"

#include <QVBoxLayout>

namespace widgets {

WizardPage::WizardPage(const QString& stepTitle, QWidget* parent)
    : QWidget{parent}
    , m_stepTitle{stepTitle}
    , m_heading{stepTitle}
    , m_body{new QVBoxLayout}
{
    m_body->setSpacing(14);
    auto* layout = new QVBoxLayout{this};
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addLayout(m_body);
    layout->addStretch(1);
}

QString WizardPage::nextText() const
{
    return tr("Next");
}

QString WizardPage::cancelNote() const
{
    return tr("Cancel changes nothing.");
}

QString WizardPage::cancelText() const
{
    return tr("Cancel");
}

void WizardPage::setHeading(const QString& heading, const QString& explanation)
{
    m_heading = heading;
    m_explanation = explanation;
}

} // namespace widgets
