// holdfast-console: builds the objects of the console and connects them.
#include "app/console/console_options.h"
#include "app/console/lab_keys_dialog.h"
#include "app/console/lab_runner.h"
#include "core/base/secret_bytes.h"
#include "widgets/client/http_cluster_client.h"
#include "widgets/look/theme.h"
#include "widgets/look/translations.h"
#include "widgets/model/connection_store.h"
#include "widgets/model/fleet_model.h"
#include "widgets/model/keychain_store.h"
#include "widgets/shell/main_window.h"
#include "widgets/topology/topology_view.h"

#include <QApplication>
#include <QFile>
#include <QFileInfo>
#include <QMessageBox>
#include <QSettings>
#include <QUuid>

#include <cstdio>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

QByteArray contentsOf(const QString& file)
{
    QFile source{file};
    if (source.open(QIODevice::ReadOnly)) return source.readAll();
    std::fprintf(stderr, "holdfast-console: cannot read %s: %s\n", qPrintable(file), qPrintable(source.errorString()));
    std::exit(2);
}

/// Connects to the clusters that the command line names. These connections are not saved.
void connectFromCommandLine(const console::ConsoleOptions& options, widgets::FleetModel& fleet)
{
    const QByteArray ca = options.caFile.isEmpty() ? QByteArray{} : contentsOf(options.caFile);
    QByteArray token = options.tokenFile.isEmpty() ? qgetenv("VAULT_TOKEN") : contentsOf(options.tokenFile).trimmed();
    for (const auto& address : options.connect) {
        widgets::Connection connection;
        connection.id = QUuid::createUuid().toString(QUuid::WithoutBraces);
        connection.address = address;
        connection.caPem = ca;
        if (!options.caFile.isEmpty())
            connection.caFile = QFileInfo{options.caFile}.absoluteFilePath(); // servers get this path, and have another working folder
        fleet.add(connection, core::SecretBytes::copyOf(std::string_view{token.constData(), static_cast<std::size_t>(token.size())}));
    }
    core::wipe(token.data(), static_cast<std::size_t>(token.size()));
}

/// Connects to the clusters that earlier sessions saved. Tokens arrive later, from the keychain.
void connectRemembered(widgets::ConnectionStore& store, widgets::FleetModel& fleet)
{
    const auto connections = store.load();
    for (const auto& connection : connections) {
        fleet.add(connection, {});
        store.loadToken(connection.id, &fleet, [&fleet, id = connection.id](core::Result<core::SecretBytes> token) {
            if (token) fleet.setToken(id, std::move(*token));
        });
    }
}

void startLab(console::LabRunner& lab, widgets::MainWindow& window)
{
    using console::LabRunner;
    window.showActivity(LabRunner::tr("Starting the lab…"));
    QObject::connect(&lab, &LabRunner::progressed, &window,
                     [&window](const QString& line) { window.showActivity(LabRunner::tr("Starting the lab: %1").arg(line)); });
    QObject::connect(&lab, &LabRunner::started, &window, [&lab, &window] {
        window.showActivity({});
        window.addFileCommand(LabRunner::tr("Keys of the &lab…"), u"Keys of the lab"_s, [&lab, &window] {
            (new console::LabKeysDialog{lab, &window})->open();
        });
        window.addFileCommand(LabRunner::tr("Add an &empty cluster to the lab"), u"Add an empty cluster to the lab"_s, [&lab, &window] {
            window.showActivity(LabRunner::tr("Starting a cluster…"));
            lab.addSpare();
        });
    });
    QObject::connect(&lab, &LabRunner::spareAdded, &window, [&window] { window.showActivity({}); });
    QObject::connect(&lab, &LabRunner::failed, &window, [&window](const QString& why) {
        window.showActivity({});
        auto* box = new QMessageBox{QMessageBox::Critical, LabRunner::tr("The lab"), LabRunner::tr("It did not start.\n%1").arg(why), QMessageBox::Ok,
                                    &window};
        box->setAttribute(Qt::WA_DeleteOnClose);
        box->open();
    });
    lab.start();
}

/// Saves a picture once every cluster has answered twice, and ends the program.
void takeScreenshot(const console::ConsoleOptions& options, widgets::FleetModel& fleet, widgets::MainWindow& window)
{
    auto* rounds = new QTimer{&window};
    QObject::connect(rounds, &QTimer::timeout, &window, [&options, &fleet, &window, count = 0]() mutable {
        if (fleet.state().nodes.isEmpty()) return;
        for (const auto& node : fleet.state().nodes) {
            if (node.status.contact == widgets::ClusterStatus::Contact::Never) return;
            if (node.name() == options.screenshotSelection) window.select(node.id());
        }
        if (++count < 3) return;
        const bool isSaved = window.grab().save(options.screenshotFile);
        QCoreApplication::exit(isSaved ? 0 : 1);
    });
    rounds->start(1100ms);
}

} // namespace

int main(int argc, char** argv)
{
    QApplication application{argc, argv};
    QApplication::setApplicationName(u"holdfast-console"_s);
    QApplication::setOrganizationName(u"holdfast"_s);
    QApplication::setApplicationVersion(QStringLiteral(HOLDFAST_VERSION));
    QApplication::setDesktopFileName(u"holdfast-console"_s);
    // The help of the command line needs the right language too, so look at the arguments for the language first.
    const auto arguments = QApplication::arguments();
    const auto languageAt = arguments.indexOf(u"--language"_s);
    const bool isLanguageGiven = languageAt > 0 && languageAt + 1 < arguments.size();
    widgets::installTranslations(application, isLanguageGiven ? QLocale{arguments[languageAt + 1]} : QLocale::system());
    const auto options = console::parseOptions();

    widgets::installTopologyAccessibility();
    widgets::ConnectionStore store{std::make_unique<QSettings>(), std::make_unique<widgets::KeychainStore>(u"holdfast-console"_s)};
    const auto remembered = static_cast<widgets::ThemeChoice>(store.settings().value(u"theme"_s, 0).toInt());
    widgets::Theme::instance().apply(options.theme.value_or(remembered));

    widgets::ActionLog log;
    widgets::FleetModel fleet{[](const widgets::Connection& connection) {
        return std::make_shared<widgets::HttpClusterClient>(widgets::HttpClusterClient::Options{connection.address, connection.caPem});
    }};
    widgets::MainWindow window{fleet, log, store};
    console::LabRunner lab{fleet};
    if (options.isLab) startLab(lab, window);
    if (!options.connect.isEmpty()) connectFromCommandLine(options, fleet);
    else if (!options.isLab) connectRemembered(store, fleet);
    fleet.start(1s);
    if (!options.screenshotFile.isEmpty()) takeScreenshot(options, fleet, window);
    window.show();
    return QApplication::exec();
}
