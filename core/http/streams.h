#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <memory>

namespace core::http {

/// A connection of a TCP or a Unix listener.
using Socket = boost::asio::generic::stream_protocol::socket;

// Plain and TLS under one interface.
class PlainStream : public Socket {
public:
    static constexpr bool kIsTls = false;
    explicit PlainStream(Socket socket) : Socket{std::move(socket)} {}
    Socket& socket() { return *this; }
};

class TlsStream : public boost::asio::ssl::stream<Socket> {
public:
    static constexpr bool kIsTls = true;
    TlsStream(Socket socket, std::shared_ptr<boost::asio::ssl::context> context)
        : boost::asio::ssl::stream<Socket>{std::move(socket), *context}
        , m_context{std::move(context)}
    {}
    Socket& socket() { return next_layer(); }

private:
    std::shared_ptr<boost::asio::ssl::context> m_context;
};

} // namespace core::http
