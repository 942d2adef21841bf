#include "core/snapshot/primary_search.h"

#include "core/outgoing/http_call.h"

#include <boost/json/parse.hpp>

#include <chrono>

namespace core::snapshot {
namespace {

namespace json = boost::json;

constexpr std::size_t kAnswerBytesMax = 64u << 10;
constexpr std::chrono::milliseconds kCallMax{4'000};
constexpr std::chrono::milliseconds kAllMax{5'000};

/// Calls one path at every address, and returns when all have answered or the time is over. An empty text: no usable answer.
std::vector<std::string> callAll(const std::vector<std::string>& addresses, const std::string& path)
{
    std::vector<outgoing::HttpCall> calls;
    for (const auto& address : addresses) {
        calls.push_back({.url = address + "/v1/" + path,
                         .tls = {.isVerified = false},
                         .limits = {.connect = kCallMax, .total = kCallMax, .answerBytesMax = kAnswerBytesMax}});
    }
    std::vector<std::string> answers;
    for (const auto& reply : outgoing::sendAll(calls, kAllMax)) answers.emplace_back(reply.failure ? std::string_view{} : reply.body.view());
    return answers;
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
    const auto answers = callAll(addresses, "sys/replication/status");
    for (std::size_t at = 0; at < addresses.size(); ++at) {
        const auto answer = objectOf(answers[at]);
        const auto& data = member(answer, "data");
        auto here = primaryIn(member(data, "performance"), sets.performanceSetId, addresses[at]);
        if (!here) here = primaryIn(member(data, "dr"), sets.drSetId, addresses[at]);
        if (here && (!found || here->seenBy.empty())) found = std::move(here); // a primary's own answer is better than a member's
    }
    if (!found || found->address.empty()) return found;
    found->name = text(objectOf(callAll({found->address}, "sys/health").front()), "cluster_name");
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
