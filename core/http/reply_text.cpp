#include "core/http/reply_text.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace core::http {
namespace {

std::string_view reason(int status)
{
    switch (status) {
    case 200: return "OK";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 307: return "Temporary Redirect";
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 412: return "Precondition Failed";
    case 413: return "Request Entity Too Large";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    default: return "Status";
    }
}

} // namespace

std::string chunkOf(std::string_view text)
{
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), text.size(), 16).ptr;
    std::string out{digits.data(), end};
    out.append("\r\n").append(text).append("\r\n");
    return out;
}

std::string headOf(const Reply& reply, BodyLength length, bool isKept, const ReplyHeaders& headers)
{
    std::string out;
    out.reserve(384);
    out.append("HTTP/1.1 ").append(std::to_string(reply.status)).append(" ").append(reason(reply.status)).append("\r\n");
    out.append(headers.linesFor(reply.status));
    if (reply.status != 204) {
        out.append("Content-Type: ").append(reply.contentType).append("\r\n");
        if (length.kind == BodyLength::Kind::Bytes) out.append("Content-Length: ").append(std::to_string(length.bytes)).append("\r\n");
        if (length.kind == BodyLength::Kind::Chunked) out.append("Transfer-Encoding: chunked\r\n");
    }
    for (const auto& header : reply.headers) out.append(header.name).append(": ").append(header.value).append("\r\n");
    if (!isKept) out.append("Connection: close\r\n");
    out.append("\r\n");
    return out;
}

std::string_view outOfMemoryReply()
{
    return "HTTP/1.1 503 Service Unavailable\r\nCache-Control: no-store\r\nRetry-After: 1\r\nContent-Type: application/json\r\n"
           "Content-Length: 66\r\nConnection: close\r\n\r\n"
           "{\"errors\":[\"the server has no memory for this now; try it again\"]}";
}

std::string_view plainOnTlsReply()
{
    return "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
}

std::string_view continueReply()
{
    return "HTTP/1.1 100 Continue\r\n\r\n";
}

bool looksLikeHttp(std::string_view bytes)
{
    constexpr std::string_view kMethods[] = {"GET ",  "HEAD ",    "POST ",    "PUT ",   "PATCH ", "DELETE ",
                                             "LIST ", "OPTIONS ", "CONNECT ", "TRACE ", "SCAN "};
    return std::ranges::any_of(kMethods, [&](std::string_view method) { return bytes.starts_with(method.substr(0, 5)); });
}

} // namespace core::http
