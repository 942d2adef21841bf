#pragma once

#include "widgets/fleet/fleet_state.h"

#include <QFrame>
#include <QLabel>
#include <QList>
#include <QPair>

class QComboBox;
class QGridLayout;
class QHBoxLayout;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;
class QVBoxLayout;

namespace widgets {

/// A label that wraps, in a tone of the theme.
QLabel* makeText(const QString& text, const QString& tone, QWidget* parent);
/// The *Check again* button.
QPushButton* makeCheckAgain(QWidget* parent);
/// A heading within a page.
QLabel* makeHeading(const QString& text, QWidget* parent);

/// Labels and fields in two columns; each label is its field's buddy.
class FormGrid final : public QWidget {
    Q_OBJECT

public:
    explicit FormGrid(QWidget* parent);
    void addRow(const QString& label, QWidget* field);
    /// A row of several parts; the label is the buddy of `first`.
    void addRow(const QString& label, QWidget* field, QWidget* first);
    void setRowVisible(QWidget* field, bool isVisible);

private:
    QGridLayout* m_grid;
};

/// A row of cards, each with one number and what it counts.
class FactCards final : public QWidget {
    Q_OBJECT

public:
    struct Fact {
        QString value;
        QString caption;
        QString tone; // ok, warn, error or empty
    };
    explicit FactCards(QWidget* parent);
    void present(const QList<Fact>& facts);

private:
    QHBoxLayout* m_layout;
};

/// A list of checks, each with a shape: fine, warning, blocking, still running.
class CheckList final : public QWidget {
    Q_OBJECT

public:
    enum class CheckState { Planned, Looking, Fine, Warning, Bad };
    struct Check {
        CheckState verdict = CheckState::Looking;
        QString text;
        QString detail;
    };
    explicit CheckList(QWidget* parent);
    void present(const QList<Check>& checks);

private:
    QVBoxLayout* m_layout;
};

/// "The same, by hand": commands to copy.
class CommandBox final : public QFrame {
    Q_OBJECT

public:
    explicit CommandBox(QWidget* parent);
    void present(const QStringList& commands);
    QString text() const;

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void fitHeight();

    QPlainTextEdit* m_text;
};

/// "Type the cluster's name to continue."
class NameConfirmation final : public QWidget {
    Q_OBJECT

public:
    explicit NameConfirmation(QWidget* parent);
    void present(const QString& name);
    bool isConfirmed() const;

Q_SIGNALS:
    void changed();

private:
    QString m_name;
    QLabel* m_label;
    QLineEdit* m_edit;
};

/// Fills a combo box with clusters, by id. Keeps the choice if that cluster is still there.
void fillClusters(QComboBox& combo, const QList<const FleetNode*>& nodes, const QString& chosenId);

} // namespace widgets
