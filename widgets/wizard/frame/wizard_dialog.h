#pragma once

#include <QDialog>
#include <QList>

class QLabel;
class QPushButton;
class QScrollArea;
class QStackedWidget;

namespace widgets {

class StepRail;
class WizardPage;

/// The frame of every wizard: steps at the left, one page, Back, Next, and Cancel with a text about its effect.
///
/// Open it with open(); it deletes itself when closed.
class WizardDialog : public QDialog {
    Q_OBJECT

public:
    WizardDialog(const QString& title, QWidget* parent);

    WizardPage* currentPage() const;
    QList<WizardPage*> pages() const { return m_pages; }
    void next();
    void back();
    void reject() override;

protected:
    void addPage(WizardPage* page);
    /// The line below the title, such as "eu-west takes over from eu-central".
    void setSubtitle(const QString& subtitle);
    /// Call it after the last addPage().
    void begin();
    /// The dialog closes by Cancel: a plan that runs stops after its present step.
    virtual void stopPlans() {}

    void showEvent(QShowEvent* event) override;

private:
    QList<WizardPage*> shownPages() const;
    void showPage(WizardPage* page);
    void refresh();

    const QString m_title;
    QString m_subtitle;
    QList<WizardPage*> m_pages;
    StepRail* m_rail;
    QLabel* m_heading;
    QLabel* m_explanation;
    QScrollArea* m_scroll;
    QStackedWidget* m_stack;
    QPushButton* m_cancel;
    QLabel* m_cancelNote;
    QPushButton* m_back;
    QPushButton* m_next;
};

} // namespace widgets
