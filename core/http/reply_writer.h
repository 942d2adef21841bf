#pragma once

#include "core/base/release.h"
#include "core/base/secret_bytes.h"
#include "core/http/connection_deadline.h"
#include "core/http/send_stream.h"
#include "core/http/session.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <fstream>
#include <unistd.h>

namespace core::http {

/// Decides how a reply is sent.
struct ReplyForm {
    bool isKept = false;      // the connection continues after it
    bool isHead = false;      // without the body
    bool isVersion11 = true;  // the client knows chunks
    std::string_view address; // the client's
};

/// Sends the replies of one connection: text, a file, or a stream. It sets the deadline of each write. What it refers to must outlive it.
template<class Stream>
class ReplyWriter {
public:
    ReplyWriter(Stream& stream, IoLoop& loop, SessionShared& shared, ConnectionDeadline& deadline)
        : m_stream{stream}
        , m_loop{loop}
        , m_shared{shared}
        , m_deadline{deadline}
    {}

    /// Before the first write of a request.
    void beginRequest() { m_hasBegun = false; }
    /// True if a byte of a reply can be on its way, so that another reply must not follow.
    bool hasBegun() const { return m_hasBegun; }

    /// False: the connection must end.
    boost::asio::awaitable<bool> write(Reply& reply, ReplyForm form)
    {
        m_hasBegun = true;
        m_deadline.setIn(m_shared.options.writeTimeout);
        bool isSent = false;
        if (!reply.file.empty()) isSent = co_await writeFile(reply, form);
        else if (reply.stream) co_await writeStream(reply, form);
        else isSent = co_await writeText(reply, form);
        co_return isSent;
    }
    /// One of the replies that need no memory.
    boost::asio::awaitable<bool> writeFixed(std::string_view reply)
    {
        auto [error, count] = co_await boost::asio::async_write(m_stream, boost::asio::buffer(reply.data(), reply.size()), kTuple);
        co_return !error;
    }

private:
    static constexpr auto kTuple = boost::asio::as_tuple(boost::asio::use_awaitable);
    static constexpr std::size_t kJoinedBytesMax = 16 * 1024; // one write costs less than two, until copying costs more
    static constexpr std::size_t kFilePartBytes = 256 * 1024;

    boost::asio::awaitable<bool> writeText(Reply& reply, ReplyForm form)
    {
        std::string out = headOf(reply, {.bytes = reply.body.size()}, form.isKept, m_shared.options.replyHeaders);
        const bool hasBody = !form.isHead && reply.status != 204;
        if (hasBody && reply.body.size() > kJoinedBytesMax) {
            const std::array<boost::asio::const_buffer, 2> parts{boost::asio::buffer(out), boost::asio::buffer(reply.body)};
            auto [error, count] = co_await boost::asio::async_write(m_stream, parts, kTuple);
            wipe(reply.body);
            m_shared.pool.noteAnswer(reply.body.capacity());
            co_return !error;
        }
        if (hasBody) out.append(reply.body);
        wipe(reply.body);
        auto [error, count] = co_await boost::asio::async_write(m_stream, boost::asio::buffer(out), kTuple);
        wipe(out);
        co_return !error;
    }

    boost::asio::awaitable<bool> writeFile(Reply& reply, ReplyForm form)
    {
        std::ifstream file{reply.file, std::ios::binary | std::ios::ate};
        ::unlink(reply.file.c_str());
        if (!file) {
            Reply failure = errorReply(500, {"the server cannot read the file of this answer"});
            const bool isSent = co_await writeText(failure, form);
            co_return isSent;
        }
        auto left = static_cast<std::uint64_t>(file.tellg());
        file.seekg(0);
        std::string out = headOf(reply, {.bytes = left}, form.isKept, m_shared.options.replyHeaders);
        std::string part(kFilePartBytes, '\0');
        while (true) {
            m_deadline.setIn(m_shared.options.writeTimeout); // for each part: a long download is allowed, a stuck one is not
            auto [error, count] = co_await boost::asio::async_write(m_stream, boost::asio::buffer(out), kTuple);
            if (error) co_return false;
            if (form.isHead || left == 0) co_return true;
            file.read(part.data(), static_cast<std::streamsize>(std::min<std::uint64_t>(part.size(), left)));
            // The head has announced more bytes than there are. The client would read the next answer as the rest of this one.
            if (file.gcount() == 0) co_return false;
            out.assign(part.data(), static_cast<std::size_t>(file.gcount()));
            left -= out.size();
        }
    }

    /// Runs until the client leaves, its token ends, or the listener stops.
    boost::asio::awaitable<void> writeStream(Reply& reply, ReplyForm form)
    {
        const BodyLength length{form.isVersion11 ? BodyLength::Kind::Chunked : BodyLength::Kind::UntilClosed, 0};
        std::string head = headOf(reply, length, false, m_shared.options.replyHeaders);
        if (form.isHead) {
            co_await boost::asio::async_write(m_stream, boost::asio::buffer(head), kTuple);
            co_return;
        }
        StreamHooks hooks;
        hooks.startWrite = [this] { m_deadline.setIn(m_shared.options.writeTimeout); };
        hooks.startWait = [this] { m_deadline.remove(); };
        hooks.isOver = [this, stream = reply.stream, form, checkAt = m_loop.now() + kTokenCheckInterval]() mutable {
            if (m_shared.isStopping) return true;
            if (m_loop.now() < checkAt) return false;
            checkAt = m_loop.now() + kTokenCheckInterval;
            return !m_shared.handler->isKnown(stream->token().view(), form.address);
        };
        co_await sendStream(m_stream, m_loop, std::move(reply.stream), std::move(head), form.isVersion11, std::move(hooks));
    }

    static constexpr std::chrono::seconds kTokenCheckInterval{5};

    Stream& m_stream;
    IoLoop& m_loop;
    SessionShared& m_shared;
    ConnectionDeadline& m_deadline;
    bool m_hasBegun = false;
};

} // namespace core::http
