#pragma once

#include "core/cluster/links/environment.h"
#include "core/cluster/links/forward_client.h"
#include "core/replication/links/secondary_link.h"

#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace core::cluster {

/// A secondary's link to its primary. Finds the primary, connects, applies what arrives, and connects again when the connection breaks. On
/// the port's thread only.
class Follower : public std::enable_shared_from_this<Follower> {
public:
    /// Starts at the stored place in the primary's log. `gate` tells this cluster's own links whether they may send, if it relays; it
    /// outlives this object. Null: the type has no relays. `forwarding` gets the primary's address; null for DR. `past` is what an
    /// earlier follower of the same primary had learned.
    Follower(Environment environment, std::shared_ptr<const replication::LinkPlan> plan, replication::RelayGate* gate,
             std::shared_ptr<ForwardClient> forwarding, const std::optional<replication::SecondaryPast>& past);

    void start() { dialNext(); }
    /// Ends the connection. `done` runs when nothing more will be applied.
    void stop(std::function<void()> done);
    bool isStopping() const { return m_isStopping; }
    void tick();
    void answerHandover(const replication::wire::HandoverAnswer& answer);
    /// The same primary by a later plan, which may list more addresses.
    void renew(std::shared_ptr<const replication::LinkPlan> plan)
    {
        m_link.local().isRelay = plan->isRelay;
        m_link.local().standIns = plan->local.standIns;
        m_link.local().trust = plan->local.trust;
        m_plan = std::move(plan);
    }
    void report(replication::LinkStatus& out) const;
    replication::LinkCounts counts() const;
    const replication::SecondaryLink& link() const { return m_link; }
    const replication::LinkPlan& plan() const { return *m_plan; }
    /// The members of the primary's list; before the first list, those of the plan.
    const replication::Members& members() const { return *m_members; }

private:
    /// A connection that is being made. There may be several, because one slow address must not block the next.
    struct Attempt {
        std::uint64_t number = 0;
        std::string address;
        std::shared_ptr<Connection> connection;
    };

    void dialNext();
    void onReady(std::uint64_t number);
    void onFrame(const replication::Frame& frame);
    std::string pull();
    void onClosed(std::uint64_t number, const Error& why);
    void onAttemptFailed(const std::string& address, const Error& why);
    void onLinkClosed(const Error& why);
    /// How an attempt ended: nobody was reached, the other end or this one ended the link, or one of them refused it for good.
    enum class End { NotReached, Ended, Refused };
    void noteError(const std::string& address, std::string text, End end);
    void retryLater(bool isRefused);
    void dropAttempts(const Error& why);
    void pump();
    void adoptKeys(SecretBytes bundle);
    void apply(replication::SecondaryLink::Apply apply);
    void onApplied(const Result<LogIndex>& result);
    /// The end of an error text about certificates and this end's clock.
    std::string otherClockText() const;
    void noteAddresses();
    void keepGate();
    void noteMembers();
    std::vector<std::string> candidates() const;
    bool isExpected(const std::string& address) const;
    /// The other end must prove one of these keys. The first is the primary's, the others are those of members that may succeed it. None:
    /// not known yet.
    std::vector<std::string> leaderKeys() const;

    Environment m_env;
    std::shared_ptr<const replication::LinkPlan> m_plan;
    replication::RelayGate* m_gate;
    replication::SecondaryLink m_link;
    std::shared_ptr<const replication::Members> m_members;
    std::vector<std::string> m_clusterAddresses;  // of the primary, last received
    std::vector<std::string> m_failoverAddresses; // of clusters that would take its place
    std::shared_ptr<ForwardClient> m_forwarding;
    std::string m_primaryKey; // stored, or proved since
    std::vector<Attempt> m_attempts;
    std::uint64_t m_attemptCount = 0;
    std::shared_ptr<Connection> m_connection; // the link's: the first attempt that was ready
    std::uint64_t m_number = 0;               // of that attempt
    std::string m_address;                    // of the connection
    std::string m_lastGood;                   // the last address that became a link
    std::size_t m_nextCandidate = 0;
    unsigned m_failureCount = 0;
    SteadyTime m_retryAt; // then the next address is tried, also while others are under way
    bool m_isStopping = false;
    bool m_isApplying = false;
    bool m_hasFailed = false;
    bool m_isStreamNoted = false;
    bool m_isAuthorityRefused = false;            // since the last stream, a server's certificate was of another authority than the plan's
    std::vector<std::function<void()>> m_stopped; // callers of stop() that wait
    struct Failure {
        std::string text, told, advice; // `told`: to the log
        End end = End::NotReached;
        std::uint64_t number = 0; // the later one is greater
    };
    std::map<std::string, Failure> m_failures; // the last of each address since the link streamed
    std::uint64_t m_failureNumber = 0;
    replication::LinkCounts m_counts;
    std::shared_ptr<const replication::Members> m_membersNoted;
};

} // namespace core::cluster
