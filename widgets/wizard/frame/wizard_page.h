#pragma once

#include <QWidget>

class QVBoxLayout;

namespace widgets {

/// One page of a wizard: one question, the facts first. Its parts go into body().
class WizardPage : public QWidget {
    Q_OBJECT

public:
    WizardPage(const QString& stepTitle, QWidget* parent);

    /// What the rail shows.
    const QString& stepTitle() const { return m_stepTitle; }
    QString heading() const { return m_heading; }
    QString explanation() const { return m_explanation; }

    /// Called each time the page is shown.
    virtual void enter() {}
    virtual bool isComplete() const { return true; }
    /// The wizard skips this page, and the rail does not show it.
    virtual bool isSkipped() const { return false; }
    /// The user cannot go back from this page on.
    virtual bool isBackBlocked() const { return false; }
    virtual QString nextText() const;
    /// What Cancel would leave behind, as a text.
    virtual QString cancelNote() const;
    /// The text of the button that closes the wizard before its end.
    virtual QString cancelText() const;

Q_SIGNALS:
    void changed();
    /// The page has finished without a press of Next; the wizard continues.
    void advanceRequested();

protected:
    void setHeading(const QString& heading, const QString& explanation);
    QVBoxLayout* body() const { return m_body; }

private:
    const QString m_stepTitle;
    QString m_heading;
    QString m_explanation;
    QVBoxLayout* m_body;
};

} // namespace widgets
