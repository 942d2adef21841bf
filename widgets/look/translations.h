#pragma once

#include <QLocale>

class QCoreApplication;

namespace widgets {

/// Installs the console's and Qt's own texts for a locale (English where there is no translation) and makes it the
/// locale of numbers and dates. Call before the first window.
void installTranslations(QCoreApplication& application, const QLocale& locale);

} // namespace widgets
