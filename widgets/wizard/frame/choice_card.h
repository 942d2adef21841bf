#pragma once

#include <QRadioButton>

class QButtonGroup;
class QLabel;

namespace widgets {

/// A radio button with a line of explanation below, in a frame.
class ChoiceCard final : public QWidget {
    Q_OBJECT

public:
    /// `name`: stable and in English, for the accessibility tree.
    ChoiceCard(const QString& title, const QString& explanation, const QString& name, QButtonGroup& group, QWidget* parent);

    QRadioButton* button() const { return m_button; }

protected:
    void mousePressEvent(QMouseEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    QRadioButton* m_button;
};

} // namespace widgets
