#include "app/console/lab_runner.h"

using namespace Qt::StringLiterals;

namespace console {

LabRunner::LabRunner(widgets::FleetModel& fleet, QObject* parent)
    : QObject{parent}
    , m_fleet{fleet}
{}

LabRunner::~LabRunner()
{
    if (m_thread.joinable()) m_thread.join();
    if (m_lab) m_lab->stop();
}

void LabRunner::start()
{
    m_thread = std::thread{[this] {
        core::server::Lab::Options options;
        options.progress = [this](const std::string& line) {
            QMetaObject::invokeMethod(this, [this, text = QString::fromStdString(line)] { Q_EMIT progressed(text); });
        };
        auto lab = core::server::Lab::start(std::move(options));
        if (!lab) {
            QMetaObject::invokeMethod(this, [this, why = QString::fromStdString(lab.error().detail)] { Q_EMIT failed(why); });
            return;
        }
        m_lab = std::move(*lab);  // the GUI thread reads it after it has joined this one
        QMetaObject::invokeMethod(this, [this] {
            m_thread.join();
            connectClusters();
            Q_EMIT started();
        });
    }};
}

void LabRunner::connectClusters()
{
    for (const auto& cluster : m_lab->clusters()) {
        widgets::Connection connection;
        connection.id = u"lab-"_s + QString::fromStdString(cluster.name);
        connection.name = QString::fromStdString(cluster.name);
        connection.address = QUrl{QString::fromStdString(cluster.apiAddress)};
        connection.caPem = QByteArray::fromStdString(cluster.caPem);
        connection.caFile = QString::fromStdString(cluster.caFile);
        connection.group = tr("Lab (embedded)");
        connection.isEmbedded = true;
        // The DR secondary has no token of its own until it is promoted: then it takes its primary's.
        const auto& token = cluster.rootToken.empty() ? m_lab->clusters().front().rootToken : cluster.rootToken;
        m_fleet.add(connection, token.clone());
    }
}

} // namespace console
