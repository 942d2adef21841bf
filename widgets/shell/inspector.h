#pragma once

#include "widgets/model/problems.h"
#include "widgets/model/command.h"

#include <QHash>
#include <QScrollArea>

class QFrame;
class QLabel;
class QPlainTextEdit;
class QPushButton;

namespace widgets {

class Badge;
class FieldList;
class Sparkline;

/// Everything about the chosen cluster or link, and its commands.
class Inspector final : public QScrollArea {
    Q_OBJECT

public:
    explicit Inspector(QWidget* parent = nullptr);

    /// `id` of a cluster or link; empty: a summary of the whole fleet.
    void present(const FleetState& fleet, const QList<Problem>& problems, const QString& id);

Q_SIGNALS:
    void requested(Command command, const QString& clusterId);

private:
    void showNode(const FleetState& fleet, const FleetNode& node);
    void showLink(const FleetState& fleet, const FleetLink& link);
    void showNothing(const FleetState& fleet);
    void showNotice(const QList<Problem>& problems, const QString& subjectId);
    void showChart(const QString& title, const QString& value, const QList<double>& series, const QColor& color);
    void showCommands(const FleetNode* node);
    void setRaw(const QString& text);

    QString m_clusterId; // the cluster that the commands are for
    QLabel* m_title;
    Badge* m_badge;
    Badge* m_production;
    QLabel* m_address;
    QFrame* m_notice;
    QLabel* m_noticeIcon;
    QLabel* m_noticeTitle;
    QLabel* m_noticeFacts;
    QLabel* m_noticeNext;
    FieldList* m_fields;
    QWidget* m_chart;
    QLabel* m_chartTitle;
    QLabel* m_chartValue;
    Sparkline* m_sparkline;
    QWidget* m_commands;
    QHash<Command, QPushButton*> m_buttons;
    QPushButton* m_rawToggle;
    QPlainTextEdit* m_raw;
};

} // namespace widgets
