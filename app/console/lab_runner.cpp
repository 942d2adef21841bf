#include "app/console/lab_runner.h"

#include <QJsonArray>

using namespace Qt::StringLiterals;

namespace console {

LabRunner::LabRunner(widgets::FleetModel& fleet, QObject* parent) : QObject{parent}, m_fleet{fleet} {}

LabRunner::~LabRunner()
{
    if (m_thread.joinable()) m_thread.join();
    for (auto& spare : m_spares) spare.server->stop();
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
            QMetaObject::invokeMethod(this, [this, why = QString::fromStdString(lab.error().detail)] {
                m_thread.join();
                Q_EMIT failed(why);
            });
            return;
        }
        m_lab = std::move(*lab); // the GUI thread reads it after it has joined this one
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
        // The DR secondary has no token of its own until it is promoted. Then it accepts its primary's.
        const auto& token = cluster.rootToken.empty() ? m_lab->clusters().front().rootToken : cluster.rootToken;
        m_fleet.add(connection, token.clone());
    }
}

void LabRunner::addSpare()
{
    if (m_thread.joinable()) return; // one at a time
    m_thread = std::thread{[this, number = m_spares.size() + 1] {
        core::server::EmbeddedServer::Options options;
        options.name = "lab-spare-" + std::to_string(number);
        auto server = core::server::EmbeddedServer::start(std::move(options));
        if (!server) {
            QMetaObject::invokeMethod(this, [this, why = QString::fromStdString(server.error().detail)] {
                m_thread.join();
                Q_EMIT failed(why);
            });
            return;
        }
        // A posted call must be copyable.
        auto started = std::make_shared<std::unique_ptr<core::server::EmbeddedServer>>(std::move(*server));
        QMetaObject::invokeMethod(this, [this, started] {
            m_thread.join();
            m_spares.push_back({std::move(*started), {}, {}});
            const auto& made = *m_spares.back().server;
            widgets::Connection connection;
            connection.id = connection.name = QString::fromStdString(made.name());
            connection.address = QUrl{QString::fromStdString(made.apiAddress())};
            connection.caPem = QByteArray::fromStdString(made.caPem());
            connection.group = tr("Lab (embedded)");
            connection.isEmbedded = true;
            initialize(connection);
        });
    }};
}

void LabRunner::initialize(const widgets::Connection& connection)
{
    const auto write = [](const QString& path, const QJsonObject& body) {
        widgets::ApiRequest request;
        request.verb = widgets::ApiRequest::Verb::Write;
        request.path = path;
        request.body = body;
        request.authenticated = false;
        return request;
    };
    m_spareClient = m_fleet.makeClient(connection);
    const auto init = write(u"sys/init"_s, {{u"secret_shares"_s, 1}, {u"secret_threshold"_s, 1}});
    m_spareClient->send(init, {this, [this, write, connection](const widgets::ApiResult& made) {
                                   if (!made) return Q_EMIT failed(QString::fromStdString(made.error().detail));
                                   const QString key = made->body.value("keys"_L1).toArray().at(0).toString();
                                   auto& spare = m_spares.back();
                                   spare.unsealKey = core::SecretBytes::copyOf(key.toStdString());
                                   spare.rootToken = core::SecretBytes::copyOf(made->body.value("root_token"_L1).toString().toStdString());
                                   m_spareClient->send(write(u"sys/unseal"_s, {{u"key"_s, key}}),
                                                       {this, [this, connection](const widgets::ApiResult& unsealed) {
                                                            if (!unsealed) return Q_EMIT failed(QString::fromStdString(unsealed.error().detail));
                                                            connectSpare(connection);
                                                        }});
                               }});
}

void LabRunner::connectSpare(const widgets::Connection& connection)
{
    m_fleet.add(connection, m_spares.back().rootToken.clone());
    Q_EMIT spareAdded();
}

} // namespace console
