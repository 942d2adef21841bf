#pragma once

#include "widgets/wizard/frame/wizard_dialog.h"
#include "widgets/wizard/frame/wizard_page.h"

#include <QComboBox>
#include <QLineEdit>
#include <QPointer>
#include <QPushButton>
#include <QTest>

namespace tests {

/// Presses and types in a wizard as a person does. Owns it.
template<class Wizard>
class WizardDriver {
public:
    explicit WizardDriver(Wizard* wizard) : m_wizard{wizard} { m_wizard->open(); }
    ~WizardDriver() { delete m_wizard; }

    Wizard* operator->() const { return m_wizard; }
    QString step() const { return m_wizard->currentPage()->stepTitle(); }

    /// A part of the visible page, or else of the frame. The test ends if there is none.
    template<class T>
    T& part(const QString& name) const
    {
        auto* found = m_wizard->currentPage()->template findChild<T*>(name);
        if (!found) found = m_wizard->template findChild<T*>(name);
        if (!found) qFatal("no such part: %s", qPrintable(name));
        return *found;
    }
    void choose(const QString& comboName, const QString& id) const
    {
        auto& combo = part<QComboBox>(comboName);
        const int index = combo.findData(id);
        if (index < 0) qFatal("no such choice: %s", qPrintable(id));
        combo.setCurrentIndex(index);
    }
    void type(const QString& editName, const QString& text) const
    {
        auto& edit = part<QLineEdit>(editName);
        edit.clear();
        QTest::keyClicks(&edit, text);
    }
    void press(const QString& buttonName) const { QTest::mouseClick(&part<QPushButton>(buttonName), Qt::LeftButton); }
    bool canGoOn() const { return part<QPushButton>(QStringLiteral("wizardNext")).isEnabled(); }
    /// Waits until the page is complete and continues. False if the page is never complete.
    bool next() const
    {
        auto& button = part<QPushButton>(QStringLiteral("wizardNext"));
        if (!QTest::qWaitFor([&] { return button.isEnabled(); })) return false;
        QTest::mouseClick(&button, Qt::LeftButton);
        return true;
    }

private:
    QPointer<Wizard> m_wizard;
};

} // namespace tests
