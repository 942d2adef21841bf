#pragma once

#include "core/http/proxy_header.h"
#include "core/http/session.h"
#include "core/http/streams.h"

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>

namespace core::http {

/// The bytes of a connection before its first request. The functions read from the socket itself, below TLS, and leave what belongs to later steps in
/// `buffer`. They set no deadline; the caller has one for all of them. False: the connection is not served.

/// Reads the header of the PROXY protocol, if the rules ask for it, and sets the peer from it.
boost::asio::awaitable<bool> readProxyHeader(Socket& socket, boost::beast::flat_buffer& buffer, const ProxyProtocolRules& rules, Peer& peer);

enum class Handshake {
    Done,
    Failed,
    Explained // a plain request got the answer that this port has TLS; drain() must follow
};
boost::asio::awaitable<Handshake> shakeHands(TlsStream& stream, boost::beast::flat_buffer& buffer);

/// Reads what else comes, up to a limit, after the last byte was sent. Closing a socket with unread bytes resets the connection, and the peer would lose
/// the answer.
boost::asio::awaitable<void> drain(Socket& socket);

} // namespace core::http
