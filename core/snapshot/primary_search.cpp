#include "core/snapshot/primary_search.h"

#include <boost/json/parse.hpp>

#include <curl/curl.h>

#include <chrono>
#include <memory>
#include <mutex>

namespace core::snapshot {
namespace {

namespace json = boost::json;

constexpr std::size_t kAnswerBytesMax = 64u << 10;
constexpr long kCallMsMax = 4'000;
constexpr std::chrono::milliseconds kAllMax{5'000};

struct Call {
    std::string address; // of the API
    std::string answer;
    std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl{nullptr, curl_easy_cleanup};
};

std::size_t appendAnswer(char* data, std::size_t size, std::size_t count, void* out)
{
    auto& answer = *static_cast<std::string*>(out);
    if (answer.size() + size * count > kAnswerBytesMax) return 0;
    answer.append(data, size * count);
    return size * count;
}

/// Calls one path at every address, and returns when all have answered or the time is over.
std::vector<Call> callAll(const std::vector<std::string>& addresses, const std::string& path)
{
    static std::once_flag isReady;
    std::call_once(isReady, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    std::vector<Call> calls(addresses.size()); // their addresses must not change: curl keeps pointers
    const std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)> multi{curl_multi_init(), curl_multi_cleanup};
    if (!multi) return calls;
    for (std::size_t at = 0; at < calls.size(); ++at) {
        auto& call = calls[at];
        call.address = addresses[at];
        call.curl.reset(curl_easy_init());
        CURL* const handle = call.curl.get();
        if (handle == nullptr) continue;
        curl_easy_setopt(handle, CURLOPT_URL, (call.address + "/v1/" + path).c_str());
        curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, appendAnswer);
        curl_easy_setopt(handle, CURLOPT_WRITEDATA, &call.answer);
        curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, kCallMsMax);
        curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(handle, CURLOPT_PROXY, "");
        curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
        curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
        curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 0L);
        curl_multi_add_handle(multi.get(), handle);
    }
    const auto until = std::chrono::steady_clock::now() + kAllMax;
    for (int running = 1; running > 0 && std::chrono::steady_clock::now() < until;) {
        if (curl_multi_perform(multi.get(), &running) != CURLM_OK) break;
        if (running > 0) curl_multi_poll(multi.get(), nullptr, 0, 200, nullptr);
    }
    for (auto& call : calls) {
        if (call.curl) curl_multi_remove_handle(multi.get(), call.curl.get());
        call.curl.reset();
    }
    return calls;
}

json::object objectOf(const std::string& text)
{
    json::error_code failed;
    json::parse_options limits;
    limits.max_depth = 16;
    auto parsed = json::parse(text, failed, {}, limits);
    return !failed && parsed.is_object() ? std::move(parsed.get_object()) : json::object{};
}

const json::object& member(const json::object& object, const char* name)
{
    static const json::object none;
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_object() ? value->get_object() : none;
}

std::string text(const json::object& object, const char* name)
{
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string{value->get_string()} : std::string{};
}

/// What a member's answer says about the primary of a set.
std::optional<FoundPrimary> primaryIn(const json::object& status, const std::string& setId, const std::string& address)
{
    if (setId.empty() || text(status, "cluster_id") != setId) return std::nullopt;
    if (text(status, "mode") == "primary") return FoundPrimary{{}, address, {}};
    const auto* primaries = status.if_contains("primaries");
    if (primaries == nullptr || !primaries->is_array()) return std::nullopt;
    for (const auto& each : primaries->get_array()) {
        if (!each.is_object() || text(each.get_object(), "connection_status") != "connected") continue;
        return FoundPrimary{{}, text(each.get_object(), "api_address"), address};
    }
    return std::nullopt;
}

} // namespace

std::optional<FoundPrimary> findPrimary(const Sets& sets, const std::string& ownAddress)
{
    std::vector<std::string> addresses;
    for (const auto& each : sets.members) {
        if (!each.apiAddress.empty() && each.apiAddress != ownAddress) addresses.push_back(each.apiAddress);
    }
    if (addresses.empty()) return std::nullopt;
    std::optional<FoundPrimary> found;
    for (const auto& call : callAll(addresses, "sys/replication/status")) {
        const auto answer = objectOf(call.answer);
        const auto& data = member(answer, "data");
        auto here = primaryIn(member(data, "performance"), sets.performanceSetId, call.address);
        if (!here) here = primaryIn(member(data, "dr"), sets.drSetId, call.address);
        if (here && (!found || here->seenBy.empty())) found = std::move(here); // a primary's own answer is better than a member's
    }
    if (!found || found->address.empty()) return found;
    found->name = text(objectOf(callAll({found->address}, "sys/health").front().answer), "cluster_name");
    return found;
}

std::vector<std::string> stepsToBringBack(const Sets& sets)
{
    std::vector<std::string> steps;
    const auto addRecovery = [&steps](const char* type, const std::string& setId) {
        steps.push_back("With a root token: sys/replication/" + std::string{type} + "/primary/enable recover=true set_id=" + setId +
                        " (holdfast replication recover-primary -type=" + type + " -set-id=" + setId + ").");
    };
    const auto has = [&sets](std::string_view type) {
        for (const auto& each : sets.members) {
            if (!each.id.empty() && each.type == type) return true;
        }
        return false;
    };
    if (!sets.performanceSetId.empty() && has("performance")) addRecovery("performance", sets.performanceSetId);
    if (!sets.drSetId.empty() && has("dr")) addRecovery("dr", sets.drSetId);
    for (const auto& each : sets.members) {
        if (each.id.empty()) continue; // the saved cluster itself
        const auto path = "sys/replication/" + each.type;
        steps.push_back("Member " + each.id + (each.apiAddress.empty() ? "" : " (" + each.apiAddress + ")") + ": make a token here (" + path +
                        "/primary/secondary-token id=" + each.id + ") and give it to the member (" + path +
                        "/secondary/update-primary). Its data stays.");
    }
    if (!steps.empty())
        steps.insert(steps.begin(), "Keep the former primary off: if it starts again from its old storage, two clusters accept writes.");
    return steps;
}

} // namespace core::snapshot
