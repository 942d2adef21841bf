#include "core/cluster/preflight/preflight.h"

#include "core/outgoing/http_call.h"

#include <boost/json/parse.hpp>

namespace core::cluster {

namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

constexpr outgoing::CallLimits kLimits{.connect = 4s, .total = 6s, .answerBytesMax = 256u << 10};
constexpr std::chrono::milliseconds kCheckBackMax{45s}; // the other end does a whole run

} // namespace

ApiFacts Preflight::call(const Options& options, const char* method, const std::string& path, std::string_view body, const SecretBytes& token) const
{
    outgoing::HttpCall call{.method = method, .url = options.apiAddress + "/v1/" + path, .limits = kLimits};
    call.headers = {{"X-Vault-Request", "true"}, {"Content-Type", "application/json"}};
    call.secretHeaders = {{"X-Vault-Token", &token}};
    if (!body.empty()) call.body = body;
    if (!token.empty()) call.limits.total = kCheckBackMax;
    call.tls.authorities = options.caPem;
    call.tls.authorityFile = options.caFile;
    // Reachability and trust are two findings. As long as no secret is sent, an untrusted certificate is no reason to stop.
    call.tls.isVerified = !token.empty() || !body.empty();
    ApiFacts facts;
    facts.askedAt = m_services.clock.now();
    const auto reply = outgoing::HttpSender{}.send(call);
    facts.answeredAt = m_services.clock.now();
    if (reply.failure) {
        facts.error = reply.failure->kind == outgoing::CallFailure::Kind::TooLarge ? "the answer is too large" : reply.failure->text;
        return facts;
    }
    facts.isReached = true;
    facts.status = static_cast<int>(reply.status);
    json::error_code failed;
    json::parse_options limits;
    limits.max_depth = 16;
    auto parsed = json::parse(reply.body.view(), failed, {}, limits);
    if (!failed && parsed.is_object()) facts.body = std::move(parsed.get_object());
    return facts;
}

} // namespace core::cluster
