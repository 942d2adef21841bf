#pragma once

#include "core/http/message.h"
#include "core/http/reply_headers.h"

#include <string>
#include <string_view>

namespace core::http {

/// Status line and header lines of a reply, with the empty line behind them.
std::string headOf(const Reply& reply, std::uint64_t bodyBytes, bool isKept, const ReplyHeaders& headers);

/// Whole replies that need no memory.
std::string_view outOfMemoryReply();      // 503
std::string_view plainOnTlsReply();       // 400, in plain text, to a client that speaks no TLS to a port that does
std::string_view continueReply();         // 100

/// Whether the first bytes of a connection are those of a plain HTTP request.
bool looksLikeHttp(std::string_view bytes);

} // namespace core::http
