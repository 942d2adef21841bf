#include "core/cluster/cluster_port.h"

#include "core/base/logging.h"
#include "core/cluster/dialer.h"
#include "core/cluster/follower.h"
#include "core/cluster/forward_codec.h"
#include "core/cluster/peer_client.h"
#include "core/cluster/primary_side.h"

#include <boost/asio/executor_work_guard.hpp>

#include <future>
#include <thread>

namespace core::cluster {

using namespace replication;

namespace {

constexpr std::chrono::milliseconds kTickInterval{100};
/// As scripts around official servers look for it.
constexpr const char* kUnavailable = "error authing for bootstrap: rpc error: code = Unavailable desc = ";

} // namespace

/// Everything on the thread, behind a lock only where reports are left for others.
class ClusterPort::Impl : public std::enable_shared_from_this<ClusterPort::Impl> {
public:
    Impl(Options options, Services services)
        : m_options{std::move(options)}
        , m_services{std::move(services)}
        , m_executor{m_context}
        , m_work{m_context.get_executor()}
        , m_ticker{m_context}
        , m_env{m_context, m_executor, m_options, m_services, m_isStopping, [this] { refreshReports(); }}
        , m_primarySide{std::make_shared<PrimarySide>(m_env, m_gate)}
    {}

    Result<std::string> open()
    {
        auto bound = m_primarySide->listen(m_options.listen);
        if (!bound) return bound;
        m_subscription = m_services.store.subscribe([this](LogIndex) {
            if (m_isWakePosted.exchange(true)) return;
            asio::post(m_context, [this] {
                m_isWakePosted = false;
                m_primarySide->wake();
            });
        });
        tick();
        m_thread = std::thread{[this] { run(); }};
        return bound;
    }

    void stop()
    {
        if (m_isStopping.exchange(true)) return;
        m_subscription.reset();
        onThread<bool>([this](auto finished) {
            m_ticker.cancel();
            m_primarySide->stop();
            stopFollower(m_performance, [this, finished] {
                stopFollower(m_dr, [finished] { finished->set_value(true); });
            });
        });
        {
            MutexLock lock{m_gateMutex};
            m_isGone = true; // whatever was posted before this still runs
        }
        m_work.reset();
        if (m_thread.joinable()) m_thread.join();
    }

    void setPlan(LinkPlan plan)
    {
        onThread<bool>([this, plan = std::make_shared<LinkPlan>(std::move(plan))](auto finished) {
            const Type type = plan->type;
            m_primarySide->setPlan(*plan);
            (type == Type::Performance ? m_performanceIdentity : m_drIdentity)
                = plan->peerIdentity ? std::optional{plan->peerIdentity->clone()} : std::nullopt;
            refreshPeers();
            auto& follower = followerOf(type);
            if (plan->keepsLink && follower) {
                follower->setRelay(plan->isRelay);
                refreshPeers();
                refreshReports();
                return finished->set_value(true);
            }
            stopFollower(follower, [this, plan, finished, type] {
                if (plan->mode == Mode::Secondary && !m_isStopping) {
                    followerOf(type) = std::make_shared<Follower>(m_env, std::move(*plan), type == Type::Performance ? &m_gate : nullptr);
                    followerOf(type)->start();
                }
                refreshPeers();
                refreshReports();
                finished->set_value(true);
            });
        });
    }

    LinkReport report(Type type) const
    {
        MutexLock lock{m_mutex};
        return type == Type::Performance ? m_performanceReport : m_drReport;
    }

    bool sendHandover(Type type, const std::string& secondaryId, const wire::Handover& handover)
    {
        const auto isSent = std::make_shared<std::atomic<bool>>(false);
        onThread<bool>([this, type, &secondaryId, &handover, isSent](auto finished) {
            *isSent = m_primarySide->sendHandover(type, secondaryId, handover);
            finished->set_value(true);
        });
        return *isSent;
    }

    void answerHandover(Type type, const wire::HandoverAnswer& answer)
    {
        post([this, type, answer] {
            if (const auto& follower = followerOf(type)) follower->answerHandover(answer);
        });
    }

    Result<wire::BootstrapPackage> fetchBootstrap(const BootstrapOrder& order)
    {
        using Answer = Result<wire::BootstrapPackage>;
        const auto answer = std::make_shared<std::promise<Answer>>();
        auto future = answer->get_future();
        const auto connection = std::make_shared<std::shared_ptr<Connection>>();
        wire::BootstrapRequest request;
        request.set_version(kProtocolVersion);
        request.set_set_id(order.setId);
        request.set_secondary_id(order.secondaryId);
        request.set_is_dev(order.isDev);
        const bool isPosted = post([this, answer, connection, address = order.address,
                               identity = std::make_shared<crypto::Identity>(order.identity->clone()),
                               authority = order.authorityCertificate, protocol = protocolOf(order.type),
                               frame = encodeFrame(FrameType::BootstrapRequest, request)]() mutable {
            const auto isDone = std::make_shared<bool>(false);
            const auto finish = [answer, isDone](Answer result) {
                if (std::exchange(*isDone, true)) return;
                answer->set_value(std::move(result));
            };
            auto outgoing = std::make_shared<std::string>(std::move(frame));
            auto dialled = dial(m_context, {address, *identity, authority, protocol}, {
                .ready = {},
                .received = [finish, connection](const Frame& received) {
                    wire::BootstrapPackage package;
                    wire::Refusal refusal;
                    if (received.type == FrameType::BootstrapPackage && parseFrame(received, package)) {
                        finish(std::move(package));
                    } else if (received.type == FrameType::Refusal && parseFrame(received, refusal)) {
                        finish(Error{ErrorCode::PermissionDenied, "the primary refused: " + refusal.detail()});
                    } else {
                        finish(Error{ErrorCode::Corrupt, "the primary answered something else"});
                    }
                    if (*connection) (*connection)->close(Error{ErrorCode::Cancelled, "done"});
                },
                .pull = [outgoing] { return std::exchange(*outgoing, std::string{}); },
                .closed = [finish](const Error& why) {
                    finish(Error{why.code, std::string{kUnavailable} + why.detail});
                },
            });
            if (dialled) *connection = std::move(*dialled);
            else finish(Error{dialled.error().code, std::string{kUnavailable} + dialled.error().detail});
        });
        if (!isPosted) return Error{ErrorCode::Unavailable, std::string{kUnavailable} + "the cluster port is closed"};
        const bool isInTime = future.wait_for(order.timeout) == std::future_status::ready;
        post([connection, isInTime] {
            if (!isInTime && *connection) (*connection)->close(Error{ErrorCode::Timeout, "no bootstrap package"});
            connection->reset();
        });
        if (!isInTime) return Error{ErrorCode::Timeout, "error authing for bootstrap: rpc error: code = DeadlineExceeded desc = no answer from the primary"};
        return future.get();
    }

    Members members() const
    {
        MutexLock lock{m_mutex};
        return m_members;
    }

    Result<wire::PeerAnswer> ask(const Member& peer, const wire::PeerRequest& request, std::chrono::milliseconds atMost)
    {
        using Answer = Result<wire::PeerAnswer>;
        if (peer.fingerprint.empty() || peer.endpoint.clusterAddress.empty()) {
            return Error{ErrorCode::Unavailable, "the member has not been heard of yet"};
        }
        const auto answer = std::make_shared<std::promise<Answer>>();
        auto future = answer->get_future();
        const auto client = std::make_shared<std::shared_ptr<PeerClient>>();
        const bool isPosted = post([this, answer, client, peer, frame = encodeFrame(FrameType::PeerRequest, request)]() mutable {
            const auto& identity = peerIdentity();
            if (!identity || m_isStopping) return answer->set_value(Error{ErrorCode::Unavailable, "this cluster has no certificate for peers"});
            *client = std::make_shared<PeerClient>(m_context, identity->clone(), peer);
            (*client)->ask(std::move(frame), [answer](Answer said) { answer->set_value(std::move(said)); });
        });
        if (!isPosted) return Error{ErrorCode::Unavailable, "the cluster port is closed"};
        const bool isInTime = future.wait_for(atMost) == std::future_status::ready;
        if (!post([client] {
                if (*client) (*client)->stop(Error{ErrorCode::Timeout, "the peer did not answer in time"});
                client->reset();
            })) {
            client->reset();
        }
        if (!isInTime) return Error{ErrorCode::Timeout, "the peer did not answer in time"};
        return future.get();
    }

    void forward(const mount::Request& request, Executor& executor, std::function<void(Result<Forwarder::Answer>)> done)
    {
        const auto refuse = [&executor](std::function<void(Result<Forwarder::Answer>)> to) {
            executor.post([to = std::move(to)] { to(Error{ErrorCode::Unavailable, "primary cluster is not reachable"}); });
        };
        const bool isPosted = post([this, message = toWire(request), executor = &executor, done, refuse]() mutable {
            ForwardClient* client = m_performance && !m_isStopping ? m_performance->forwarding() : nullptr;
            if (client) return client->forward(std::move(message), *executor, std::move(done));
            refuse(std::move(done));
        });
        if (!isPosted) refuse(std::move(done));
    }

private:
    void run()
    {
        while (true) {
            try {
                m_context.run();
                return;
            } catch (const std::exception& failure) { // out of memory, say: costs the connection, not the cluster
                logging::error("cluster", "a task of the cluster port failed", {{"error", failure.what()}});
            }
        }
    }

    /// False, and nothing is run, once the port has stopped.
    template<class Work>
    bool post(Work work)
    {
        MutexLock lock{m_gateMutex};
        if (m_isGone) return false;
        asio::post(m_context, std::move(work));
        return true;
    }

    /// Runs `work(promise)` on the thread and waits for the promise; not at all once the port has stopped.
    template<class Value, class Work>
    void onThread(Work work)
    {
        const auto promise = std::make_shared<std::promise<Value>>();
        auto future = promise->get_future();
        if (post([work = std::move(work), promise]() mutable { work(promise); })) future.wait();
    }

    std::shared_ptr<Follower>& followerOf(Type type) { return type == Type::Performance ? m_performance : m_dr; }

    void stopFollower(std::shared_ptr<Follower>& follower, std::function<void()> done)
    {
        if (!follower) return done();
        const auto stopping = std::move(follower);
        follower.reset();
        (&follower == &m_performance ? m_performanceCounts : m_drCounts) += stopping->counts();
        stopping->stop([stopping, done = std::move(done)] { done(); });
    }

    const std::optional<crypto::Identity>& peerIdentity() const { return m_drIdentity ? m_drIdentity : m_performanceIdentity; }

    /// Who is a member follows from the plans and from what the primaries tell.
    void refreshPeers()
    {
        Members all = m_primarySide->ownSecondaries();
        for (const auto& follower : {m_performance, m_dr}) {
            if (follower) all.insert(all.end(), follower->members().begin(), follower->members().end());
        }
        const auto& identity = peerIdentity();
        const std::string own = identity ? crypto::certificateFingerprint(identity->certificate).value_or("") : std::string{};
        std::erase_if(all, [&](const Member& member) { return !own.empty() && member.fingerprint == own; });
        std::map<std::string, Member> peers;
        for (const Member& member : all) {
            if (!member.fingerprint.empty()) peers.emplace(member.fingerprint, member);
        }
        m_primarySide->setPeers(identity, std::move(peers));
        MutexLock lock{m_mutex};
        m_members = std::move(all);
    }

    void tick()
    {
        if (m_isStopping) return;
        m_primarySide->tick();
        if (m_performance) m_performance->tick();
        if (m_dr) m_dr->tick();
        refreshPeers();
        refreshReports();
        m_ticker.expires_after(kTickInterval);
        m_ticker.async_wait([this](const boost::system::error_code& cancelled) {
            if (!cancelled) tick();
        });
    }

    void refreshReports()
    {
        LinkReport performance, dr;
        m_primarySide->report(Type::Performance, performance);
        m_primarySide->report(Type::Dr, dr);
        performance.asSecondary = m_performanceCounts;
        dr.asSecondary = m_drCounts;
        if (m_performance) m_performance->report(performance);
        if (m_dr) m_dr->report(dr);
        MutexLock lock{m_mutex};
        m_performanceReport = std::move(performance);
        m_drReport = std::move(dr);
    }

    const Options m_options;
    Services m_services;
    asio::io_context m_context{1};
    IoContextExecutor m_executor;
    asio::executor_work_guard<asio::io_context::executor_type> m_work;
    asio::steady_timer m_ticker;
    std::atomic<bool> m_isStopping{false};
    std::atomic<bool> m_isWakePosted{false};
    Environment m_env;
    RelayGate m_gate; // from the performance follower to the primary side
    std::shared_ptr<PrimarySide> m_primarySide;
    std::shared_ptr<Follower> m_performance;
    std::shared_ptr<Follower> m_dr;
    LinkCounts m_performanceCounts, m_drCounts; // of followers that are gone
    std::optional<crypto::Identity> m_performanceIdentity; // the same one where both are
    std::optional<crypto::Identity> m_drIdentity;
    std::unique_ptr<log::Store::Subscription> m_subscription;

    Mutex m_gateMutex; // leaf lock
    bool m_isGone CORE_GUARDED_BY(m_gateMutex) = false;
    mutable Mutex m_mutex; // leaf lock
    LinkReport m_performanceReport CORE_GUARDED_BY(m_mutex);
    LinkReport m_drReport CORE_GUARDED_BY(m_mutex);
    Members m_members CORE_GUARDED_BY(m_mutex);

    std::thread m_thread;
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

LinkReport ClusterPort::report(Type type) const
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
