#pragma once

#include "widgets/client/requests.h"
#include "widgets/fleet/fleet_state.h"

#include <QColor>
#include <QFont>
#include <QObject>

class QDBusVariant;
class QPalette;

namespace widgets {

/// The colours of one theme, by their purpose. Text colours have a contrast of at least 4.5:1 on every background where they are used.
struct Tokens {
    bool isDark;
    QColor bg, surface, raised;
    QColor canvas, canvasDot;
    QColor line, selection;
    QColor text, dim, faint;
    QColor accent, onAccent;
    QColor performance, dr;
    QColor ok, warn, error;

    QColor of(HealthState state) const;
    QColor of(ReplicationType type) const { return type == ReplicationType::Dr ? dr : performance; }
    QColor of(ClusterRole role) const;
};

const Tokens& lightTokens();
const Tokens& darkTokens();

enum class ThemeChoice { System, Light, Dark };

/// The one place that knows the present theme. The composition creates it once; GUI thread.
class Theme final : public QObject {
    Q_OBJECT

public:
    static Theme& instance();

    /// Fonts, style, palette and style sheet of the application; follows the desktop while the choice is System.
    void apply(ThemeChoice choice);
    ThemeChoice choice() const { return m_choice; }
    const Tokens& tokens() const;

    /// A font of the body family; `pixels` are logical pixels.
    static QFont font(qreal pixels, int weight = QFont::Normal);
    static QFont mono(qreal pixels);
    /// Small letter-spaced capitals for headings of groups.
    static QFont caption();

Q_SIGNALS:
    void changed();

private:
    Theme() = default;
    void followDesktop();
    void refresh();

private Q_SLOTS:
    void takeDesktopSetting(const QString& group, const QString& key, const QDBusVariant& value);

private:
    ThemeChoice m_choice = ThemeChoice::System;
    bool m_isDesktopDark = false;
    bool m_isFollowing = false;
};

inline const Tokens& tokens()
{
    return Theme::instance().tokens();
}

QPalette paletteOf(const Tokens& tokens);
QString styleSheetOf(const Tokens& tokens);

} // namespace widgets
