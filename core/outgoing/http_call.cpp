#include "core/outgoing/http_call.h"

#include "core/outgoing/transfer.h"

#include <algorithm>
#include <cstring>
#include <mutex>

namespace core::outgoing {
namespace {

void startLibrary()
{
    static std::once_flag isStarted;
    std::call_once(isStarted, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

HttpReply notStarted()
{
    HttpReply reply;
    reply.failure = CallFailure{.kind = CallFailure::Kind::Other, .text = "no HTTP client", .detail = "no HTTP client"};
    return reply;
}

} // namespace

bool AnswerBody::append(std::string_view bytes, std::size_t bytesMax)
{
    constexpr std::size_t kRoomMin = 4096;
    if (bytes.size() > bytesMax || m_size > bytesMax - bytes.size()) return false;
    if (m_bytes.size() - m_size < bytes.size()) {
        SecretBytes larger{std::min(std::max({kRoomMin, m_bytes.size() * 2, m_size + bytes.size()}), std::max(bytesMax, m_size + bytes.size()))};
        if (m_size > 0) std::memcpy(larger.data(), m_bytes.data(), m_size);
        m_bytes = std::move(larger); // wipes what it had
    }
    if (!bytes.empty()) std::memcpy(m_bytes.data() + m_size, bytes.data(), bytes.size());
    m_size += bytes.size();
    return true;
}

std::string HttpReply::header(std::string_view name) const
{
    const auto found = std::ranges::find(headers, name, &HeaderList::value_type::first);
    return found != headers.end() ? found->second : std::string{};
}

struct HttpSender::Handle {
    EasyHandle curl{curl_easy_init(), curl_easy_cleanup};
};

HttpSender::HttpSender()
{
    startLibrary();
    m_handle = std::make_unique<Handle>();
}

HttpSender::~HttpSender() = default;
HttpSender::HttpSender(HttpSender&&) noexcept = default;
HttpSender& HttpSender::operator=(HttpSender&&) noexcept = default;

HttpReply HttpSender::send(const HttpCall& call)
{
    CURL* const curl = m_handle->curl.get();
    if (curl == nullptr) return notStarted();
    Transfer transfer{curl, call};
    return transfer.finish(curl_easy_perform(curl));
}

std::vector<HttpReply> sendAll(std::span<const HttpCall> calls, std::chrono::milliseconds time)
{
    startLibrary();
    const std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)> multi{curl_multi_init(), curl_multi_cleanup};
    std::vector<EasyHandle> handles;
    std::vector<std::unique_ptr<Transfer>> transfers;
    for (const auto& call : calls) {
        handles.emplace_back(curl_easy_init(), curl_easy_cleanup);
        CURL* const curl = handles.back().get();
        transfers.push_back(curl != nullptr && multi ? std::make_unique<Transfer>(curl, call) : nullptr);
        if (transfers.back()) curl_multi_add_handle(multi.get(), curl);
    }
    const auto until = std::chrono::steady_clock::now() + time;
    for (int running = 1; multi && running > 0 && std::chrono::steady_clock::now() < until;) {
        if (curl_multi_perform(multi.get(), &running) != CURLM_OK) break;
        if (running > 0) curl_multi_poll(multi.get(), nullptr, 0, 200, nullptr);
    }
    std::vector<CURLcode> codes(calls.size(), CURLE_OPERATION_TIMEDOUT);
    for (int left = 0; const CURLMsg* message = multi ? curl_multi_info_read(multi.get(), &left) : nullptr;) {
        const auto at = std::ranges::find(handles, message->easy_handle, &EasyHandle::get) - handles.begin();
        if (message->msg == CURLMSG_DONE) codes[static_cast<std::size_t>(at)] = message->data.result;
    }
    std::vector<HttpReply> replies;
    for (std::size_t at = 0; at < calls.size(); ++at) {
        if (transfers[at]) curl_multi_remove_handle(multi.get(), handles[at].get());
        replies.push_back(transfers[at] ? transfers[at]->finish(codes[at]) : notStarted());
    }
    return replies;
}

} // namespace core::outgoing
