#pragma once

#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "core/log/store.h"
#include "core/mount/json_body.h"
#include "core/replication/seams/forwarder.h"
#include "core/replication/links/transport.h"

#include <functional>
#include <memory>
#include <string>

namespace core::cluster {

/// Runs a request that a secondary has forwarded: no token check, no policy; audit and routing as usual. Calls `done` once, on the executor
/// or at once, with the answer and the index of what was written (0: nothing).
using ForwardedHandler = std::function<void(mount::Request, Executor&, std::function<void(mount::Response, LogIndex)>)>;

/// Answers another member's question. May be slow, because it does not run on the port's thread. Calls `done` once, from any thread.
using PeerHandler = std::function<void(const replication::Member& peer, replication::wire::PeerRequest request,
                                       std::function<void(replication::wire::PeerAnswer)> done)>;

/// The port at which clusters talk to each other: TLS 1.3 with certificates on both sides, one thread with its own io_context. It runs the
/// state machines of the links on real connections, sends bootstrap packages, and forwards requests.
///
/// A caller needs a certificate that the type's own authority has issued and the plan lists. Thread-safe. Protocols, limits and time-outs:
/// README.md.
class ClusterPort final : public replication::Transport, public replication::Forwarder {
public:
    struct Options {
        std::string listen = "127.0.0.1:0";               // host:port; port 0: a free one
        std::chrono::milliseconds forwardWait{2000};      // for a forwarded write to arrive here
        std::chrono::milliseconds forwardTimeout{60'000}; // for the primary's answer
        std::size_t connectionCountMax = 512;
        std::chrono::seconds unfinishedMax{60}; // from the first byte of a forwarded request to its last
        mount::JsonLimits jsonLimits;           // of forwarded requests
        bool discoversServers = true;           // a secondary uses other addresses of its primary, and of possible successors, from heartbeats
    };
    struct Services {
        log::Store& store;
        const replication::LeafHasher& hasher;
        const Clock& clock;
        Random& random;
        replication::TransportEvents& events;
        const replication::ScopeSource& scopes;
        ForwardedHandler handleForwarded;
        PeerHandler handlePeer{}; // none: members get an error
        /// The keys that prove this cluster before it has a role; none: it proves nothing.
        std::function<std::shared_ptr<const trust::MemberKeys>()> keys{};
    };

    /// Listens, and starts the thread. Errors: InvalidArgument, Io (the address is in use).
    static Result<std::unique_ptr<ClusterPort>> open(Options options, Services services);
    ~ClusterPort() override;
    /// Closes everything and joins the thread. Idempotent.
    void stop();

    /// "127.0.0.1:41234"
    const std::string& boundAddress() const { return m_boundAddress; }

    // Transport
    void setPlan(replication::LinkPlan plan) override;
    replication::LinkStatus report(replication::Type type) const override;
    Result<replication::wire::BootstrapPackage> fetchBootstrap(const replication::BootstrapOrder& order) override;
    bool sendHandover(replication::Type type, const std::string& secondaryId, const replication::wire::Handover& handover) override;
    void answerHandover(replication::Type type, const replication::wire::HandoverAnswer& answer) override;
    replication::Members members() const override;
    Result<replication::wire::PeerAnswer> ask(const replication::Member& peer, const replication::wire::PeerRequest& request,
                                              std::chrono::milliseconds atMost) override;

    // Forwarder
    void forward(const mount::Request& request, Executor& executor, std::function<void(Result<Answer>)> done) override;

private:
    class Impl;
    explicit ClusterPort(std::shared_ptr<Impl> impl);
    std::shared_ptr<Impl> m_impl;
    std::string m_boundAddress;
};

} // namespace core::cluster
