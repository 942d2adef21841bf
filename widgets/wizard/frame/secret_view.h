#pragma once

#include <QWidget>

class QLineEdit;

namespace widgets {

/// A secret that is shown only when asked for, with a button to copy it.
class SecretView final : public QWidget {
    Q_OBJECT

public:
    /// `name`: stable and in English, for the accessibility tree.
    SecretView(const QString& title, const QString& name, const QString& secret, QWidget* parent);

private:
    QLineEdit* m_edit;
};

} // namespace widgets
