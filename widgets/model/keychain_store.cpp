#include "widgets/model/keychain_store.h"

#include <QUuid>

#include <qt6keychain/keychain.h>

using namespace Qt::StringLiterals;

namespace widgets {
namespace {

core::Error errorOf(const QKeychain::Job& job)
{
    using core::ErrorCode;
    const std::string text = job.errorString().toStdString();
    switch (job.error()) {
    case QKeychain::EntryNotFound: return {ErrorCode::NotFound, text};
    case QKeychain::AccessDenied:
    case QKeychain::AccessDeniedByUser: return {ErrorCode::PermissionDenied, text};
    default: return {ErrorCode::Unavailable, text};
    }
}

/// Starts the job. Calls `done` when it has ended, if the context still exists.
template<class Job, class Done>
void start(Job* job, const QString& key, QObject* context, Done done)
{
    job->setInsecureFallback(false);
    job->setAutoDelete(true);
    job->setKey(key);
    QObject::connect(job, &QKeychain::Job::finished, context,
                     [done = std::move(done)](QKeychain::Job* finished) { done(static_cast<Job&>(*finished)); });
    job->start();
}

} // namespace

KeychainStore::KeychainStore(QString service) : m_service{std::move(service)} {}

void KeychainStore::write(const QString& key, const core::SecretBytes& secret, QObject* context, DoneHandler handler)
{
    auto* job = new QKeychain::WritePasswordJob{m_service};
    job->setBinaryData(QByteArray{reinterpret_cast<const char*>(secret.data()), static_cast<qsizetype>(secret.size())});
    start(job, key, context, [handler = std::move(handler)](const QKeychain::WritePasswordJob& done) {
        if (done.error() == QKeychain::NoError) handler({});
        else handler(errorOf(done));
    });
}

void KeychainStore::read(const QString& key, QObject* context, ReadHandler handler)
{
    start(new QKeychain::ReadPasswordJob{m_service}, key, context, [handler = std::move(handler)](const QKeychain::ReadPasswordJob& done) {
        if (done.error() != QKeychain::NoError) return handler(errorOf(done));
        QByteArray data = done.binaryData();
        auto secret = core::SecretBytes::copyOf(std::string_view{data.constData(), static_cast<std::size_t>(data.size())});
        core::wipe(data.data(), static_cast<std::size_t>(data.size()));
        handler(std::move(secret));
    });
}

void KeychainStore::remove(const QString& key, QObject* context, DoneHandler handler)
{
    start(new QKeychain::DeletePasswordJob{m_service}, key, context, [handler = std::move(handler)](const QKeychain::DeletePasswordJob& done) {
        if (done.error() == QKeychain::NoError || done.error() == QKeychain::EntryNotFound) handler({});
        else handler(errorOf(done));
    });
}

void KeychainStore::probe(QObject* context, ProbeHandler handler)
{
    // A read cannot distinguish "no keychain" from "no entry". Only an entry that is written and read back proves that there is a keychain.
    const QString key = u"probe-"_s + QUuid::createUuid().toString(QUuid::WithoutBraces);
    const std::string value = "of no value";
    write(key, core::SecretBytes::copyOf(value), context, [this, key, value, context, handler = std::move(handler)](core::Result<> written) {
        if (!written) return handler(QString::fromStdString(written.error().detail));
        read(key, context, [this, key, value, context, handler](core::Result<core::SecretBytes> back) {
            remove(key, context, [](core::Result<>) {});
            if (!back) return handler(QString::fromStdString(back.error().detail));
            handler(back->view() == value ? QString{} : u"the entry came back changed"_s);
        });
    });
}

} // namespace widgets
