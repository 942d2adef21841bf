#include "widgets/look/theme.h"

#include <QHash>

using namespace Qt::StringLiterals;

namespace widgets {
namespace {

// The theme's colours replace the @names. The dynamic properties `kind` and `tone` choose the look of a control.
constexpr auto kSheet = R"(
* { outline: none; }
QToolTip { background: @surface; color: @text; border: 1px solid @line; padding: 4px 6px; }
QMenuBar { background: @surface; padding: 2px 8px; border-bottom: 1px solid @line; }
QMenuBar::item { padding: 4px 10px; border-radius: 6px; background: transparent; }
QMenuBar::item:selected { background: @selection; }
QMenu { background: @surface; border: 1px solid @line; padding: 6px; }
QMenu::item { padding: 6px 28px 6px 12px; border-radius: 6px; }
QMenu::item:selected { background: @selection; color: @text; }
QMenu::item:disabled { color: @faint; }
QMenu::separator { height: 1px; background: @line; margin: 6px 4px; }
QPushButton, QToolButton { background: @surface; color: @text; border: 1px solid @line; border-radius: 6px; padding: 0 12px; min-height: 28px; font-weight: 500; }
QPushButton:hover, QToolButton:hover { background: @raised; }
QPushButton:pressed, QToolButton:pressed, QToolButton:checked { background: @selection; }
QPushButton:focus, QToolButton:focus { border: 2px solid @accent; padding: 0 11px; }
QPushButton:disabled, QToolButton:disabled { color: @faint; background: @raised; }
QPushButton[kind="accent"] { background: @accent; color: @onAccent; border-color: @accent; font-weight: 600; }
QPushButton[kind="accent"]:hover { background: @accentHover; }
QPushButton[kind="accent"]:focus { border: 2px solid @text; }
QPushButton[kind="accent"]:disabled { background: @raised; color: @faint; border-color: @line; }
QPushButton[kind="danger"] { color: @error; border-color: @error; background: transparent; }
QPushButton[kind="danger"]:hover { background: @raised; }
QPushButton[kind="danger"]:disabled { color: @faint; border-color: @line; }
QPushButton[kind="quiet"], QToolButton[kind="quiet"] { border-color: transparent; background: transparent; color: @dim; }
QPushButton[kind="quiet"]:hover, QToolButton[kind="quiet"]:hover { background: @raised; color: @text; }
QPushButton[kind="quiet"]:focus, QToolButton[kind="quiet"]:focus { border: 2px solid @accent; }
QPushButton[kind="link"] { border: 2px solid transparent; background: transparent; color: @accent; padding: 0 4px; text-align: left; min-height: 22px; }
QPushButton[kind="link"]:focus { border: 2px solid @accent; }
QPushButton[kind="tab"] { border: none; border-bottom: 2px solid transparent; border-radius: 0; background: transparent; color: @dim; padding: 0 4px; min-height: 34px; }
QPushButton[kind="tab"]:checked { color: @text; border-bottom-color: @accent; font-weight: 600; }
QPushButton[kind="tab"]:focus { color: @accent; }
QPushButton[kind="nav"] { border: 2px solid transparent; background: transparent; color: @dim; padding: 0 10px; min-height: 24px; }
QPushButton[kind="nav"]:checked { background: @selection; color: @text; font-weight: 600; }
QPushButton[kind="nav"]:focus { border-color: @accent; }
QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QComboBox { background: @surface; color: @text; border: 1px solid @line; border-radius: 6px; padding: 0 10px; min-height: 30px; selection-background-color: @accent; selection-color: @onAccent; }
QPlainTextEdit, QTextEdit { padding: 6px 8px; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QSpinBox:focus, QComboBox:focus { border: 2px solid @accent; padding: 0 9px; }
QPlainTextEdit:focus, QTextEdit:focus { padding: 5px 7px; }
QLineEdit:read-only, QPlainTextEdit:read-only { background: @raised; }
QLineEdit:disabled, QComboBox:disabled, QSpinBox:disabled { background: @raised; color: @faint; }
QLineEdit[kind="search"] { background: @raised; min-height: 28px; }
QComboBox::drop-down { border: none; width: 24px; }
QComboBox::down-arrow { image: url(@chevron); width: 12px; height: 12px; margin-right: 8px; }
QComboBox QAbstractItemView { background: @surface; border: 1px solid @line; selection-background-color: @selection; selection-color: @text; padding: 4px; }
QSpinBox::up-button, QSpinBox::down-button { width: 0; border: none; }
QCheckBox, QRadioButton { spacing: 10px; color: @text; min-height: 24px; }
QCheckBox::indicator, QRadioButton::indicator { width: 14px; height: 14px; border: 1px solid @faint; background: @surface; }
QCheckBox::indicator { border-radius: 4px; }
QRadioButton::indicator { border-radius: 8px; }
QCheckBox::indicator:checked { background: @accent; border: 1px solid @accent; image: url(@tick); }
QRadioButton::indicator:checked { background: @surface; border: 5px solid @accent; width: 6px; height: 6px; }
QCheckBox:focus, QRadioButton:focus { color: @accent; }
QCheckBox:disabled, QRadioButton:disabled { color: @faint; }
QLabel { background: transparent; }
QLabel[tone="dim"] { color: @dim; }
QLabel[tone="faint"] { color: @faint; }
QLabel[tone="ok"] { color: @ok; }
QLabel[tone="warn"] { color: @warn; }
QLabel[tone="error"] { color: @error; }
QLabel[tone="accent"] { color: @accent; }
QFrame[kind="panel"] { background: @surface; border: 1px solid @line; border-radius: 8px; }
QFrame[kind="well"] { background: @raised; border: 1px solid @line; border-radius: 8px; }
QFrame[kind="notice-warn"] { background: @surface; border: 1px solid @warn; border-radius: 8px; }
QFrame[kind="notice-error"] { background: @surface; border: 1px solid @error; border-radius: 8px; }
QFrame[kind="notice-accent"] { background: @surface; border: 1px solid @accent; border-radius: 8px; }
QFrame[kind="rule"] { background: @line; border: none; max-height: 1px; min-height: 1px; }
QWidget[ground="surface"] { background: @surface; }
QWidget[ground="bg"] { background: @bg; }
QListView { background: @surface; border: none; }
QListView:focus { border: none; }
QScrollArea { border: none; background: transparent; }
QScrollBar:vertical { width: 10px; background: transparent; margin: 0; }
QScrollBar:horizontal { height: 10px; background: transparent; margin: 0; }
QScrollBar::handle { background: @line; border-radius: 4px; min-height: 28px; min-width: 28px; margin: 1px; }
QScrollBar::handle:hover { background: @faint; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QSplitter::handle { background: @line; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }
QProgressBar { background: @raised; border: 1px solid @line; border-radius: 4px; min-height: 6px; max-height: 6px; }
QProgressBar::chunk { background: @accent; border-radius: 3px; }
)"_L1;

} // namespace

QString styleSheetOf(const Tokens& t)
{
    // Longer names first, so that @accent does not match the beginning of @accentHover.
    const QList<QPair<QLatin1StringView, QString>> values{
        {"@accentHover"_L1, (t.isDark ? t.accent.lighter(108) : t.accent.darker(108)).name()},
        {"@onAccent"_L1, t.onAccent.name()},
        {"@selection"_L1, t.selection.name()},
        {"@surface"_L1, t.surface.name()},
        {"@raised"_L1, t.raised.name()},
        {"@accent"_L1, t.accent.name()},
        {"@error"_L1, t.error.name()},
        {"@faint"_L1, t.faint.name()},
        {"@warn"_L1, t.warn.name()},
        {"@line"_L1, t.line.name()},
        {"@text"_L1, t.text.name()},
        {"@tick"_L1, t.isDark ? u":/icons/tick-dark.svg"_s : u":/icons/tick-light.svg"_s},
        {"@chevron"_L1, t.isDark ? u":/icons/chevron-dark.svg"_s : u":/icons/chevron-light.svg"_s},
        {"@dim"_L1, t.dim.name()},
        {"@bg"_L1, t.bg.name()},
        {"@ok"_L1, t.ok.name()},
    };
    QString sheet = kSheet;
    for (const auto& [name, value] : values) sheet.replace(name, value);
    return sheet;
}

} // namespace widgets
