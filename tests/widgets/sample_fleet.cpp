#include "tests/widgets/sample_fleet.h"

#include "tests/widgets/fake_cluster_client.h"

#include <QSettings>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTemporaryFile>
#include <QTimer>

using namespace Qt::StringLiterals;
using widgets::ReplicationType;

namespace tests {

FakeSecretStore::FakeSecretStore(bool isAvailable) : m_isAvailable{isAvailable} {}

void FakeSecretStore::probe(QObject* context, ProbeHandler handler)
{
    QTimer::singleShot(0, context, [handler, isAvailable = m_isAvailable] { handler(isAvailable ? QString{} : u"no keychain here"_s); });
}

void FakeSecretStore::write(const QString& key, const core::SecretBytes& secret, QObject* context, DoneHandler handler)
{
    if (m_isAvailable) entries.insert(key, QByteArray{secret.view().data(), static_cast<qsizetype>(secret.size())});
    QTimer::singleShot(0, context, [handler, isAvailable = m_isAvailable] {
        if (isAvailable) handler({});
        else handler(core::Error{core::ErrorCode::Unavailable, "no keychain here"});
    });
}

void FakeSecretStore::read(const QString& key, QObject* context, ReadHandler handler)
{
    QTimer::singleShot(0, context, [this, key, handler] {
        if (!entries.contains(key)) return handler(core::Error{core::ErrorCode::NotFound, "no such entry"});
        handler(core::SecretBytes::copyOf(entries.value(key).toStdString()));
    });
}

void FakeSecretStore::remove(const QString& key, QObject* context, DoneHandler handler)
{
    entries.remove(key);
    QTimer::singleShot(0, context, [handler] { handler({}); });
}

SampleFleet::SampleFleet(bool hasKeychain)
    : model{[this](const widgets::Connection& c) { return std::make_shared<FakeClusterClient>(fake, c.address.host().section(u'.', 1, 1)); },
            [this] { return clockMs; }}
{
    auto owned = std::make_unique<FakeSecretStore>(hasKeychain);
    secrets = owned.get();
    QTemporaryFile file;
    file.setAutoRemove(false);
    file.open();
    store = std::make_unique<widgets::ConnectionStore>(std::make_unique<QSettings>(file.fileName(), QSettings::IniFormat), std::move(owned));

    for (const auto& name : {u"eu-central"_s, u"us-east"_s, u"ap-south"_s, u"eu-west"_s, u"lab-primary"_s, u"lab-perf"_s, u"lab-dr"_s})
        fake.add(name);
    fake.at(u"eu-central"_s).index = 88214;
    fake.at(u"lab-primary"_s).index = 412;
    fake.link(u"eu-central"_s, u"us-east"_s, ReplicationType::Performance);
    fake.link(u"eu-central"_s, u"ap-south"_s, ReplicationType::Performance, u"ap-south-1"_s);
    fake.link(u"eu-central"_s, u"eu-west"_s, ReplicationType::Dr);
    fake.link(u"lab-primary"_s, u"lab-perf"_s, ReplicationType::Performance);
    fake.link(u"lab-primary"_s, u"lab-dr"_s, ReplicationType::Dr);
    connectCluster(u"eu-central"_s, u"Production"_s, u"Frankfurt"_s, true);
    connectCluster(u"us-east"_s, u"Production"_s, u"Virginia"_s, true);
    connectCluster(u"ap-south"_s, u"Production"_s, u"Mumbai"_s, true);
    connectCluster(u"eu-west"_s, u"Production"_s, u"Frankfurt"_s, true);
    for (const auto& name : {u"lab-primary"_s, u"lab-perf"_s, u"lab-dr"_s}) connectCluster(name, u"Lab (embedded)"_s, {}, false);
}

SampleFleet::~SampleFleet() = default;

void SampleFleet::connectCluster(const QString& name, const QString& group, const QString& location, bool isProduction)
{
    widgets::Connection connection;
    connection.id = name;
    connection.name = name;
    connection.address = QUrl{u"https://vault.%1.example:8200"_s.arg(name)};
    connection.group = group;
    connection.location = location;
    connection.isProduction = isProduction;
    connection.isEmbedded = group.startsWith("Lab"_L1);
    model.add(connection, core::SecretBytes::copyOf(FakeFleet::kToken));
}

void SampleFleet::pass(int seconds)
{
    for (int i = 0; i < seconds; ++i) {
        clockMs += 1000;
        fake.at(u"eu-central"_s).index += writesPerSecond + (i % 3) * 20;
        QSignalSpy changed{&model, &widgets::FleetModel::changed};
        model.poll();
        changed.wait(1000);
    }
}

} // namespace tests
