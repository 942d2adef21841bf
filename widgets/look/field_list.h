#pragma once

#include <QList>
#include <QPair>
#include <QWidget>

class QGridLayout;
class QLabel;

namespace widgets {

/// Names and values in two columns; the values can be selected and copied.
class FieldList final : public QWidget {
    Q_OBJECT

public:
    explicit FieldList(QWidget* parent = nullptr);

    /// `isMono`: values in the fixed-width font (addresses, raw fields).
    void present(const QList<QPair<QString, QString>>& fields, bool isMono = false);

private:
    struct Row {
        QLabel* name;
        QLabel* value;
    };

    QGridLayout* m_grid;
    QList<Row> m_rows;
};

} // namespace widgets
