#pragma once

#include "core/http/message.h"
#include "core/http/reply_headers.h"

#include <string>
#include <string_view>

namespace core::http {

/// The length of the body: a number of bytes, in chunks, or until the connection ends.
struct BodyLength {
    enum class Kind { Bytes, Chunked, UntilClosed } kind = Kind::Bytes;
    std::uint64_t bytes = 0;
};
/// Status line and header lines of a reply, with the empty line behind them.
std::string headOf(const Reply& reply, BodyLength length, bool isKept, const ReplyHeaders& headers);
/// One chunk of a chunked body; not empty, which would end it.
std::string chunkOf(std::string_view text);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

/// Whole replies that need no memory.
std::string_view outOfMemoryReply(); // 503
std::string_view plainOnTlsReply();  // 400, in plain text, for a client without TLS on a TLS port
std::string_view continueReply();    // 100

/// True if a connection's first bytes are a plain HTTP request.
bool looksLikeHttp(std::string_view bytes);

} // namespace core::http
