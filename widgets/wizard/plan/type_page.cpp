#include "widgets/wizard/plan/type_page.h"

#include "widgets/wizard/frame/choice_card.h"

#include <QButtonGroup>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace widgets {

TypePage::TypePage(std::function<bool()> isNeeded, std::function<void(ReplicationType)> choose, QWidget* parent)
    : WizardPage{tr("Type"), parent}
    , m_isNeeded{std::move(isNeeded)}
{
    setHeading(tr("Which replication?"), tr("The cluster has a role in both."));
    auto* group = new QButtonGroup{this};
    auto* performance = new ChoiceCard{tr("Performance"), tr("Its disaster recovery stays as it is."), u"Performance replication"_s, *group, this};
    auto* dr =
        new ChoiceCard{tr("Disaster recovery"), tr("Its performance replication stays as it is."), u"Disaster recovery replication"_s, *group, this};
    performance->button()->setChecked(true);
    body()->addWidget(performance);
    body()->addWidget(dr);
    connect(dr->button(), &QRadioButton::toggled, this,
            [choose = std::move(choose)](bool isDr) { choose(isDr ? ReplicationType::Dr : ReplicationType::Performance); });
}

} // namespace widgets
