#pragma once

#include "core/outgoing/http_call.h"

#include <curl/curl.h>

#include <array>
#include <memory>

namespace core::outgoing {

using EasyHandle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;

/// curl's list of header lines. The destructor wipes it, because a line can hold a token.
class HeaderLines {
public:
    HeaderLines() = default;
    HeaderLines(const HeaderLines&) = delete;
    HeaderLines& operator=(const HeaderLines&) = delete;
    ~HeaderLines();
    void add(const char* line);
    curl_slist* get() const { return m_list; }

private:
    curl_slist* m_list = nullptr;
};

/// One call on a handle of libcurl: sets all options, and collects the answer. The object must not move, because curl keeps pointers to it.
class Transfer {
public:
    Transfer(CURL* curl, const HttpCall& call);
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    /// The reply of a call that ended with `code`. Once.
    HttpReply finish(CURLcode code);

private:
    template<class Value>
    void set(CURLoption option, Value value)
    {
        curl_easy_setopt(m_curl, option, value);
    }
    void setBlob(CURLoption option, std::string_view bytes);
    bool hasBody() const;
    void setRoute();
    void setHeaders();
    void setBody();
    void setTls();
    void setLimits();
    void setSignature();

    static std::size_t takeHeader(char* data, std::size_t size, std::size_t count, void* transfer);
    static std::size_t takeBody(char* data, std::size_t size, std::size_t count, void* transfer);
    static std::size_t giveBody(char* buffer, std::size_t size, std::size_t count, void* transfer);
    static int rewindBody(void* transfer, curl_off_t offset, int origin);
    static int shouldEnd(void* transfer, curl_off_t, curl_off_t, curl_off_t, curl_off_t);

    CURL* const m_curl;
    const HttpCall& m_call;
    HttpReply m_reply;
    HeaderLines m_headers, m_route;
    std::array<char, CURL_ERROR_SIZE> m_detail{};
    std::optional<CallFailure::Kind> m_endedBy; // why a callback has ended the call
    bool m_isUrlRefused = false;
};

} // namespace core::outgoing
