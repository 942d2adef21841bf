#pragma once

#include <QStringList>
#include <QWidget>

namespace widgets {

/// The steps at the left of a wizard: done, present, later.
class StepRail final : public QWidget {
    Q_OBJECT

public:
    explicit StepRail(QWidget* parent = nullptr);

    void present(const QString& title, const QString& subtitle, const QStringList& steps, int current);
    QSize sizeHint() const override { return {220, 600}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QString m_title;
    QString m_subtitle;
    QStringList m_steps;
    int m_current = 0;
};

} // namespace widgets
