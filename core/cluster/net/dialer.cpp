#include "core/cluster/net/dialer.h"

#include "core/base/origin.h"
#include "core/cluster/net/tls_connection.h"
#include "core/crypto/tls.h"

#include <boost/asio/ssl/context.hpp>

namespace core::cluster {

Result<std::shared_ptr<Connection>> dial(asio::io_context& context, const DialOptions& options, Connection::Callbacks callbacks)
{
    auto address = parseClusterAddress(options.address);
    if (!address) return std::move(address).error();
    // A member is known by its pinned certificate, a primary by its authority and the DNS name that only primaries have.
    auto tls = options.fingerprint.empty()
                   ? crypto::makeClusterClientTls(options.identity, options.authority, options.protocol, replication::kPrimaryServerName)
                   : crypto::makePinnedClientTls(options.identity, options.fingerprint, options.protocol);
    if (!tls) return std::move(tls).error();
    asio::ssl::context sslContext{tls->share()};
    auto connection = std::make_shared<TlsConnection>(asio::ip::tcp::socket{context}, sslContext);
    connection->setCallbacks(std::move(callbacks));
    auto resolver = std::make_shared<asio::ip::tcp::resolver>(context);
    resolver->async_resolve(address->host, std::to_string(address->port), asio::ip::tcp::resolver::numeric_service,
                            [resolver, connection](const boost::system::error_code& failed, const asio::ip::tcp::resolver::results_type& endpoints) {
                                if (failed) {
                                    return connection->close(Error{ErrorCode::Unavailable, "resolving: " + failed.message()});
                                }
                                connection->connect(endpoints);
                            });
    return std::shared_ptr<Connection>{connection};
}

} // namespace core::cluster
