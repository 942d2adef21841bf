#include "widgets/model/connection_store.h"

#include <QSettings>

using namespace Qt::StringLiterals;

namespace widgets {
namespace {

const QString kGroup = u"connections"_s;

} // namespace

ConnectionStore::ConnectionStore(std::unique_ptr<QSettings> settings, std::unique_ptr<SecretStore> secrets, QObject* parent)
    : QObject{parent}
    , m_settings{std::move(settings)}
    , m_secrets{std::move(secrets)}
{
    m_secrets->probe(this, [this](const QString& problem) {
        m_keychain = problem.isEmpty() ? Keychain::Available : Keychain::Missing;
        m_keychainProblem = problem;
        Q_EMIT keychainChanged();
    });
}

ConnectionStore::~ConnectionStore() = default;

QList<Connection> ConnectionStore::load() const
{
    QList<Connection> list;
    m_settings->beginGroup(kGroup);
    const auto ids = m_settings->childGroups();
    for (const auto& id : ids) {
        m_settings->beginGroup(id);
        Connection connection;
        connection.id = id;
        connection.name = m_settings->value(u"name"_s).toString();
        connection.address = m_settings->value(u"address"_s).toUrl();
        connection.caPem = m_settings->value(u"ca"_s).toByteArray();
        connection.caFile = m_settings->value(u"caFile"_s).toString();
        connection.group = m_settings->value(u"group"_s).toString();
        connection.location = m_settings->value(u"location"_s).toString();
        connection.isProduction = m_settings->value(u"production"_s).toBool();
        m_settings->endGroup();
        if (connection.address.isValid()) list << connection;
    }
    m_settings->endGroup();
    std::stable_sort(list.begin(), list.end(), [this](const Connection& a, const Connection& b) {
        const auto order = [this](const Connection& c) { return m_settings->value(kGroup + u'/' + c.id + u"/order"_s).toLongLong(); };
        return order(a) < order(b);
    });
    return list;
}

void ConnectionStore::save(const Connection& connection)
{
    if (connection.isEmbedded) return;
    m_settings->beginGroup(kGroup + u'/' + connection.id);
    m_settings->setValue(u"name"_s, connection.name);
    m_settings->setValue(u"address"_s, connection.address);
    m_settings->setValue(u"ca"_s, connection.caPem);
    m_settings->setValue(u"caFile"_s, connection.caFile);
    m_settings->setValue(u"group"_s, connection.group);
    m_settings->setValue(u"location"_s, connection.location);
    m_settings->setValue(u"production"_s, connection.isProduction);
    const bool isNew = !m_settings->contains(u"order"_s);
    m_settings->endGroup();
    if (isNew) {
        const qint64 next = m_settings->value(u"nextOrder"_s, 0).toLongLong();
        m_settings->setValue(kGroup + u'/' + connection.id + u"/order"_s, next);
        m_settings->setValue(u"nextOrder"_s, next + 1);
    }
}

void ConnectionStore::remove(const QString& id)
{
    m_settings->remove(kGroup + u'/' + id);
    if (m_keychain == Keychain::Available) m_secrets->remove(id, this, [](core::Result<>) {});
}

bool ConnectionStore::saveToken(const QString& id, const core::SecretBytes& token)
{
    if (m_keychain != Keychain::Available) return false;
    m_secrets->write(id, token, this, [this](core::Result<> written) {
        if (written) return;
        m_keychain = Keychain::Missing;
        m_keychainProblem = QString::fromStdString(written.error().detail);
        Q_EMIT keychainChanged();
    });
    return true;
}

void ConnectionStore::loadToken(const QString& id, QObject* context, SecretStore::ReadHandler handler)
{
    m_secrets->read(id, context, std::move(handler));
}

} // namespace widgets
