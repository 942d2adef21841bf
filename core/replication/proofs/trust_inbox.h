#pragma once

#include "core/base/clock.h"
#include "core/replication/wire/frame.h"
#include "core/replication/wire/link.h"
#include "core/replication/wire/wire.pb.h"

#include <array>
#include <deque>
#include <optional>

namespace core::replication {

/// Entries of a trust log from a link. Only their sizes have been checked.
struct TrustMessage {
    Type type = Type::Performance;
    std::vector<std::string> entries{};
    std::string log{}; // for a cluster without a log: where it begins
};

/// Trust messages from the other end of one link, at most a few each second. The rest is dropped. Single-threaded, as its link.
class TrustInbox {
public:
    /// False: not a trust message.
    bool receive(const Frame& frame, SteadyTime now);
    std::optional<TrustMessage> take();

private:
    std::deque<TrustMessage> m_messages;
    std::deque<SteadyTime> m_lately; // when the last ones came
};

/// Chooses the entries of trust logs that are sent to the other end of one link. Single-threaded, as its link.
class TrustTeller {
public:
    /// The heads that the other end has sent. Forgets earlier ones.
    void heard(const google::protobuf::RepeatedPtrField<wire::TrustHead>& heads);
    /// Of a secondary that has not been welcomed yet: the primary has told entries of a log. The last one of them that the own log follows is where the
    /// primary is, so it may lack the entries after it. The first message of each log counts.
    void heardBefore(const Frame& frame, const TrustLogs& own);
    /// The heads in a later heartbeat. If the other end got entries some seconds ago and has not stored them (its disk was full, say), it
    /// gets them again.
    void heardAgain(const google::protobuf::RepeatedPtrField<wire::TrustHead>& heads, SteadyTime now);
    /// The other end keeps logs, even if it has none yet.
    void begin() { m_isOn = true; }
    bool isOn() const { return m_isOn; }
    /// On a cluster that others follow: frames that bring the other end up to date, some at a time. A cluster that keeps no log yet gets
    /// one only if `mayBegin`: it must know by then which cluster sends.
    std::vector<std::string> due(const TrustLogs& own, SteadyTime now, bool mayBegin);
    /// On a secondary, once: the entries that its primary lacks, if the primary's head is known here.
    std::vector<std::string> dueOnce(const TrustLogs& own);

private:
    struct PeerHead {
        std::string head; // of the other end
        bool isDone = false;
        SteadyTime at{};
    };
    bool m_isOn = false;
    std::array<PeerHead, 2> m_peerHeads; // performance, DR
    SteadyTime m_nextAt;
};

void toWire(const TrustLogs& logs, google::protobuf::RepeatedPtrField<wire::TrustHead>& out);

} // namespace core::replication
