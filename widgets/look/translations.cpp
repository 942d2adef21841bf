#include "widgets/look/translations.h"

#include <QCoreApplication>
#include <QLibraryInfo>
#include <QTranslator>

using namespace Qt::StringLiterals;

namespace widgets {
namespace {

void install(QCoreApplication& application, const QLocale& locale, const QString& name, const QString& folder)
{
    auto* translator = new QTranslator{&application};
    if (translator->load(locale, name, u"_"_s, folder)) application.installTranslator(translator);
    else delete translator;
}

} // namespace

void installTranslations(QCoreApplication& application, const QLocale& locale)
{
    QLocale::setDefault(locale);
    // Installs English plural forms first, because Qt asks the translator that was installed last first.
    install(application, QLocale{QLocale::English}, u"holdfast"_s, u":/i18n"_s);
    install(application, locale, u"qtbase"_s, QLibraryInfo::path(QLibraryInfo::TranslationsPath));
    install(application, locale, u"holdfast"_s, u":/i18n"_s);
}

} // namespace widgets
