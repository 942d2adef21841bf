#include "app/console/console_options.h"

#include <QCommandLineParser>
#include <QCoreApplication>

#include <cstdio>
#include <cstdlib>

using namespace Qt::StringLiterals;

namespace console {
namespace {

[[noreturn]] void refuse(const QString& text)
{
    std::fprintf(stderr, "holdfast-console: %s\n", qPrintable(text));
    std::exit(2);
}

} // namespace

ConsoleOptions parseOptions()
{
    QCommandLineParser parser;
    parser.setApplicationDescription(QCoreApplication::translate("console", "The console of Holdfast: shows and controls clusters that replicate."));
    parser.addHelpOption();
    parser.addVersionOption();
    const QCommandLineOption connect{u"connect"_s, QCoreApplication::translate("console", "Connect to the cluster at this address. Can be repeated."),
                                     u"URL"_s};
    const QCommandLineOption ca{u"ca"_s, QCoreApplication::translate("console", "Trust only the certificates in this PEM file."), u"FILE"_s};
    const QCommandLineOption token{u"token-file"_s, QCoreApplication::translate("console", "Read the token from this file."), u"FILE"_s};
    const QCommandLineOption theme{u"theme"_s, QCoreApplication::translate("console", "light or dark; otherwise the desktop's."), u"THEME"_s};
    const QCommandLineOption language{
        u"language"_s, QCoreApplication::translate("console", "Language of the texts, such as de; otherwise the desktop's."), u"CODE"_s};
    const QCommandLineOption screenshot{
        u"screenshot"_s, QCoreApplication::translate("console", "Save a picture of the window when all clusters have answered, and end."), u"FILE"_s};
    const QCommandLineOption select{u"select"_s, QCoreApplication::translate("console", "Choose this cluster first."), u"NAME"_s};
    const QCommandLineOption lab{u"lab"_s,
                                 QCoreApplication::translate("console", "Start three embedded clusters that replicate, and connect to them.")};
    parser.addOptions({lab, connect, ca, token, theme, language, screenshot, select});
    parser.process(*QCoreApplication::instance());

    ConsoleOptions options;
    const auto addresses = parser.values(connect);
    for (const auto& address : addresses) {
        const QUrl url{address, QUrl::StrictMode};
        if (!url.isValid() || (url.scheme() != "https"_L1 && url.scheme() != "http"_L1) || url.host().isEmpty()) {
            refuse(QCoreApplication::translate("console", "%1 is not an address such as https://host:8200").arg(address));
        }
        options.connect << url;
    }
    options.isLab = parser.isSet(lab);
    options.caFile = parser.value(ca);
    options.tokenFile = parser.value(token);
    options.screenshotFile = parser.value(screenshot);
    options.screenshotSelection = parser.value(select);
    options.language = parser.value(language);
    if (const QString value = parser.value(theme); value == "light"_L1) options.theme = widgets::ThemeChoice::Light;
    else if (value == "dark"_L1) options.theme = widgets::ThemeChoice::Dark;
    else if (!value.isEmpty()) refuse(QCoreApplication::translate("console", "the theme is light or dark"));
    return options;
}

} // namespace console
