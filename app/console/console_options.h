#pragma once

#include "widgets/look/theme.h"

#include <QString>
#include <QUrl>

#include <optional>

namespace console {

/// What the command line asks for.
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

/// Reads the arguments of the running application; prints and ends the program for --help, --version and bad ones.
ConsoleOptions parseOptions();

} // namespace console
