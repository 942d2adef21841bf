#include "widgets/wizard/frame/wizard_dialog.h"

#include "widgets/look/theme.h"
#include "widgets/wizard/frame/step_rail.h"
#include "widgets/wizard/frame/wizard_page.h"

#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QStackedWidget>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace widgets {
namespace {

constexpr QSizePolicy kShownPage{QSizePolicy::Preferred, QSizePolicy::Preferred};
constexpr QSizePolicy kHiddenPage{QSizePolicy::Ignored, QSizePolicy::Ignored};

} // namespace

WizardDialog::WizardDialog(const QString& title, QWidget* parent)
    : QDialog{parent}
    , m_title{title}
    , m_rail{new StepRail{this}}
    , m_heading{new QLabel{this}}
    , m_explanation{new QLabel{this}}
    , m_scroll{new QScrollArea{this}}
    , m_stack{new QStackedWidget{this}}
    , m_cancel{new QPushButton{this}}
    , m_cancelNote{new QLabel{this}}
    , m_back{new QPushButton{tr("Back"), this}}
    , m_next{new QPushButton{tr("Next"), this}}
{
    setWindowTitle(title);
    setAttribute(Qt::WA_DeleteOnClose);
    setModal(true);
    resize(980, 720);

    m_heading->setFont(Theme::font(20, QFont::DemiBold));
    m_heading->setWordWrap(true);
    m_explanation->setProperty("tone", u"dim"_s);
    m_explanation->setWordWrap(true);
    m_scroll->setWidgetResizable(true);
    m_scroll->setFocusPolicy(Qt::NoFocus);
    m_scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* padded = new QWidget{this};
    auto* paddedLayout = new QVBoxLayout{padded};
    paddedLayout->setContentsMargins(32, 4, 32, 20);
    paddedLayout->addWidget(m_stack);
    paddedLayout->addStretch(1);
    m_scroll->setWidget(padded);

    m_cancel->setObjectName(u"wizardCancel"_s);
    m_cancel->setAccessibleName(u"Cancel"_s);
    m_back->setObjectName(u"wizardBack"_s);
    m_back->setAccessibleName(u"Back"_s);
    m_next->setObjectName(u"wizardNext"_s);
    m_next->setAccessibleName(u"Next"_s);
    m_next->setProperty("kind", u"accent"_s);
    m_next->setMinimumWidth(126);
    m_next->setDefault(true);
    for (auto* button : {m_cancel, m_back}) {
        button->setMinimumWidth(84);
        button->setAutoDefault(false);
    }
    m_cancelNote->setProperty("tone", u"dim"_s);
    m_cancelNote->setFont(Theme::font(12));
    m_cancelNote->setWordWrap(true);

    auto* footer = new QHBoxLayout;
    footer->setContentsMargins(32, 14, 32, 16);
    footer->setSpacing(12);
    footer->addWidget(m_cancel);
    footer->addWidget(m_cancelNote, 1);
    footer->addWidget(m_back);
    footer->addWidget(m_next);
    auto* rule = new QFrame{this};
    rule->setProperty("kind", u"rule"_s);
    auto* right = new QVBoxLayout;
    right->setSpacing(0);
    auto* head = new QVBoxLayout;
    head->setContentsMargins(32, 28, 32, 12);
    head->setSpacing(6);
    head->addWidget(m_heading);
    head->addWidget(m_explanation);
    right->addLayout(head);
    right->addWidget(m_scroll, 1);
    right->addWidget(rule);
    right->addLayout(footer);
    auto* layout = new QHBoxLayout{this};
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_rail);
    layout->addLayout(right, 1);

    connect(m_cancel, &QPushButton::clicked, this, &WizardDialog::reject);
    connect(m_back, &QPushButton::clicked, this, &WizardDialog::back);
    connect(m_next, &QPushButton::clicked, this, &WizardDialog::next);
}

void WizardDialog::addPage(WizardPage* page)
{
    m_pages << page;
    m_stack->addWidget(page);
    page->setSizePolicy(kHiddenPage);
    connect(page, &WizardPage::changed, this, &WizardDialog::refresh);
    connect(page, &WizardPage::advanceRequested, this, [this, page] {
        if (page == currentPage()) next();
    });
}

void WizardDialog::setSubtitle(const QString& subtitle)
{
    m_subtitle = subtitle;
    refresh();
}

void WizardDialog::begin()
{
    showPage(m_pages.first());
}

WizardPage* WizardDialog::currentPage() const
{
    return static_cast<WizardPage*>(m_stack->currentWidget());
}

QList<WizardPage*> WizardDialog::shownPages() const
{
    QList<WizardPage*> shown;
    for (auto* page : m_pages) {
        if (!page->isSkipped()) shown << page;
    }
    return shown;
}

void WizardDialog::next()
{
    const auto shown = shownPages();
    const auto at = shown.indexOf(currentPage());
    if (!currentPage()->isComplete()) return;
    if (at + 1 >= shown.size()) return accept();
    showPage(shown[at + 1]);
}

void WizardDialog::back()
{
    const auto shown = shownPages();
    const auto at = shown.indexOf(currentPage());
    if (at > 0 && !currentPage()->isFinal()) showPage(shown[at - 1]);
}

void WizardDialog::reject()
{
    stopPlans();
    QDialog::reject();
}

void WizardDialog::showPage(WizardPage* page)
{
    // Only the visible page counts for the height, so that short pages do not scroll.
    if (auto* before = currentPage()) before->setSizePolicy(kHiddenPage);
    page->setSizePolicy(kShownPage);
    m_stack->setCurrentWidget(page);
    m_scroll->verticalScrollBar()->setValue(0);
    page->enter();
    refresh();
    // The first thing to fill in or to choose, else Next.
    QWidget* first = nullptr;
    const auto children = page->findChildren<QWidget*>();
    for (auto* child : children) {
        if ((child->focusPolicy() & Qt::TabFocus) && child->isEnabled() && child->isVisibleTo(page)) {
            first = child;
            break;
        }
    }
    if (first && qobject_cast<QPushButton*>(first) == nullptr) first->setFocus();
    else m_next->setFocus();
    m_stack->updateGeometry();
    // Some languages need more width. The dialog grows, because it must not scroll sideways.
    const int missing = m_scroll->widget()->minimumSizeHint().width() - m_scroll->viewport()->width();
    if (missing > 0 && isVisible()) resize(width() + missing, height());
}

void WizardDialog::refresh()
{
    const auto* page = currentPage();
    if (!page) return;
    const auto shown = shownPages();
    const auto at = shown.indexOf(const_cast<WizardPage*>(page));
    QStringList titles;
    for (const auto* p : shown) titles << p->stepTitle();
    m_rail->present(m_title, m_subtitle, titles, static_cast<int>(at));
    m_heading->setText(page->heading());
    m_explanation->setText(page->explanation());
    m_explanation->setVisible(!page->explanation().isEmpty());
    const bool isLast = at + 1 >= shown.size();
    m_back->setVisible(at > 0 && !page->isFinal());
    m_cancel->setVisible(!isLast);
    m_cancel->setText(page->cancelText());
    m_cancelNote->setText(isLast ? QString{} : page->cancelNote());
    m_next->setText(isLast ? tr("Close") : page->nextText());
    m_next->setEnabled(page->isComplete());
}

void WizardDialog::showEvent(QShowEvent* event)
{
    QDialog::showEvent(event);
    refresh();
    const int missing = m_scroll->widget()->minimumSizeHint().width() - m_scroll->viewport()->width();
    if (missing > 0) resize(width() + missing, height());
}

} // namespace widgets
