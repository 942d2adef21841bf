#include "core/http/parser.h"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

#include <cstdlib>
#include <limits>
#include <unistd.h>

namespace core::http {
namespace beast = boost::beast;
namespace beast_http = boost::beast::http;

Parser::Parser(const Limits& limits, std::string uploadDirectory)
    : m_limits{limits}
    , m_uploadDirectory{std::move(uploadDirectory)}
{
    header_limit(static_cast<std::uint32_t>(limits.headerBytesMax));
    body_limit(limits.bodyBytesMax);
}

Parser::~Parser()
{
    if (!m_uploadPath.empty()) ::unlink(m_uploadPath.c_str());
}

void Parser::on_request_impl(beast_http::verb, View method, View target, int version, ErrorCode&)
{
    m_isVersion11 = version >= 11;
    m_message.method.assign(method.data(), method.size());
    m_message.target.assign(target.data(), target.size());
    if (isUpload(m_message.method, m_message.target)) body_limit(std::numeric_limits<std::uint64_t>::max());
}

void Parser::on_field_impl(beast_http::field field, View name, View value, ErrorCode& error)
{
    if (++m_headerCount > m_limits.headerCountMax) {
        error = beast_http::error::header_limit;
        return;
    }
    if (field == beast_http::field::expect) m_expectsContinue = true;
    if (field == beast_http::field::host) ++m_hostCount;
    // With any other coding the end of the body is not where this parser sees it, and the rest would pass for a request.
    if (field == beast_http::field::transfer_encoding && !beast::iequals(value, "chunked")) {
        error = beast_http::error::bad_transfer_encoding;
        return;
    }
    // Connection handling is the parser's own; these are never read above it.
    if (field == beast_http::field::host || field == beast_http::field::connection ||
        field == beast_http::field::content_length || field == beast_http::field::transfer_encoding ||
        field == beast_http::field::accept_encoding || field == beast_http::field::accept) {
        return;
    }
    mount::Header header;
    header.name.reserve(name.size());
    for (const char c : name) header.name.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
    header.value.assign(value.data(), value.size());
    m_message.headers.push_back(std::move(header));
}

void Parser::on_header_impl(ErrorCode& error)
{
    const bool isHostRight = m_isVersion11 ? m_hostCount == 1 : m_hostCount <= 1; // RFC 9112 §3.2
    if (!isHostRight) error = beast_http::error::bad_field;
    if (chunked() && !m_isVersion11) error = beast_http::error::bad_transfer_encoding;
}

void Parser::on_body_init_impl(const boost::optional<std::uint64_t>& length, ErrorCode& error)
{
    if (isUpload(m_message.method, m_message.target)) {
        std::string path = m_uploadDirectory + "/upload-XXXXXX";
        const int handle = ::mkstemp(path.data());
        if (handle < 0) {
            error = boost::system::errc::make_error_code(boost::system::errc::no_space_on_device);
            return;
        }
        ::close(handle);
        m_uploadPath = path;
        m_message.bodyFile = path;
        m_upload.open(path, std::ios::binary | std::ios::trunc);
    } else if (length && *length <= m_limits.bodyBytesMax) {
        m_message.body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(*length, 1u << 20)));
    }
}

std::size_t Parser::on_body_impl(View part, ErrorCode& error)
{
    if (m_upload.is_open()) {
        if (!m_upload.write(part.data(), static_cast<std::streamsize>(part.size()))) {
            error = boost::system::errc::make_error_code(boost::system::errc::no_space_on_device);
            return 0;
        }
    } else {
        m_message.body.append(part.data(), part.size());
    }
    return part.size();
}

std::size_t Parser::on_chunk_body_impl(std::uint64_t, View part, ErrorCode& error)
{
    return on_body_impl(part, error);
}

void Parser::on_finish_impl(ErrorCode& error)
{
    if (m_upload.is_open()) {
        m_upload.close();
        if (m_upload.fail()) error = boost::system::errc::make_error_code(boost::system::errc::no_space_on_device);
    }
}

} // namespace core::http
