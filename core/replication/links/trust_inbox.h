#pragma once

#include "core/base/clock.h"
#include "core/replication/wire/frame.h"
#include "core/replication/wire/link.h"
#include "core/replication/wire/wire.pb.h"

#include <array>
#include <deque>
#include <optional>

namespace core::replication {

/// Entries of a trust log as they have come over a link. Nothing has been checked but sizes.
struct TrustMessage {
    Type type = Type::Performance;
    std::vector<std::string> entries{};
    std::string log{}; // where a cluster without a log begins
};

/// Trust messages of the other end of one link, at most a few each second; the rest is dropped. Single-threaded, as its link.
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
    /// Heads that the other end has told; forgets what was before.
    void heard(const google::protobuf::RepeatedPtrField<wire::TrustHead>& heads);
    /// What it says of a log later on. What it was told some seconds ago and has not stored (its disk was full, say) it is told again.
    void heardAgain(const google::protobuf::RepeatedPtrField<wire::TrustHead>& heads, SteadyTime now);
    /// The other end keeps logs, also where it has none yet.
    void begin() { m_isOn = true; }
    bool isOn() const { return m_isOn; }
    /// Of a cluster that is followed: frames that bring the other end up to date; some at a time. A cluster that keeps no log yet gets one only
    /// where `mayBegin`: it must know by then who speaks.
    std::vector<std::string> due(const TrustLogs& own, SteadyTime now, bool mayBegin);
    /// Of a secondary, once: what its primary lacks, where the primary's head is known here.
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
