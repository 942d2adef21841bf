#pragma once

#include "core/http/io_loop.h"
#include "core/http/pause.h"
#include "core/http/reply_text.h"
#include "core/mount/answer_stream.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <cerrno>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <sys/socket.h>

namespace core::http {

inline constexpr std::chrono::seconds kStreamLookInterval{1}; // between two checks that the client is still there

/// The session's functions for a stream. All run in the session's loop.
struct StreamHooks {
    std::function<void()> startWrite; // sets the deadline of one write
    std::function<void()> startWait;  // removes the deadline
    std::function<bool()> isOver;     // another reason to end than a client that leaves; called about once a second
};

/// True if the client has closed its end, or has sent anything. A client must send nothing during a stream.
inline bool hasPeerSpoken(int socket)
{
    char byte = 0;
    const auto count = ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return count >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

/// Sends `head` and then the stream's text until it ends. In chunks, or without them for a client that does not know chunks.
template<class Connection>
boost::asio::awaitable<void> sendStream(Connection& connection, IoLoop& loop, std::shared_ptr<mount::AnswerStream> stream, std::string head,
                                        bool isChunked, StreamHooks hooks)
{
    constexpr auto kTuple = boost::asio::as_tuple(boost::asio::use_awaitable);
    const auto pause = std::make_shared<Pause>(loop);
    stream->onMore([weak = std::weak_ptr{pause}, &loop] {
        if (loop.context().stopped()) return;
        loop.post([weak] {
            if (const auto waiting = weak.lock()) waiting->wake();
        });
    });
    std::string out = std::move(head);
    while (true) {
        if (!out.empty()) {
            hooks.startWrite();
            auto [error, count] = co_await boost::asio::async_write(connection, boost::asio::buffer(out), kTuple);
            if (error) co_return;
            hooks.startWait();
        }
        if (hasPeerSpoken(connection.socket().native_handle()) || hooks.isOver()) break;
        const std::string text = stream->take();
        out = text.empty() || !isChunked ? text : chunkOf(text);
        if (!out.empty()) continue;
        co_await pause->wait(kStreamLookInterval);
    }
    hooks.startWrite();
    if (isChunked) co_await boost::asio::async_write(connection, boost::asio::buffer(kLastChunk.data(), kLastChunk.size()), kTuple);
}

} // namespace core::http
