#pragma once

#include "widgets/look/theme.h"

#include <QString>
#include <QUrl>

#include <optional>

namespace console {

/// The options of the command line.
struct ConsoleOptions {
    QList<QUrl> connect;
    QString caFile;
    QString tokenFile;
    bool isLab = false;
    QString screenshotFile;
    QString screenshotSelection;
    std::optional<widgets::ThemeChoice> theme;
    QString language;
};

/// Reads the arguments of the running application. For --help, --version and wrong arguments it prints a text and ends the program.
ConsoleOptions parseOptions();

} // namespace console
