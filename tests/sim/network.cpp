#include "tests/sim/network.h"

#include "core/crypto/tls_refusal.h"
#include "tests/sim/certificates.h"

namespace sim {

namespace {

constexpr std::size_t kUnderWayMax = 128u << 10;
constexpr seconds kConnectMax{10};
constexpr milliseconds kStalledPause{150}; // until bytes that could not get through are sent again

} // namespace

int Network::clusterAt(const std::string& address)
{
    const auto at = address.find("//c");
    if (at == std::string::npos) return -1;
    return std::atoi(address.c_str() + at + 3);
}

std::shared_ptr<Connection> Network::dial(int from, const std::string& address, Greeting greeting, Connection::Callbacks callbacks)
{
    const int to = clusterAt(address);
    const std::string exporter = nextExporter();
    auto near = std::make_shared<Connection>(*this, from, to, greeting.protocol, greeting.fingerprint, exporter);
    near->setCallbacks(std::move(callbacks));
    const auto refuse = [this, near](Duration after, const char* why) {
        m_world.after(after, [near, why] { near->close(Error{ErrorCode::Unavailable, why}); });
    };
    if (to < 0 || to >= static_cast<int>(m_listeners.size())) {
        refuse(latency(), "no such host");
        return near;
    }
    if (isCut(from, to) || isCut(to, from)) {
        refuse(kConnectMax, "connecting");
        return near;
    }
    m_world.after(latency() * 3, [this, near, from, to, exporter, greeting = std::move(greeting)] {
        if (near->m_isClosed) return;
        Listener* listener = m_listeners.at(static_cast<std::size_t>(to));
        if (isCut(from, to) || isCut(to, from)) {
            m_world.after(kConnectMax, [near] { near->close(Error{ErrorCode::Timeout, "connecting"}); });
            return;
        }
        if (!listener) return near->close(Error{ErrorCode::Unavailable, "connection refused"});
        auto far = std::make_shared<Connection>(*this, to, from, greeting.protocol, fingerprintOf(greeting.certificate), exporter);
        near->m_peer = far;
        far->m_peer = near;
        if (!listener->accept(greeting, far))
            return near->close(Error{ErrorCode::PermissionDenied, "TLS handshake: " + std::string{crypto::kOtherAuthority}});
        far->becomeReady();
        near->becomeReady();
    });
    return near;
}

void Connection::becomeReady()
{
    if (m_isClosed) return;
    m_isReady = true;
    if (m_callbacks.ready) m_callbacks.ready();
    wake();
}

void Connection::wake()
{
    if (!m_isReady || m_isClosed || m_isWriting) return;
    m_isWriting = true; // not from within a callback
    m_network.world().after(Duration{0}, [self = shared_from_this()] {
        self->m_isWriting = false;
        self->write();
    });
}

void Connection::write()
{
    if (m_isClosed) return;
    while (m_bytesUnderWay < kUnderWayMax) {
        std::string more = m_callbacks.pull ? m_callbacks.pull() : std::string{};
        if (m_isClosed) return;
        if (more.empty()) break;
        if (m_tap) m_tap(more);
        send(std::move(more));
    }
    if (m_closing && m_underWay.empty()) close(*m_closing);
}

void Connection::send(std::string bytes)
{
    m_network.bytesSent += bytes.size();
    m_bytesUnderWay += bytes.size();
    if (bytes.size() > 1 && m_network.world().chancePerMille(30)) { // arrives in two pieces
        const auto at = 1 + m_network.world().pick(bytes.size() - 1);
        m_underWay.push_back(bytes.substr(0, at));
        m_underWay.push_back(bytes.substr(at));
    } else {
        m_underWay.push_back(std::move(bytes));
    }
    arrive();
}

/// Lets the next piece arrive, after its delay.
void Connection::arrive()
{
    if (m_isArrivalDue || m_underWay.empty()) return;
    m_isArrivalDue = true;
    World& world = m_network.world();
    m_lastArrival = std::max(m_lastArrival, world.now() + m_network.latency());
    world.after(m_lastArrival - world.now(), [self = shared_from_this()] {
        self->m_isArrivalDue = false;
        const auto peer = self->m_peer.lock();
        if (!peer || peer->m_isClosed) return;
        if (self->m_network.isCut(self->m_from, self->m_to)) {
            self->m_lastArrival = self->m_network.world().now() + kStalledPause;
            return self->arrive();
        }
        std::string all;
        for (; !self->m_underWay.empty(); self->m_underWay.pop_front()) {
            all += self->m_underWay.front();
            if (self->m_network.world().chancePerMille(100)) {
                self->m_underWay.pop_front();
                break; // the rest arrives later
            }
        }
        self->m_bytesUnderWay -= all.size();
        peer->take(all);
        self->arrive();
        if (!self->m_isClosed) self->wake();
    });
}

void Connection::take(std::string_view bytes)
{
    if (m_isClosed) return;
    m_decoder.feed(bytes);
    while (!m_isClosed) {
        auto frame = m_decoder.next(m_callbacks.bytesMax);
        if (!frame) return close(std::move(frame).error());
        if (!*frame) break;
        if (m_callbacks.received) m_callbacks.received(std::move(**frame));
    }
    wake();
}

void Connection::closeWhenFlushed(Error why)
{
    if (m_isClosed || m_closing) return;
    if (!m_isReady) return close(std::move(why));
    m_closing = std::move(why);
    wake();
    m_network.world().after(seconds{2}, [self = shared_from_this()] { self->close(*self->m_closing); });
}

void Connection::tellPeer()
{
    World& world = m_network.world();
    const auto peer = m_peer.lock();
    if (!peer || peer->m_isClosed || world.chancePerMille(60)) return; // sometimes the peer never learns of it
    const auto hear = [peer, network = &m_network, from = m_from, to = m_to] {
        if (!network->isCut(from, to)) peer->close(Error{ErrorCode::Io, "closed by the peer"});
    };
    world.after(std::max(Duration{0}, m_lastArrival - world.now()) + m_network.latency(), hear);
}

void Connection::close(Error why)
{
    if (m_isClosed) return;
    m_isClosed = true;
    tellPeer();
    m_network.world().after(Duration{0}, [self = shared_from_this(), why = std::move(why)] {
        const Callbacks callbacks = std::move(self->m_callbacks);
        self->m_callbacks = {};
        if (callbacks.closed) callbacks.closed(why);
    });
}

void Connection::kill()
{
    m_callbacks = {};
    m_tap = {};
    if (m_isClosed) return;
    m_isClosed = true;
    m_underWay.clear();
    tellPeer();
}

} // namespace sim
