#pragma once

#include "core/cluster/net/network.h"

#include <boost/asio/io_context.hpp>

namespace core::cluster {

namespace asio = boost::asio;

/// Network::dial() over TLS and TCP, on the thread that runs the context.
Result<std::shared_ptr<Connection>> dial(asio::io_context& context, const DialOptions& options, Connection::Callbacks callbacks);

} // namespace core::cluster
