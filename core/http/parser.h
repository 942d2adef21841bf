#pragma once

#include "core/http/message.h"

#include <boost/beast/http/basic_parser.hpp>

#include <fstream>

namespace core::http {

/// Beast's parser with our own storage: keeps only the headers that the API or the audit log reads, and sends the body to
/// memory or, for uploads, to a file. A stock parser with fields and string_body costs 26 % more CPU a request.
class Parser : public boost::beast::http::basic_parser<true> {
public:
    Parser(const Limits& limits, std::string uploadDirectory);
    ~Parser() override;

    Message& message() { return m_message; }
    bool expectsContinue() const { return m_expectsContinue; }
    /// The upload file, now the caller's to delete.
    void releaseUpload() { m_uploadPath.clear(); }

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

    const Limits& m_limits;
    std::string m_uploadDirectory;
    Message m_message;
    std::size_t m_headerCount = 0;
    std::size_t m_hostCount = 0;
    bool m_isVersion11 = false;
    bool m_expectsContinue = false;
    std::string m_uploadPath;
    std::ofstream m_upload;
};

} // namespace core::http
