#pragma once

#include "widgets/fleet/fleet_state.h"

#include <QTimer>
#include <QWidget>

class QLabel;

namespace widgets {

/// The line at the bottom: what is connected, where tokens are stored, the local time and UTC.
class StatusLine final : public QWidget {
    Q_OBJECT

public:
    explicit StatusLine(QWidget* parent = nullptr);

    void present(const FleetState& fleet, int problemCount);
    void showKeychain(const QString& text);
    /// Shows this text before the rest; empty: nothing.
    void showActivity(const QString& text);

private:
    void tick();

    QLabel* m_activity;
    QLabel* m_left;
    QLabel* m_keychain;
    QLabel* m_clock;
    QTimer m_timer;
};

} // namespace widgets
