#include "widgets/shell/drawer.h"

#include "widgets/look/theme.h"
#include "widgets/shell/list_delegates.h"

#include <QButtonGroup>
#include <QClipboard>
#include <QFileDialog>
#include <QFrame>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QListView>
#include <QPushButton>
#include <QSaveFile>
#include <QStackedWidget>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace widgets {

Drawer::Drawer(ActionLog& log, QWidget* parent) : QWidget{parent}, m_log{log}
{
    setProperty("ground", u"surface"_s);
    setAttribute(Qt::WA_StyledBackground);

    m_actionsTab = new QPushButton{tr("Actions"), this};
    m_actionsTab->setObjectName(u"drawerActions"_s);
    m_actionsTab->setAccessibleName(u"Show actions"_s);
    m_problemsTab = new QPushButton{tr("Problems"), this};
    m_problemsTab->setObjectName(u"drawerProblems"_s);
    m_problemsTab->setAccessibleName(u"Show problems"_s);
    auto* group = new QButtonGroup{this};
    for (auto* tab : {m_actionsTab, m_problemsTab}) {
        tab->setCheckable(true);
        tab->setProperty("kind", u"tab"_s);
        group->addButton(tab);
    }
    m_actionsTab->setChecked(true);

    m_copy = new QPushButton{tr("Copy command"), this};
    m_copy->setObjectName(u"drawerCopy"_s);
    m_copy->setAccessibleName(u"Copy command"_s);
    m_copy->setProperty("kind", u"link"_s);
    m_saveScript = new QPushButton{tr("Save as script…"), this};
    m_saveScript->setObjectName(u"drawerSaveScript"_s);
    m_saveScript->setAccessibleName(u"Save actions as script"_s);
    m_saveScript->setProperty("kind", u"link"_s);

    m_actionList = makeList(log, u"Actions"_s);
    m_actionList->setItemDelegate(new ActionDelegate{m_actionList});
    m_problemList = makeList(m_problems, u"Problems"_s);
    m_problemList->setItemDelegate(new ProblemDelegate{m_problemList});
    m_noActions = new QLabel{tr("No actions yet. Each step that you take is listed here, with the command that does the same."), this};
    m_noActions->setProperty("tone", u"dim"_s);
    m_noActions->setWordWrap(true);
    m_noActions->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    m_noActions->setMargin(20); // contents margins belong to the style sheet

    auto* actionsPage = new QWidget{this};
    auto* actionsLayout = new QVBoxLayout{actionsPage};
    actionsLayout->setContentsMargins(0, 4, 0, 0);
    actionsLayout->addWidget(m_noActions);
    actionsLayout->addWidget(m_actionList, 1);
    m_pages = new QStackedWidget{this};
    m_pages->addWidget(actionsPage);
    m_pages->addWidget(m_problemList);

    auto* tabs = new QHBoxLayout;
    tabs->setContentsMargins(20, 0, 20, 0);
    tabs->setSpacing(20);
    tabs->addWidget(m_actionsTab);
    tabs->addWidget(m_problemsTab);
    tabs->addStretch(1);
    tabs->addWidget(m_copy);
    tabs->addWidget(m_saveScript);
    auto* rule = new QFrame{this};
    rule->setProperty("kind", u"rule"_s);
    auto* layout = new QVBoxLayout{this};
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(tabs);
    layout->addWidget(rule);
    layout->addWidget(m_pages, 1);

    const auto refresh = [this] {
        const bool isEmpty = m_log.rowCount() == 0;
        m_noActions->setVisible(isEmpty);
        m_actionList->setVisible(!isEmpty);
        m_copy->setEnabled(!isEmpty);
        m_saveScript->setEnabled(!isEmpty);
        m_actionList->scrollToBottom();
    };
    connect(&log, &QAbstractItemModel::rowsInserted, this, refresh);
    refresh();
    // Uses toggled(), not clicked(), because a screen reader toggles.
    connect(m_problemsTab, &QPushButton::toggled, m_pages, &QStackedWidget::setCurrentIndex);
    connect(m_copy, &QPushButton::clicked, this, &Drawer::copyCommand);
    connect(m_saveScript, &QPushButton::clicked, this, [this] {
        auto* dialog = new QFileDialog{this, tr("Save the actions as a script"), u"holdfast-actions.sh"_s};
        dialog->setAcceptMode(QFileDialog::AcceptSave);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& file) {
            QSaveFile target{file};
            if (target.open(QIODevice::WriteOnly)) {
                target.write(m_log.script().toUtf8());
                target.commit();
            }
        });
        dialog->open();
    });
    connect(m_problemList, &QListView::activated, this,
            [this](const QModelIndex& index) { Q_EMIT problemChosen(index.data(ProblemListModel::IdRole).toString()); });
    connect(m_problemList, &QListView::clicked, this,
            [this](const QModelIndex& index) { Q_EMIT problemChosen(index.data(ProblemListModel::IdRole).toString()); });
}

QListView* Drawer::makeList(QAbstractItemModel& model, const QString& name)
{
    auto* list = new QListView{this};
    list->setModel(&model);
    list->setObjectName(name.toLower());
    list->setAccessibleName(name);
    list->setFrameShape(QFrame::NoFrame);
    list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    list->setVerticalScrollMode(QListView::ScrollPerPixel);
    return list;
}

void Drawer::showProblems(const QList<Problem>& problems)
{
    m_problems.show(problems);
    //: tab of the drawer; %n is how many problems there are
    m_problemsTab->setText(problems.isEmpty() ? tr("Problems") : tr("Problems (%n)", nullptr, static_cast<int>(problems.size())));
}

void Drawer::openProblems()
{
    m_problemsTab->setChecked(true);
    m_pages->setCurrentIndex(1);
    m_problemList->setFocus();
}

void Drawer::copyCommand()
{
    const QModelIndex current = m_actionList->currentIndex();
    const int row = current.isValid() ? current.row() : m_log.rowCount() - 1;
    if (row >= 0) QGuiApplication::clipboard()->setText(m_log.entry(row).command);
}

} // namespace widgets
