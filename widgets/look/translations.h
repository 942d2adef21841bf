#pragma once

#include <QLocale>

class QCoreApplication;

namespace widgets {

/// Installs the console's and Qt's own texts for a locale (English if there is no translation). Numbers and dates use
/// this locale too. Call before the first window.
void installTranslations(QCoreApplication& application, const QLocale& locale);

} // namespace widgets
