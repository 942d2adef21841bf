#include "core/cluster/preflight/preflight.h"

#include <boost/json/parse.hpp>

#include <curl/curl.h>

#include <memory>
#include <mutex>

namespace core::cluster {

namespace {

namespace json = boost::json;

constexpr std::size_t kAnswerBytesMax = 256u << 10;
constexpr long kConnectMsMax = 4'000;
constexpr long kCallMsMax = 6'000;
constexpr long kCheckBackMsMax = 45'000; // the other end does a whole run

std::size_t appendAnswer(char* data, std::size_t size, std::size_t count, void* out)
{
    auto& answer = *static_cast<std::string*>(out);
    if (answer.size() + size * count > kAnswerBytesMax) return 0;
    answer.append(data, size * count);
    return size * count;
}

} // namespace

ApiFacts Preflight::call(const Options& options, const char* method, const std::string& path, const std::string& body, const std::string& token) const
{
    static std::once_flag isReady;
    std::call_once(isReady, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    ApiFacts facts;
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl{curl_easy_init(), curl_easy_cleanup};
    if (!curl) {
        facts.error = "no HTTP client";
        return facts;
    }
    const std::string url = options.apiAddress + "/v1/" + path;
    std::string answer;
    curl_slist* list = curl_slist_append(nullptr, "X-Vault-Request: true");
    list = curl_slist_append(list, "Content-Type: application/json");
    if (!token.empty()) list = curl_slist_append(list, ("X-Vault-Token: " + token).c_str());
    const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers{list, curl_slist_free_all};
    CURL* const handle = curl.get();
    curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, method);
    if (!body.empty()) {
        curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body.c_str());
        curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    }
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, appendAnswer);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, kConnectMsMax);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, token.empty() ? kCallMsMax : kCheckBackMsMax);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    // No proxy and no redirect: the request must go to the address that was checked, or nowhere.
    curl_easy_setopt(handle, CURLOPT_PROXY, "");
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    if (!options.caPem.empty()) {
        curl_blob blob{const_cast<char*>(options.caPem.data()), options.caPem.size(), CURL_BLOB_NOCOPY};
        curl_easy_setopt(handle, CURLOPT_CAINFO_BLOB, &blob);
    } else if (!options.caFile.empty()) {
        curl_easy_setopt(handle, CURLOPT_CAINFO, options.caFile.c_str());
    }
    // Reachability and trust are two findings. As long as no secret is sent, an untrusted certificate is no reason to stop.
    if (token.empty() && body.empty()) {
        curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    facts.askedAt = m_services.clock.now();
    const CURLcode code = curl_easy_perform(handle);
    facts.answeredAt = m_services.clock.now();
    if (code != CURLE_OK) {
        facts.error = code == CURLE_WRITE_ERROR ? "the answer is too large" : curl_easy_strerror(code);
        return facts;
    }
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    facts.isReached = true;
    facts.status = static_cast<int>(status);
    json::error_code failed;
    json::parse_options limits;
    limits.max_depth = 16;
    auto parsed = json::parse(answer, failed, {}, limits);
    if (!failed && parsed.is_object()) facts.body = std::move(parsed.get_object());
    return facts;
}

} // namespace core::cluster
