#pragma once

#include "core/base/temporary_file.h"
#include "core/http/message.h"

#include <boost/beast/http/basic_parser.hpp>

#include <fstream>

namespace core::http {

/// The file and limits for bodies that are too large for memory (snapshots).
struct Upload {
    std::string directory = "/tmp";
    std::uint64_t bytesMax = std::uint64_t{64} << 30;      // of one upload
    std::uint64_t freeBytesMin = std::uint64_t{256} << 20; // must stay free on the disk
};

/// Counts bodies while they arrive.
class BodyCounter {
public:
    virtual ~BodyCounter() = default;
    /// Called before `bytes` are added to the `bytesBefore` that have arrived. False: there is no room in memory.
    virtual bool takeBody(std::uint64_t bytesBefore, std::uint64_t bytes, bool isInMemory) = 0;
};

/// Beast's parser with our own storage. It keeps only the headers that the API or the audit log reads, and puts the body into
/// memory or, for uploads, into a file. Fields of a trailer section are counted and dropped. So none of them can be a token, a
/// namespace or another field that a proxy in front has checked in the head. A stock parser with fields and string_body costs 26 % more
/// CPU a request.
class Parser : public boost::beast::http::basic_parser<true> {
public:
    Parser(const Limits& limits, const Upload& upload, BodyCounter& counter);

    /// Parses bytes as they come, and returns how many it has consumed. Like put(), with two differences: empty lines before the request are
    /// skipped (RFC 9112 §2.2), and incomplete parts are bounded: a head, a chunk's line, the trailer section.
    std::size_t feed(boost::asio::const_buffer bytes, boost::beast::error_code& error);

    Message& message() { return m_message; }
    bool expectsContinue() const { return m_expectation == Expectation::Continue; }
    bool isVersion11() const { return m_isVersion11; }
    /// The client expects something that the server does not know: 417 (RFC 9110 §10.1.1).
    bool expectsUnknown() const { return m_expectation == Expectation::Unknown; }

private:
    using ErrorCode = boost::beast::error_code;
    using View = boost::beast::string_view;

    void on_request_impl(boost::beast::http::verb, View method, View target, int, ErrorCode&) override;
    void on_response_impl(int, View, int, ErrorCode&) override {}
    void on_field_impl(boost::beast::http::field, View name, View value, ErrorCode& error) override;
    void on_header_impl(ErrorCode& error) override;
    void on_body_init_impl(const boost::optional<std::uint64_t>& length, ErrorCode& error) override;
    std::size_t on_body_impl(View part, ErrorCode& error) override;
    void on_chunk_header_impl(std::uint64_t, View, ErrorCode&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, View part, ErrorCode& error) override;
    void on_finish_impl(ErrorCode& error) override;

    bool storeUpload(View part, ErrorCode& error);

    const Limits& m_limits;
    const Upload& m_uploadRules;
    BodyCounter& m_counter;
    std::uint64_t m_bodyBytes = 0;
    std::uint64_t m_roomCheckedAt = 0; // upload bytes at the last check of the disk
    std::optional<std::uint64_t> m_declaredBytes;
    Message m_message;
    std::size_t m_headerCount = 0;
    std::size_t m_hostCount = 0;
    bool m_isVersion11 = false;
    enum class Expectation { None, Continue, Unknown } m_expectation = Expectation::None;
    std::size_t m_emptyByteCount = 0; // of empty lines before the request
    std::size_t m_headByteCount = 0;
    bool m_isHeadRead = false; // later fields are trailers
    TemporaryFile m_uploadFile;
    std::ofstream m_upload;
};

} // namespace core::http
