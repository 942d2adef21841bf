#include "app/holdfast/client/http_client.h"

#include "core/base/origin.h"
#include "core/base/percent.h"
#include "core/outgoing/http_call.h"

#include <thread>

namespace cli {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

constexpr std::size_t kAnswerBytesMax = std::size_t{1} << 30; // the largest lists are far smaller

bool isRedirect(long status)
{
    return status == 301 || status == 302 || status == 307 || status == 308;
}
bool isWorthRetrying(long status)
{
    return status == 412 || (status >= 500 && status != 501);
}

/// As in Go's clients, an address of this machine is never reached over a proxy of the environment.
bool isOfThisMachine(const std::string& url)
{
    const auto origin = core::originOfUrl(url);
    return origin && origin->isLoopback();
}

/// What a redirect leads to. `location` can be a path of the same server.
std::string targetOf(const std::string& location, const std::string& url)
{
    const auto origin = core::originOfUrl(url);
    return origin && location.starts_with('/') ? origin->text() + location : location;
}

core::outgoing::HttpCall callOf(const HttpRequest& request, const std::string& url, const HttpClient::Options& options)
{
    const bool hasStream = request.upload || request.download;
    core::outgoing::HttpCall call{
        .method = request.method, .url = url, .headers = request.headers, .secretHeaders = {{"X-Vault-Token", request.token}}};
    call.userAgent = "holdfast/" HOLDFAST_VERSION;
    if (request.body) call.body = *request.body;
    if (request.upload) call.upload = [&request](char* buffer, std::size_t room) { return std::optional{request.upload(buffer, room)}; };
    call.download = request.download;
    call.tls.isVerified = options.verifiesTls;
    call.tls.authorities = options.authorities;
    call.tls.clientCertificateFile = options.clientCertificateFile;
    call.tls.clientKeyFile = options.clientKeyFile;
    call.tls.serverName = options.tlsServerName;
    call.limits = {
        .connect = std::chrono::seconds{30}, .total = hasStream ? std::chrono::milliseconds{0} : options.timeout, .answerBytesMax = kAnswerBytesMax};
    call.proxy = std::nullopt;
    if (!options.proxy.empty()) call.proxy = options.proxy; // a proxy for this program serves all addresses, even those of this machine
    else if (isOfThisMachine(url)) call.proxy = "";
    call.unixSocket = options.unixSocket;
    call.acceptsGzip = true;
    return call;
}

/// The error in the words of Vault's clients, where they have some.
Error errorOf(const core::outgoing::CallFailure& failure, const std::string& unixSocket)
{
    using Kind = core::outgoing::CallFailure::Kind;
    const auto& detail = failure.detail;
    switch (failure.kind) {
    case Kind::NotStored: return Error{ErrorCode::Cancelled, "the answer could not be stored"};
    case Kind::Timeout: return Error{ErrorCode::Timeout, "context deadline exceeded (" + detail + ")"};
    case Kind::NotConnected:
        if (!unixSocket.empty()) return Error{ErrorCode::Unavailable, "no server listens at the socket " + unixSocket};
        return Error{ErrorCode::Unavailable, "connection refused or host not reachable (" + detail + ")"};
    case Kind::Tls:
        if (detail.find("wrong version number") == std::string::npos && detail.find("http request") == std::string::npos) break;
        return Error{ErrorCode::Io,
                     "server gave HTTP response to HTTPS client. It listens without TLS at this address. Use http:// in -address or VAULT_ADDR, or "
                     "enable TLS on the server"};
    case Kind::UnknownHost:
    case Kind::ConnectionLost: return Error{ErrorCode::Unavailable, detail};
    default: break;
    }
    return Error{ErrorCode::Io, detail};
}

} // namespace

std::string HttpResponse::header(std::string_view name) const
{
    for (const auto& [key, value] : headers) {
        if (key == name) return value;
    }
    return {};
}

std::string escapePath(std::string_view path)
{
    return core::percentEncoded(path, "/$&+,:;=@!*'()");
}
std::string escapeQuery(std::string_view text)
{
    return core::percentEncoded(text, "/:@");
}

struct HttpClient::Handle {
    core::outgoing::HttpSender sender;
};

HttpClient::HttpClient(Options options) : m_options{std::move(options)}, m_handle{std::make_unique<Handle>()} {}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;

Result<HttpResponse> HttpClient::perform(const HttpRequest& request)
{
    std::string url = request.url;
    bool wasRedirected = false;
    if (std::exchange(m_hasAsked, true)) std::this_thread::sleep_for(m_options.requestGap);
    for (int tries = 0;;) {
        auto response = performOnce(request, url);
        const bool mayRepeat = !request.upload;
        if (response && isRedirect(response->status) && !m_options.followsRedirects) { // the server did nothing, so this is no success
            return Error{ErrorCode::Io, "redirected to " + response->header("location") + ", which is not followed (VAULT_DISABLE_REDIRECTS)"};
        }
        if (response && isRedirect(response->status) && !wasRedirected && mayRepeat) {
            const auto target = targetOf(response->header("location"), url);
            if (url.starts_with("https:") && !target.starts_with("https:")) {
                return Error{ErrorCode::Unavailable, "redirect would cause protocol downgrade"};
            }
            wasRedirected = true;
            url = target;
            continue;
        }
        if (response && isRedirect(response->status)) {
            response = Error{ErrorCode::Unavailable, "redirected again to " + response->header("location") + ", which is not followed"};
        }
        const bool canTryAgain = mayRepeat && tries < m_options.retryCountMax;
        const bool shouldTryAgain = response ? isWorthRetrying(response->status) : response.error().code == ErrorCode::Unavailable;
        if (!canTryAgain || !shouldTryAgain) return response;
        ++tries;
        std::this_thread::sleep_for(m_options.retryDelay * tries);
    }
}

Result<HttpResponse> HttpClient::performOnce(const HttpRequest& request, const std::string& url)
{
    auto reply = m_handle->sender.send(callOf(request, url, m_options));
    if (reply.failure) return errorOf(*reply.failure, m_options.unixSocket);
    return HttpResponse{reply.status, std::move(reply.headers), std::string{reply.body.view()}};
}

} // namespace cli
