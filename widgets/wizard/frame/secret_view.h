#pragma once

#include <QWidget>

class QLineEdit;

namespace widgets {

/// A secret that is hidden until the user shows it, with a button to copy it.
class SecretView final : public QWidget {
    Q_OBJECT

public:
    /// `name`: stable and in English, for the accessibility tree.
    SecretView(const QString& title, const QString& name, const QString& secret, QWidget* parent);

private:
    QLineEdit* m_edit;
};

} // namespace widgets
