#include "core/http/connection_start.h"

#include "core/base/logging.h"
#include "core/http/reply_text.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>

namespace core::http {
namespace {

namespace asio = boost::asio;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::uint64_t kDrainBytesMax = 128u << 20;
constexpr std::size_t kReadBytes = 2 * 1024;
constexpr std::size_t kTlsRecordHeadBytes = 5;

std::string_view textOf(const boost::beast::flat_buffer& buffer)
{
    const auto data = buffer.cdata();
    return {static_cast<const char*>(data.data()), data.size()};
}

asio::awaitable<bool> readSome(Socket& socket, boost::beast::flat_buffer& buffer)
{
    auto [error, count] = co_await socket.async_read_some(buffer.prepare(kReadBytes), kTuple);
    if (error) co_return false;
    buffer.commit(count);
    co_return true;
}

/// A buffer for bytes that are dropped, shared by all connections of a thread.
asio::mutable_buffer sink()
{
    static thread_local std::array<char, 16 * 1024> bytes;
    return {bytes.data(), bytes.size()};
}

} // namespace

asio::awaitable<bool> readProxyHeader(Socket& socket, boost::beast::flat_buffer& buffer, const ProxyProtocolRules& rules, Peer& peer)
{
    if (rules.behavior == ProxyProtocolRules::Behavior::Off) co_return true;
    if (!rules.isServed(peer.address)) {
        logging::warn("http", "a peer that proxy_protocol_authorized_addrs does not name was refused", {{"address", peer.address}});
        co_return false;
    }
    while (true) {
        const auto header = parseProxyHeader(textOf(buffer));
        if (header.kind == ProxyHeader::Kind::Malformed) co_return false;
        if (header.kind == ProxyHeader::Kind::Absent) co_return true;
        if (header.kind == ProxyHeader::Kind::Present) {
            if (header.source && rules.isBelieved(peer.address)) peer = {header.source->address, header.source->port};
            buffer.consume(header.byteCount);
            co_return true;
        }
        const bool hasMore = co_await readSome(socket, buffer);
        if (!hasMore) co_return false;
    }
}

asio::awaitable<Handshake> shakeHands(TlsStream& stream, boost::beast::flat_buffer& buffer)
{
    while (buffer.size() < kTlsRecordHeadBytes) {
        const bool hasMore = co_await readSome(stream.socket(), buffer);
        if (!hasMore) co_return Handshake::Failed;
    }
    if (looksLikeHttp(textOf(buffer))) {
        co_await asio::async_write(stream.socket(), asio::buffer(plainOnTlsReply().data(), plainOnTlsReply().size()), kTuple);
        co_return Handshake::Explained;
    }
    auto [error, used] = co_await stream.async_handshake(asio::ssl::stream_base::server, buffer.data(), kTuple);
    buffer.consume(buffer.size()); // all of it, because the engine accepts at least this much
    co_return error ? Handshake::Failed : Handshake::Done;
}

asio::awaitable<void> drain(Socket& socket)
{
    boost::system::error_code ignored;
    socket.shutdown(Socket::shutdown_send, ignored);
    std::uint64_t left = kDrainBytesMax;
    const asio::mutable_buffer part = sink();
    while (left > 0) {
        auto [error, count] = co_await socket.async_read_some(part, kTuple);
        if (error) co_return;
        left -= std::min<std::uint64_t>(left, count);
    }
}

} // namespace core::http
