#pragma once

#include "core/barrier/keyring.h"
#include "core/lease/lease_index.h"
#include "core/log/memory_file_system.h"
#include "core/request/request_pipeline.h"
#include "core/storage/memory_engine.h"

#include <QtTest>

#include <chrono>
#include <deque>

namespace testing_stack {

using namespace core;

/// Collects tasks from any thread, and runs them on the thread that waits.
class WaitingExecutor final : public Executor {
public:
    void post(Task task) override
    {
        MutexLock lock{m_mutex};
        m_tasks.push_back(std::move(task));
        m_condition.notifyOne();
    }
    /// False if the condition is not met after ten seconds.
    bool runUntil(const std::function<bool()>& isDone)
    {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
        while (!isDone()) {
            Task task;
            {
                MutexLock lock{m_mutex};
                while (m_tasks.empty()) {
                    if (!m_condition.waitUntil(m_mutex, deadline)) return isDone();
                }
                task = std::move(m_tasks.front());
                m_tasks.pop_front();
            }
            task();
        }
        return true;
    }

private:
    Mutex m_mutex;
    Condition m_condition;
    std::deque<Task> m_tasks CORE_GUARDED_BY(m_mutex);
};

/// Password checks run like all other posted tasks. `admission` is the result for the next ones.
class FakePasswords final : public BoundedExecutor {
public:
    explicit FakePasswords(Executor& executor) : m_executor{executor} {}
    Admission admission = Admission::Taken;
    std::size_t postedCount = 0;
    Admission post(std::string_view, Work work) override
    {
        if (admission != Admission::Taken) return admission;
        ++postedCount;
        m_executor.post([work = std::move(work)] { work(false); });
        return Admission::Taken;
    }

private:
    Executor& m_executor;
};

inline constexpr const char* kClusterId = "5d1a6c0e-0000-4000-8000-000000000001";

class FakeRoles final : public replication::RoleSource {
public:
    bool isDr = false;
    bool isPerformance = false;
    std::string refusal;
    replication::SharedPlace place;
    std::function<void()> onPlaceAsked; // may be empty
    replication::SharedPlace sharedPlace() const override
    {
        if (onPlaceAsked) onPlaceAsked();
        return place;
    }
    bool isDrSecondary() const override { return isDr; }
    bool isPerformanceSecondary() const override { return isPerformance; }
    std::string writeRefusal() const override { return refusal; }
};

/// Answers with the value that the test has set.
class FakeForwarder final : public replication::Forwarder {
public:
    Result<Answer> answer = Error{ErrorCode::Unavailable, "no link"};
    std::vector<mount::Request> requests;
    void forward(const mount::Request& request, Executor& executor, std::function<void(Result<Answer>)> done) override
    {
        requests.push_back(request);
        executor.post([done = std::move(done), copy = answer] { done(copy); });
    }
};

template<class T>
T valueOf(Result<T> result)
{
    if (!result) qFatal("%s", toString(result.error()).c_str());
    return std::move(*result);
}
inline void check(const Result<>& result)
{
    if (!result) qFatal("%s", toString(result.error()).c_str());
}

/// Everything that a request needs, on a store in memory.
class RequestStack {
public:
    explicit RequestStack(const std::function<void(mount::BackendRegistry&, RequestStack&)>& addBackends = {})
    {
        barrier.unseal(barrier::Keyring::create(random, clock.now()));
        if (addBackends) addBackends(registry, *this);
        lease::indexTokenLeases(tokens);
        write([&](const barrier::Scope& scope) {
            check(lease::markComplete(scope));
            check(policies.initialize(scope));
            check(mounts.ensureDefaults(scope));
            rootToken = valueOf(tokens.createRoot(scope, clock.now())).id;
        });
        check(pipeline.reload());
    }
    ~RequestStack() { store->stop(); }

    /// Runs `step` in a transaction of its own and commits it.
    void write(const std::function<void(const barrier::Scope&)>& step)
    {
        auto transaction = store->begin();
        step(barrier::Scope{transaction, barrier, {}});
        if (transaction.hasWrites()) (void)valueOf(store->commitAndWait(std::move(transaction)));
    }
    template<class Step>
    auto inspect(Step step)
    {
        auto transaction = store->begin();
        return step(barrier::Scope{transaction, barrier, {}});
    }
    void mount(mount::TableKind kind, const std::string& path, const std::string& type, bool isLocal = false)
    {
        write([&](const barrier::Scope& scope) {
            mount::MountEntry entry;
            entry.path = path;
            entry.type = type;
            entry.isLocal = isLocal;
            const auto response = valueOf(mounts.enable(scope, kind, entry));
            if (response.isError) qFatal("%s", response.errors.front().c_str());
        });
    }
    void policy(const std::string& name, const std::string& document)
    {
        write([&](const barrier::Scope& scope) { check(policies.put(scope, name, document)); });
    }
    /// A service token, unless `change` makes another one of the draft.
    token::TokenEntry makeToken(const std::function<void(token::TokenEntry&)>& change)
    {
        token::TokenEntry draft;
        draft.createdAt = clock.now();
        draft.issuedAt = clock.now();
        draft.path = "auth/token/create";
        change(draft);
        token::TokenEntry made;
        write([&](const barrier::Scope& scope) { made = valueOf(tokens.create(scope, draft)); });
        return made;
    }
    bool isValid(const std::string& id)
    {
        return inspect([&](const barrier::Scope& scope) { return valueOf(tokens.check(scope, id, clock.now())) != nullptr; });
    }
    std::size_t keyCount(const std::string& folder) const
    {
        std::size_t count = 0;
        check(store->reader().scan(folder, storage::endOfPrefix(folder), [&](auto, auto) { return ++count, true; }));
        return count;
    }

    mount::Response send(policy::Operation operation, std::string path, boost::json::object data = {}, std::string token = {},
                         const std::function<void(mount::Request&)>& change = {})
    {
        mount::Request request;
        request.operation = operation;
        request.path = std::move(path);
        request.data = std::move(data);
        request.clientToken = token.empty() ? rootToken : std::move(token);
        request.remoteAddress = "127.0.0.1";
        if (change) change(request);
        std::optional<mount::Response> response;
        pipeline.handle(std::move(request), executor, [&](mount::Response answer) {
            if (response) qFatal("answered twice");
            response = std::move(answer);
        });
        if (!executor.runUntil([&] { return response.has_value(); })) qFatal("no answer");
        return std::move(*response);
    }
    mount::Response read(const std::string& path, const std::string& token = {}) { return send(policy::Operation::Read, path, {}, token); }
    mount::Response update(const std::string& path, boost::json::object data, const std::string& token = {})
    {
        return send(policy::Operation::Update, path, std::move(data), token);
    }

    FakeClock clock;
    OsRandom random;
    core::log::MemoryFileSystem files;
    std::unique_ptr<core::log::Store> store = valueOf(core::log::Store::open(std::make_unique<storage::MemoryEngine>(), files, clock, random, {}));
    barrier::Barrier barrier{random};
    token::TokenStore tokens{random};
    token::Wrapping wrapping{tokens, [] { return std::string{"https://a:8200"}; }};
    policy::PolicyStore policies;
    identity::Directory directory;
    identity::Rights rights{policies, directory};
    mount::BackendRegistry registry;
    mount::Router router{registry, {}};
    mount::MountTable mounts{registry, router, random, clock};
    audit::Broker audit{random, clock};
    FakeRoles roles;
    FakeForwarder forwarder;
    WaitingExecutor executor;
    FakePasswords passwords{executor};
    auth::UserLockout lockout{{}};
    replication::LinkFilter scopeOfSecondaries{replication::Type::Performance};
    std::string rootToken;
    request::RequestPipeline pipeline{{.store = *store,
                                       .barrier = barrier,
                                       .tokens = tokens,
                                       .wrapping = wrapping,
                                       .policies = policies,
                                       .rights = rights,
                                       .router = router,
                                       .mounts = mounts,
                                       .audit = audit,
                                       .roles = roles,
                                       .forwarder = forwarder,
                                       .workers = executor,
                                       .bodies = executor,
                                       .passwords = passwords,
                                       .lockout = lockout,
                                       .clock = clock,
                                       .random = random,
                                       .clusterId = [] { return std::string{kClusterId}; },
                                       .scopeOf = [this](const std::string&) { return scopeOfSecondaries; }}};
};

} // namespace testing_stack
