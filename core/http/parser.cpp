#include "core/http/parser.h"

#include "core/http/target.h"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <limits>
#include <sys/statvfs.h>

namespace core::http {
namespace beast = boost::beast;
namespace beast_http = boost::beast::http;

namespace {

constexpr std::size_t kEmptyBytesMax = 16;       // before a request
constexpr std::size_t kLineBytesMax = 16 * 1024; // a chunk's line with its extensions; the trailer section

} // namespace

Parser::Parser(const Limits& limits, const Upload& upload, BodyCounter& counter) : m_limits{limits}, m_uploadRules{upload}, m_counter{counter}
{
    header_limit(static_cast<std::uint32_t>(limits.headerBytesMax));
    body_limit(limits.bodyBytesMax);
}

void Parser::on_request_impl(beast_http::verb, View method, View target, int version, ErrorCode&)
{
    m_isVersion11 = version >= 11;
    m_message.method.assign(method.data(), method.size());
    auto origin = originForm(std::string_view{target.data(), target.size()});
    if (origin) m_message.target = std::move(*origin);
    else m_message.target.assign(target.data(), target.size()); // decode() refuses it
    if (isUpload(m_message.method, m_message.target))
        body_limit(std::numeric_limits<std::uint64_t>::max()); // its own limit is set when it is allowed
}

void Parser::on_field_impl(beast_http::field field, View name, View value, ErrorCode& error)
{
    if (++m_headerCount > m_limits.headerCountMax) {
        error = beast_http::error::header_limit;
        return;
    }
    if (m_isHeadRead) {
        // The head has decided how the message ends. A trailer with such a field is an attempt to confuse a proxy or this server.
        const bool isFraming = field == beast_http::field::content_length || field == beast_http::field::transfer_encoding;
        if (isFraming) error = beast_http::error::bad_field;
        return;
    }
    if (field == beast_http::field::expect && m_isVersion11) {
        const bool isKnown = beast::iequals(value, "100-continue") && m_expectation != Expectation::Unknown;
        m_expectation = isKnown ? Expectation::Continue : Expectation::Unknown;
    }
    if (field == beast_http::field::host) ++m_hostCount;
    // With any other coding the body ends elsewhere than this parser thinks, and the rest would count as a request.
    if (field == beast_http::field::transfer_encoding && !beast::iequals(value, "chunked")) {
        error = beast_http::error::bad_transfer_encoding;
        return;
    }
    // The parser handles connections itself; nothing above it reads these fields.
    if (field == beast_http::field::host || field == beast_http::field::connection || field == beast_http::field::content_length ||
        field == beast_http::field::transfer_encoding || field == beast_http::field::accept_encoding) {
        return;
    }
    mount::Header header;
    header.name.reserve(name.size());
    for (const char c : name) header.name.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
    header.value.assign(value.data(), value.size());
    m_message.headers.push_back(std::move(header));
}

std::size_t Parser::feed(boost::asio::const_buffer bytes, ErrorCode& error)
{
    const auto* begin = static_cast<const char*>(bytes.data());
    std::size_t skipped = 0;
    if (!got_some()) {
        while (skipped < bytes.size() && (begin[skipped] == '\r' || begin[skipped] == '\n')) ++skipped;
        m_emptyByteCount += skipped;
        if (m_emptyByteCount > kEmptyBytesMax) {
            error = beast_http::error::bad_method;
            return skipped;
        }
        bytes += skipped;
        if (bytes.size() == 0) {
            error = beast_http::error::need_more;
            return skipped;
        }
    }
    const bool wasHeadRead = m_isHeadRead;
    const std::size_t used = put(bytes, error);
    if (!wasHeadRead) m_headByteCount += used;
    // put() limits the request line and the fields each by itself.
    if (!wasHeadRead && m_headByteCount > m_limits.headerBytesMax) error = beast_http::error::header_limit;
    // Bytes that put() does not consume stay in the reader's buffer until the rest arrives. A head has its own limit in put().
    const std::size_t waiting = bytes.size() - used;
    if (error == beast_http::error::need_more && m_isHeadRead && waiting > kLineBytesMax) error = beast_http::error::bad_chunk_extension;
    return skipped + used;
}

void Parser::on_header_impl(ErrorCode& error)
{
    m_isHeadRead = true;
    const bool isHostRight = m_isVersion11 ? m_hostCount == 1 : m_hostCount <= 1; // RFC 9112 §3.2
    if (!isHostRight) error = beast_http::error::bad_field;
    if (chunked() && !m_isVersion11) error = beast_http::error::bad_transfer_encoding;
}

void Parser::on_body_init_impl(const boost::optional<std::uint64_t>& length, ErrorCode& error)
{
    if (isUpload(m_message.method, m_message.target)) {
        if (length && *length > m_uploadRules.bytesMax) {
            error = beast_http::error::body_limit;
            return;
        }
        auto file = TemporaryFile::create(m_uploadRules.directory + "/upload-");
        if (!file) {
            error = boost::system::errc::make_error_code(boost::system::errc::no_space_on_device);
            return;
        }
        m_uploadFile = std::move(*file);
        m_message.bodyFile = m_uploadFile.path().string();
        m_upload.open(m_uploadFile.path(), std::ios::binary | std::ios::trunc);
    } else if (length) {
        m_declaredBytes = *length;
    }
}

bool Parser::storeUpload(View part, ErrorCode& error)
{
    constexpr std::uint64_t kRoomCheckBytes = 16u << 20;
    if (m_bodyBytes + part.size() > m_uploadRules.bytesMax) {
        error = beast_http::error::body_limit;
        return false;
    }
    bool hasRoom = true;
    if (m_bodyBytes == 0 || m_bodyBytes - m_roomCheckedAt >= kRoomCheckBytes) {
        struct statvfs disk {};
        m_roomCheckedAt = m_bodyBytes;
        hasRoom = ::statvfs(m_uploadFile.path().c_str(), &disk) != 0 ||
                  static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize > m_uploadRules.freeBytesMin + kRoomCheckBytes;
    }
    if (hasRoom && m_upload.write(part.data(), static_cast<std::streamsize>(part.size()))) return true;
    error = boost::system::errc::make_error_code(boost::system::errc::no_space_on_device);
    return false;
}

std::size_t Parser::on_body_impl(View part, ErrorCode& error)
{
    const bool isInMemory = m_uploadFile.path().empty();
    if (!m_counter.takeBody(m_bodyBytes, part.size(), isInMemory)) {
        error = boost::system::errc::make_error_code(boost::system::errc::not_enough_memory);
        return 0;
    }
    if (!isInMemory) {
        if (!storeUpload(part, error)) return 0;
    } else {
        // The buffer grows with the bytes that have arrived, and not with the announced size, because announcing costs a client nothing.
        auto& body = m_message.body;
        const std::size_t needed = body.size() + part.size();
        if (needed > body.capacity()) {
            const std::size_t grown = std::max(needed, body.capacity() + body.capacity() / 2);
            body.reserve(m_declaredBytes && *m_declaredBytes >= needed ? std::min<std::size_t>(grown, *m_declaredBytes) : grown);
        }
        body.append(part.data(), part.size());
    }
    m_bodyBytes += part.size();
    return part.size();
}

std::size_t Parser::on_chunk_body_impl(std::uint64_t, View part, ErrorCode& error)
{
    return on_body_impl(part, error);
}

void Parser::on_finish_impl(ErrorCode& error)
{
    if (!m_uploadFile.path().empty()) {
        m_upload.close();
        if (m_upload.fail()) error = boost::system::errc::make_error_code(boost::system::errc::no_space_on_device);
    }
}

} // namespace core::http
