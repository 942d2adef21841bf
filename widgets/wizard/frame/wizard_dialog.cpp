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

QLayout* makeHeader(QLabel* heading, QLabel* explanation)
{
    heading->setFont(Theme::font(20, QFont::DemiBold));
    heading->setWordWrap(true);
    explanation->setProperty("tone", u"dim"_s);
    explanation->setWordWrap(true);

    auto* layout = new QVBoxLayout;
    layout->setContentsMargins(32, 28, 32, 12);
    layout->setSpacing(6);
    layout->addWidget(heading);
    layout->addWidget(explanation);
    return layout;
}

/// Puts the pages into `area`, which scrolls up and down but never sideways.
void fillPageArea(QScrollArea* area, QWidget* pages)
{
    area->setWidgetResizable(true);
    area->setFocusPolicy(Qt::NoFocus);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* padded = new QWidget{area};
    auto* layout = new QVBoxLayout{padded};
    layout->setContentsMargins(32, 4, 32, 20);
    layout->addWidget(pages);
    layout->addStretch(1);
    area->setWidget(padded);
}

struct FooterParts {
    QPushButton* cancel;
    QLabel* cancelNote;
    QPushButton* back;
    QPushButton* next;
};

QLayout* makeFooter(const FooterParts& parts)
{
    parts.cancel->setObjectName(u"wizardCancel"_s);
    parts.cancel->setAccessibleName(u"Cancel"_s);
    parts.back->setObjectName(u"wizardBack"_s);
    parts.back->setAccessibleName(u"Back"_s);
    parts.next->setObjectName(u"wizardNext"_s);
    parts.next->setAccessibleName(u"Next"_s);
    parts.next->setProperty("kind", u"accent"_s);
    parts.next->setMinimumWidth(126);
    parts.next->setDefault(true);
    for (auto* button : {parts.cancel, parts.back}) {
        button->setMinimumWidth(84);
        button->setAutoDefault(false);
    }
    parts.cancelNote->setProperty("tone", u"dim"_s);
    parts.cancelNote->setFont(Theme::font(12));
    parts.cancelNote->setWordWrap(true);

    auto* layout = new QHBoxLayout;
    layout->setContentsMargins(32, 14, 32, 16);
    layout->setSpacing(12);
    layout->addWidget(parts.cancel);
    layout->addWidget(parts.cancelNote, 1);
    layout->addWidget(parts.back);
    layout->addWidget(parts.next);
    return layout;
}

/// Some languages need more width. The dialog grows, because it must not scroll sideways.
void widenToFit(QDialog* dialog, const QScrollArea* area)
{
    const int missing = area->widget()->minimumSizeHint().width() - area->viewport()->width();
    if (missing > 0) dialog->resize(dialog->width() + missing, dialog->height());
}

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

    fillPageArea(m_scroll, m_stack);
    auto* rule = new QFrame{this};
    rule->setProperty("kind", u"rule"_s);
    auto* right = new QVBoxLayout;
    right->setSpacing(0);
    right->addLayout(makeHeader(m_heading, m_explanation));
    right->addWidget(m_scroll, 1);
    right->addWidget(rule);
    right->addLayout(makeFooter({.cancel = m_cancel, .cancelNote = m_cancelNote, .back = m_back, .next = m_next}));
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
    if (at > 0 && !currentPage()->isBackBlocked()) showPage(shown[at - 1]);
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
    // The focus goes to the first input of the page. A page that has none, or begins with a button, gives it to Next.
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
    if (isVisible()) widenToFit(this, m_scroll);
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
    const bool isLastPage = at + 1 >= shown.size();
    m_back->setVisible(at > 0 && !page->isBackBlocked());
    m_cancel->setVisible(!isLastPage);
    m_cancel->setText(page->cancelText());
    m_cancelNote->setText(isLastPage ? QString{} : page->cancelNote());
    m_next->setText(isLastPage ? tr("Close") : page->nextText());
    m_next->setEnabled(page->isComplete());
}

void WizardDialog::showEvent(QShowEvent* event)
{
    QDialog::showEvent(event);
    refresh();
    widenToFit(this, m_scroll);
}

} // namespace widgets
