#include "core/cluster/links/cluster_port.h"

#include "core/base/logging.h"
#include "core/base/thread.h"
#include "core/base/thread_role.h"
#include "core/cluster/links/forward_codec.h"
#include "core/cluster/net/io_context_executor.h"
#include "core/cluster/links/link_runner.h"
#include "core/cluster/net/tls_network.h"

#include <boost/asio/executor_work_guard.hpp>

#include <future>
#include <thread>

namespace core::cluster {

using namespace replication;

namespace {

constexpr std::chrono::milliseconds kTickInterval{100};
const Error kIsClosed{ErrorCode::Unavailable, "the cluster port is closed"};

} // namespace

/// Owns the thread, its io_context and the links on it. The links belong to that thread (ThreadRole). Locks guard only what other threads read.
class ClusterPort::Impl {
public:
    Impl(Options options, Services services)
        : m_options{std::move(options)}
        , m_services{std::move(services)}
        , m_executor{m_context}
        , m_work{std::make_shared<WorkGuard>(m_context.get_executor())}
        , m_ticker{m_context}
        , m_network{m_context}
        , m_links{{m_network, m_executor, m_options, m_services,
                   [this] {
                       m_onPort.assertHeld();
                       publish();
                   },
                   m_work}}
    {}

    Result<std::string> open()
    {
        m_onPort.assertHeld(); // the thread has not begun
        auto bound = m_network.listen(m_options.listen, [this](std::shared_ptr<Connection> connection) {
            m_onPort.assertHeld();
            return m_links.accept(std::move(connection));
        });
        if (!bound) return bound;
        m_subscription = m_services.store.subscribe([this](LogIndex) {
            // One wake-up is enough for all commits since the last one.
            if (m_isWakePosted.exchange(true)) return;
            asio::post(m_context, [this] {
                m_onPort.assertHeld();
                m_isWakePosted = false;
                m_links.wake();
            });
        });
        tick();
        // If something throws (out of memory, say), one connection is lost, and the thread continues.
        m_thread = Thread{"cluster-port", Thread::OnFailure::RunAgain, [this] {
                              m_onPort.take();
                              m_context.run();
                          }};
        return bound;
    }

    void stop()
    {
        if (m_isStopping.exchange(true)) return;
        m_subscription.reset();
        // The order matters: first no new connections, then the links end, then the gate closes, and only then the thread may end.
        onThread([this](auto done) {
            m_onPort.assertHeld();
            m_ticker.cancel();
            m_network.stopListening();
            m_links.stop(std::move(done));
        });
        {
            MutexLock lock{m_gateMutex};
            m_isGone = true; // everything posted before this still runs
        }
        m_work.reset();
        if (m_thread.joinable()) m_thread.join();
    }

    void setPlan(LinkPlan plan)
    {
        onThread([this, plan = std::move(plan)](auto done) mutable {
            m_onPort.assertHeld();
            m_links.setPlan(std::move(plan), std::move(done));
        });
    }

    LinkStatus report(Type type) const
    {
        MutexLock lock{m_mutex};
        return type == Type::Performance ? m_performanceReport : m_drReport;
    }

    Members members() const
    {
        MutexLock lock{m_mutex};
        return m_members;
    }

    bool sendHandover(Type type, const std::string& secondaryId, const wire::Handover& handover)
    {
        bool isSent = false;
        onThread([&](auto done) {
            m_onPort.assertHeld();
            isSent = m_links.sendHandover(type, secondaryId, handover);
            done();
        });
        return isSent;
    }

    void answerHandover(Type type, const wire::HandoverAnswer& answer)
    {
        post([this, type, answer] {
            m_onPort.assertHeld();
            m_links.answerHandover(type, answer);
        });
    }

    Result<wire::BootstrapPackage> fetchBootstrap(const BootstrapOrder& order)
    {
        const Error late{ErrorCode::Timeout, "error authing for bootstrap: rpc error: code = DeadlineExceeded desc = no answer from the primary"};
        const Error closed{kIsClosed.code, "error authing for bootstrap: rpc error: code = Unavailable desc = " + kIsClosed.detail};
        const auto identity = std::make_shared<crypto::Identity>(order.identity->clone()); // the caller may have timed out and gone when this begins
        return waitFor<wire::BootstrapPackage>(order.timeout, closed, late, [this, order = BootstrapOrder{order}, identity](auto done) mutable {
            m_onPort.assertHeld();
            order.identity = identity.get();
            return m_links.fetchBootstrap(order, std::move(done));
        });
    }

    Result<wire::PeerAnswer> ask(const Member& peer, const wire::PeerRequest& request, std::chrono::milliseconds atMost)
    {
        if (peer.fingerprint.empty() || peer.endpoint.clusterAddress.empty()) {
            return Error{ErrorCode::Unavailable, "the member has not been heard yet"};
        }
        const Error late{ErrorCode::Timeout, "the peer did not answer in time"};
        return waitFor<wire::PeerAnswer>(atMost, kIsClosed, late, [this, peer, request](auto done) {
            m_onPort.assertHeld();
            return m_links.ask(peer, request, std::move(done));
        });
    }

    void forward(const mount::Request& request, Executor& executor, ForwardClient::Done done)
    {
        const bool isPosted = post([this, message = toWire(request), executor = &executor, done]() mutable {
            m_onPort.assertHeld();
            m_links.forward(std::move(message), *executor, std::move(done));
        });
        if (!isPosted) ForwardClient::refuse(executor, std::move(done));
    }

private:
    using WorkGuard = asio::executor_work_guard<asio::io_context::executor_type>;

    void tick() CORE_REQUIRES(m_onPort)
    {
        if (m_isStopping) return;
        // The timer is armed before the work. If a round fails, for lack of memory say, the next one still happens.
        m_ticker.expires_after(kTickInterval);
        m_ticker.async_wait([this](const boost::system::error_code& cancelled) {
            m_onPort.assertHeld();
            if (!cancelled) tick();
        });
        m_links.tick();
    }

    void publish() CORE_REQUIRES(m_onPort) CORE_EXCLUDES(m_mutex)
    {
        LinkStatus performance = m_links.report(Type::Performance);
        LinkStatus dr = m_links.report(Type::Dr);
        Members members = m_links.members();
        MutexLock lock{m_mutex};
        m_performanceReport = std::move(performance);
        m_drReport = std::move(dr);
        m_members = std::move(members);
    }

    /// False once the port has stopped; then `work` does not run.
    template<class Work>
    bool post(Work work)
    {
        MutexLock lock{m_gateMutex};
        if (m_isGone) return false;
        m_executor.post(std::move(work));
        return true;
    }

    /// Runs `work(done)` on the thread and waits for done(). Does nothing once the port has stopped.
    template<class Work>
    void onThread(Work work)
    {
        const auto promise = std::make_shared<std::promise<void>>();
        auto future = promise->get_future();
        const bool isPosted = post([work = std::move(work), promise]() mutable { work(std::function<void()>{[promise] { promise->set_value(); }}); });
        if (isPosted) future.wait();
    }

    /// Starts a question on the thread with `begin(done)`, and waits for its answer.
    template<class Message, class Begin>
    Result<Message> waitFor(std::chrono::milliseconds atMost, const Error& closed, const Error& late, Begin begin)
    {
        const auto answer = std::make_shared<std::promise<Result<Message>>>();
        auto future = answer->get_future();
        const auto question = std::make_shared<std::shared_ptr<Question>>();
        const bool isPosted = post([begin = std::move(begin), answer, question]() mutable {
            *question = begin([answer](Result<Message> said) { answer->set_value(std::move(said)); });
        });
        if (!isPosted) return closed;
        const bool isInTime = future.wait_for(atMost) == std::future_status::ready;
        // Also after an answer in time: this ends the question on its own thread, and nothing of it outlives the call.
        post([question, late] {
            if (*question) (*question)->stop(late);
            question->reset();
        });
        if (!isInTime) return late;
        return future.get();
    }

    const Options m_options;
    Services m_services;
    asio::io_context m_context{1};
    IoContextExecutor m_executor;
    std::shared_ptr<WorkGuard> m_work;
    ThreadRole m_onPort; // the port's thread; until it begins, the one that opens the port
    asio::steady_timer m_ticker CORE_GUARDED_BY(m_onPort);
    std::atomic<bool> m_isStopping{false};
    std::atomic<bool> m_isWakePosted{false};
    TlsNetwork m_network CORE_GUARDED_BY(m_onPort);
    LinkRunner m_links CORE_GUARDED_BY(m_onPort);
    std::unique_ptr<log::Subscription> m_subscription;

    Mutex m_gateMutex; // leaf lock
    bool m_isGone CORE_GUARDED_BY(m_gateMutex) = false;
    mutable Mutex m_mutex; // leaf lock
    LinkStatus m_performanceReport CORE_GUARDED_BY(m_mutex);
    LinkStatus m_drReport CORE_GUARDED_BY(m_mutex);
    Members m_members CORE_GUARDED_BY(m_mutex);

    Thread m_thread;
};

ClusterPort::ClusterPort(std::shared_ptr<Impl> impl) : m_impl{std::move(impl)} {}

Result<std::unique_ptr<ClusterPort>> ClusterPort::open(Options options, Services services)
{
    auto impl = std::make_shared<Impl>(std::move(options), std::move(services));
    auto bound = impl->open();
    if (!bound) return std::move(bound).error();
    std::unique_ptr<ClusterPort> port{new ClusterPort{std::move(impl)}};
    port->m_boundAddress = std::move(*bound);
    return port;
}

ClusterPort::~ClusterPort()
{
    stop();
}

void ClusterPort::stop()
{
    m_impl->stop();
}

void ClusterPort::setPlan(LinkPlan plan)
{
    m_impl->setPlan(std::move(plan));
}

LinkStatus ClusterPort::report(Type type) const
{
    return m_impl->report(type);
}

bool ClusterPort::sendHandover(Type type, const std::string& secondaryId, const wire::Handover& handover)
{
    return m_impl->sendHandover(type, secondaryId, handover);
}

void ClusterPort::answerHandover(Type type, const wire::HandoverAnswer& answer)
{
    m_impl->answerHandover(type, answer);
}

Result<wire::BootstrapPackage> ClusterPort::fetchBootstrap(const BootstrapOrder& order)
{
    return m_impl->fetchBootstrap(order);
}

Members ClusterPort::members() const
{
    return m_impl->members();
}

Result<wire::PeerAnswer> ClusterPort::ask(const Member& peer, const wire::PeerRequest& request, std::chrono::milliseconds atMost)
{
    return m_impl->ask(peer, request, atMost);
}

void ClusterPort::forward(const mount::Request& request, Executor& executor, std::function<void(Result<Answer>)> done)
{
    m_impl->forward(request, executor, std::move(done));
}

} // namespace core::cluster
