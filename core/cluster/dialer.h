#pragma once

#include "core/cluster/connection.h"
#include "core/cluster/environment.h"

#include <boost/asio/ssl/context.hpp>

#include <functional>
#include <memory>

namespace core::cluster {

/// What a client connection to a primary needs.
struct DialOptions {
    std::string address;
    const crypto::Identity& identity;
    const std::string& authority;
    std::string protocol;
    std::string fingerprint{}; // a peer: known by its certificate alone, whoever issued it
};

/// Resolves and connects; `closed` of the callbacks tells of every failure, once. The connection can be closed at any time.
/// Errors: InvalidArgument (address, certificates).
Result<std::shared_ptr<Connection>> dial(asio::io_context& context, const DialOptions& options, Connection::Callbacks callbacks);

} // namespace core::cluster
