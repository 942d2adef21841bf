#pragma once

#ifndef Q_MOC_RUN // moc of Qt 6.4 cannot read all of gcc 12's standard library
#include "core/barrier/barrier.h"
#include "core/log/memory_file_system.h"
#include "core/log/store.h"
#include "core/mount/backend.h"
#include "core/storage/memory_engine.h"
#include "core/token/token_entry.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <QtTest>

namespace testing_backend {

inline core::mount::MountEntry mountOf(std::string path, std::string type)
{
    core::mount::MountEntry entry;
    entry.path = std::move(path);
    entry.type = std::move(type);
    entry.uuid = "u-1";
    return entry;
}

/// A real store in memory below a real barrier, and requests on one backend as the pipeline runs them: one transaction each,
/// committed unless the answer is an error.
class Fixture {
public:
    explicit Fixture(core::mount::MountEntry entry = mountOf("secret/", "kv")) : mount{std::move(entry)}, m_barrier{random}
    {
        m_barrier.unseal(core::barrier::Keyring::create(random, clock.now()));
        auto opened = core::log::Store::open(std::make_unique<core::storage::MemoryEngine>(), m_files, clock, random, {});
        if (!opened) qFatal("store: %s", toString(opened.error()).c_str());
        m_store = std::move(*opened);
    }
    ~Fixture() { m_store->stop(); }

    struct Ask {
        core::policy::Operation operation = core::policy::Operation::Read;
        std::string path;
        std::string body = {};
        std::string contentType = {};
    };

    core::mount::Request requestOf(const Ask& ask) const
    {
        core::mount::Request request;
        request.operation = ask.operation;
        request.mountPoint = mount.path;
        request.relativePath = ask.path;
        request.path = mount.path + ask.path;
        request.body = ask.body;
        request.contentType = ask.contentType;
        request.token = token;
        request.clientToken = token ? token->id : std::string{};
        request.remoteAddress = "127.0.0.1";
        if (!ask.body.empty()) request.data = boost::json::parse(ask.body).as_object();
        return request;
    }

    core::Result<core::mount::Response> handle(core::mount::Backend& backend, const core::mount::Request& request)
    {
        return inTransaction([&](core::mount::Context& context) { return backend.handle(request, context); });
    }

    /// The answer; an error of storage fails the test program.
    core::mount::Response ask(core::mount::Backend& backend, const Ask& ask)
    {
        auto response = handle(backend, requestOf(ask));
        if (!response) qFatal("%s: %s", ask.path.c_str(), toString(response.error()).c_str());
        return std::move(*response);
    }

    std::optional<bool> exists(core::mount::Backend& backend, const Ask& ask)
    {
        std::optional<bool> found;
        auto done = inTransaction([&](core::mount::Context& context) -> core::Result<core::mount::Response> {
            auto result = backend.exists(requestOf(ask), context);
            if (!result) return result.error();
            found = *result;
            return core::mount::Response{};
        });
        if (!done) qFatal("exists: %s", toString(done.error()).c_str());
        return found;
    }

    template<class Work>
    core::Result<core::mount::Response> inTransaction(const Work& work)
    {
        auto transaction = m_store->begin();
        const core::barrier::Scope scope{transaction, m_barrier, access};
        const std::string folder = "logical/" + mount.uuid + "/";
        core::mount::Context context{.storage = mount.isLocal ? scope.local(folder) : scope.shared(folder),
                                     .localStorage = scope.local(folder),
                                     .mount = mount,
                                     .clock = clock,
                                     .random = random,
                                     .defaultLeaseTtl = std::chrono::hours{768},
                                     .maxLeaseTtl = std::chrono::hours{768},
                                     .system = &scope};
        core::Result<core::mount::Response> response = work(context);
        if (!response || response->isError || !transaction.hasWrites()) return response;
        if (auto committed = m_store->commitAndWait(std::move(transaction)); !committed) return committed.error();
        return response;
    }

    /// Everything stored, by physical key.
    std::map<std::string, std::string> stored() const
    {
        std::map<std::string, std::string> contents;
        const auto scanned = m_store->reader().scan({}, {}, [&](std::string_view key, std::string_view value) {
            if (!key.starts_with("m/")) contents.emplace(key, value);
            return true;
        });
        if (!scanned) qFatal("scan: %s", toString(scanned.error()).c_str());
        return contents;
    }

    core::log::Store& store() { return *m_store; }
    const core::barrier::Barrier& barrier() const { return m_barrier; }

    core::SeededRandom random{7};
    core::FakeClock clock;
    core::mount::MountEntry mount;
    core::barrier::WriteAccess access;
    std::shared_ptr<const core::token::TokenEntry> token;

private:
    core::log::MemoryFileSystem m_files;
    core::barrier::Barrier m_barrier;
    std::unique_ptr<core::log::Store> m_store;
};

/// `data` of the answer as the envelope shows it, spliced texts included.
inline boost::json::object dataOf(const core::mount::Response& response)
{
    boost::json::object data;
    if (!response.wholeDataText.empty()) data = boost::json::parse(response.wholeDataText).as_object();
    if (response.data) data = *response.data;
    for (const auto& [name, text] : response.dataText) data[name] = boost::json::parse(text);
    return data;
}

inline QByteArray textOf(const boost::json::value& value)
{
    return QByteArray::fromStdString(boost::json::serialize(value));
}

/// The one error text of a refusal, or nothing.
inline QByteArray errorOf(const core::mount::Response& response)
{
    if (!response.isError || response.errors.empty()) return {};
    return QByteArray::fromStdString(response.errors.front());
}

} // namespace testing_backend
#endif
