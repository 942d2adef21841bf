#pragma once

#include "core/base/result.h"
#include "core/replication/wire/frame.h"

#include <functional>
#include <string>

namespace core::cluster {

/// One connection between two clusters. It carries frames in order until it breaks. It pulls its output when there is room, so it holds at
/// most one write's worth. On the port's thread only.
class Connection {
public:
    struct Callbacks {
        std::function<void()> ready; // the handshake is done at both ends
        std::function<void(replication::Frame)> received;
        std::function<std::string()> pull;        // the next bytes; empty: nothing to send now
        std::function<void(const Error&)> closed; // called once; no callback comes after it
        replication::FrameLimit bytesMax{};       // the limit of a received frame, asked before it has arrived
        std::function<bool()> isFull{};           // true: too much waits to be pulled, so nothing more is received
    };

    virtual ~Connection() = default;
    virtual void setCallbacks(Callbacks callbacks) = 0;

    /// There may be something to pull.
    virtual void wake() = 0;
    /// Sends what pull() still returns, then closes, within two seconds.
    virtual void closeWhenFlushed(Error why) = 0;
    /// Closes at once. `closed` is called later.
    virtual void close(Error why) = 0;
    virtual bool isOpen() const = 0;
    /// Bytes of a frame that has begun to arrive and is not complete.
    virtual std::size_t unfinishedBytes() const { return 0; }

    // Only when it is ready
    /// Of the other end's certificate; empty: none.
    virtual std::string peerFingerprint() = 0;
    /// A value that both ends derive from this connection only, for proofs (core/trust/link_proof.h). Empty: it has none.
    virtual std::string exporter() { return {}; }
    /// The other end's address, for the log. Empty: not known.
    virtual std::string remoteAddress() { return {}; }
    /// The negotiated ALPN protocol.
    virtual std::string protocol() = 0;
};

} // namespace core::cluster
