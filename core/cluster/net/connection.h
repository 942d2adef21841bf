#pragma once

#include "core/base/result.h"
#include "core/replication/wire/frame.h"

#include <functional>
#include <string>

namespace core::cluster {

/// One connection between two clusters that carries frames, in order, unless and until it breaks. What is to be sent is pulled
/// when there is room, so it holds at most one write's worth of it. On the port's thread only.
class Connection {
public:
    struct Callbacks {
        std::function<void()> ready; // both ends know each other
        std::function<void(replication::Frame)> received;
        std::function<std::string()> pull;        // empty: nothing to send now
        std::function<void(const Error&)> closed; // once; no callback comes after
        replication::FrameLimit bytesMax{};       // of what is received; asked per frame, before it has come
        std::function<bool()> isFull{};           // so much waits to be pulled that nothing more is to be received
    };

    virtual ~Connection() = default;
    virtual void setCallbacks(Callbacks callbacks) = 0;

    /// There may be something to pull.
    virtual void wake() = 0;
    /// Sends what pull() still gives, then closes, within two seconds.
    virtual void closeWhenFlushed(Error why) = 0;
    /// At once; `closed` is called later.
    virtual void close(Error why) = 0;
    virtual bool isOpen() const = 0;
    /// What has come of a frame that has not come to its end.
    virtual std::size_t unfinishedBytes() const { return 0; }

    // Once it is ready
    /// Of the certificate that the other end has shown; empty: none.
    virtual std::string peerFingerprint() = 0;
    /// What both ends derive from this connection alone, for proofs (core/trust/link_proof.h); empty: it has none.
    virtual std::string exporter() { return {}; }
    /// Where the other end is, for the log; empty: not known.
    virtual std::string remoteAddress() { return {}; }
    /// By ALPN.
    virtual std::string protocol() = 0;
};

} // namespace core::cluster
