#include "widgets/look/theme.h"

#include <QApplication>
#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QDBusVariant>
#include <QFontDatabase>
#include <QPalette>
#include <QStyleFactory>

using namespace Qt::StringLiterals;

namespace widgets {
namespace {

const QString kPortalService = u"org.freedesktop.portal.Desktop"_s;
const QString kPortalPath = u"/org/freedesktop/portal/desktop"_s;
const QString kPortalInterface = u"org.freedesktop.portal.Settings"_s;
const QString kAppearance = u"org.freedesktop.appearance"_s;
const QString kColorScheme = u"color-scheme"_s;
constexpr uint kPrefersDark = 1;

QString firstInstalled(const QStringList& families, QFontDatabase::SystemFont fallback)
{
    const auto installed = QFontDatabase::families();
    for (const auto& family : families) {
        if (installed.contains(family)) return family;
    }
    return QFontDatabase::systemFont(fallback).family();
}

} // namespace

QColor Tokens::of(HealthState state) const
{
    switch (state) {
    case HealthState::InSync: return ok;
    case HealthState::Lagging:
    case HealthState::Stalled: return warn;
    case HealthState::CatchingUp: return accent;
    case HealthState::Broken:
    case HealthState::Fenced:
    case HealthState::Diverged: return error;
    case HealthState::Sealed:
    case HealthState::Revoked: return warn;
    case HealthState::Unknown: return faint;
    }
    return faint;
}

QColor Tokens::of(ClusterRole role) const
{
    switch (role) {
    case ClusterRole::Primary: return accent;
    case ClusterRole::PerformanceSecondary: return performance;
    case ClusterRole::DrSecondary: return dr;
    case ClusterRole::Standalone:
    case ClusterRole::Unknown: return faint;
    }
    return faint;
}

const Tokens& lightTokens()
{
    static const Tokens tokens{
        .isDark = false,
        .bg = QColor{0xF4, 0xF5, 0xF8},
        .surface = QColor{0xFF, 0xFF, 0xFF},
        .raised = QColor{0xF7, 0xF8, 0xFB},
        .canvas = QColor{0xFA, 0xFB, 0xFD},
        .canvasDot = QColor{0xE8, 0xEB, 0xF1},
        .line = QColor{0xDF, 0xE3, 0xEA},
        .selection = QColor{0xE6, 0xEA, 0xFF},
        .text = QColor{0x1A, 0x1F, 0x29},
        .dim = QColor{0x5A, 0x64, 0x75},
        .faint = QColor{0x6B, 0x76, 0x86},
        .accent = QColor{0x3D, 0x56, 0xD6},
        .onAccent = QColor{0xFF, 0xFF, 0xFF},
        .performance = QColor{0x0E, 0x7F, 0x94},
        .dr = QColor{0x6D, 0x45, 0xC9},
        .ok = QColor{0x23, 0x86, 0x3C},
        .warn = QColor{0xB0, 0x5E, 0x00},
        .error = QColor{0xC9, 0x2A, 0x3A},
    };
    return tokens;
}

const Tokens& darkTokens()
{
    static const Tokens tokens{
        .isDark = true,
        .bg = QColor{0x12, 0x15, 0x1A},
        .surface = QColor{0x1A, 0x1E, 0x25},
        .raised = QColor{0x22, 0x28, 0x32},
        .canvas = QColor{0x0E, 0x11, 0x15},
        .canvasDot = QColor{0x1B, 0x20, 0x28},
        .line = QColor{0x2D, 0x34, 0x40},
        .selection = QColor{0x2A, 0x33, 0x50},
        .text = QColor{0xE7, 0xEA, 0xF0},
        .dim = QColor{0x97, 0xA1, 0xB1},
        .faint = QColor{0x7C, 0x87, 0x98},
        .accent = QColor{0x7C, 0x93, 0xFF},
        .onAccent = QColor{0x12, 0x15, 0x1A},
        .performance = QColor{0x4C, 0xC4, 0xD9},
        .dr = QColor{0xB7, 0x9C, 0xFF},
        .ok = QColor{0x4F, 0xD0, 0x6B},
        .warn = QColor{0xFF, 0xB4, 0x54},
        .error = QColor{0xFF, 0x6B, 0x6B},
    };
    return tokens;
}

Theme& Theme::instance()
{
    static Theme theme;
    return theme;
}

const Tokens& Theme::tokens() const
{
    const bool isDark = m_choice == ThemeChoice::Dark || (m_choice == ThemeChoice::System && m_isDesktopDark);
    return isDark ? darkTokens() : lightTokens();
}

void Theme::apply(ThemeChoice choice)
{
    m_choice = choice;
    if (choice == ThemeChoice::System) followDesktop();
    refresh();
}

void Theme::refresh()
{
    QApplication::setStyle(QStyleFactory::create(u"Fusion"_s));
    QApplication::setFont(font(13));
    QApplication::setPalette(paletteOf(tokens()));
    qApp->setStyleSheet(styleSheetOf(tokens()));
    Q_EMIT changed();
}

void Theme::followDesktop()
{
    if (m_isFollowing) return;
    m_isFollowing = true;
    auto bus = QDBusConnection::sessionBus();
    if (!bus.isConnected()) return;
    bus.connect(kPortalService, kPortalPath, kPortalInterface, u"SettingChanged"_s, this, SLOT(takeDesktopSetting(QString, QString, QDBusVariant)));
    auto call = QDBusMessage::createMethodCall(kPortalService, kPortalPath, kPortalInterface, u"Read"_s);
    call << kAppearance << kColorScheme;
    auto* watcher = new QDBusPendingCallWatcher{bus.asyncCall(call), this};
    connect(watcher, &QDBusPendingCallWatcher::finished, this, [this, watcher] {
        const QDBusPendingReply<QDBusVariant> reply = *watcher;
        watcher->deleteLater();
        if (!reply.isError()) takeDesktopSetting(kAppearance, kColorScheme, reply.value());
    });
}

void Theme::takeDesktopSetting(const QString& group, const QString& key, const QDBusVariant& value)
{
    if (group != kAppearance || key != kColorScheme) return;
    QVariant inner = value.variant();
    if (inner.canConvert<QDBusVariant>()) inner = inner.value<QDBusVariant>().variant(); // Read() wraps twice
    const bool isDark = inner.toUInt() == kPrefersDark;
    if (isDark == m_isDesktopDark) return;
    m_isDesktopDark = isDark;
    if (m_choice == ThemeChoice::System) refresh();
}

QFont Theme::font(qreal pixels, int weight)
{
    static const QString family = firstInstalled({u"Inter"_s, u"Noto Sans"_s}, QFontDatabase::GeneralFont);
    QFont made{family};
    made.setPixelSize(qRound(pixels));
    if (pixels != qRound(pixels)) made.setPointSizeF(pixels * 72.0 / 96.0);
    made.setWeight(static_cast<QFont::Weight>(weight));
    return made;
}

QFont Theme::mono(qreal pixels)
{
    static const QString family = firstInstalled({u"JetBrains Mono"_s, u"Noto Sans Mono"_s, u"DejaVu Sans Mono"_s}, QFontDatabase::FixedFont);
    QFont made = font(pixels);
    made.setFamily(family);
    made.setStyleHint(QFont::Monospace);
    return made;
}

QFont Theme::caption()
{
    QFont made = font(11, QFont::DemiBold);
    made.setLetterSpacing(QFont::AbsoluteSpacing, 0.8);
    made.setCapitalization(QFont::AllUppercase);
    return made;
}

QPalette paletteOf(const Tokens& t)
{
    QPalette palette;
    palette.setColor(QPalette::Window, t.bg);
    palette.setColor(QPalette::WindowText, t.text);
    palette.setColor(QPalette::Base, t.surface);
    palette.setColor(QPalette::AlternateBase, t.raised);
    palette.setColor(QPalette::ToolTipBase, t.surface);
    palette.setColor(QPalette::ToolTipText, t.text);
    palette.setColor(QPalette::Text, t.text);
    palette.setColor(QPalette::PlaceholderText, t.faint);
    palette.setColor(QPalette::Button, t.surface);
    palette.setColor(QPalette::ButtonText, t.text);
    palette.setColor(QPalette::BrightText, t.error);
    palette.setColor(QPalette::Link, t.accent);
    palette.setColor(QPalette::LinkVisited, t.accent);
    palette.setColor(QPalette::Highlight, t.accent);
    palette.setColor(QPalette::HighlightedText, t.onAccent);
    palette.setColor(QPalette::Light, t.surface);
    palette.setColor(QPalette::Midlight, t.line);
    palette.setColor(QPalette::Mid, t.line);
    palette.setColor(QPalette::Dark, t.line);
    palette.setColor(QPalette::Shadow, t.isDark ? QColor{Qt::black} : t.line);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) {
        palette.setColor(QPalette::Disabled, role, t.faint);
    }
    return palette;
}

} // namespace widgets
