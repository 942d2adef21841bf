#include "app/holdfast/client/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <thread>

namespace cli {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

/// curl's list of header lines. The destructor wipes it, because one line has the token.
class HeaderLines {
public:
    HeaderLines() = default;
    HeaderLines(const HeaderLines&) = delete;
    HeaderLines& operator=(const HeaderLines&) = delete;
    ~HeaderLines()
    {
        for (auto* line = m_list; line; line = line->next) core::wipe(line->data, std::char_traits<char>::length(line->data));
        curl_slist_free_all(m_list);
    }
    void add(const char* line)
    {
        if (auto* list = curl_slist_append(m_list, line)) m_list = list;
    }
    curl_slist* get() const { return m_list; }

private:
    curl_slist* m_list = nullptr;
};

struct Transfer {
    const HttpRequest* request = nullptr;
    CURL* curl = nullptr;
    HttpResponse response;
    bool wasRefused = false;
};

std::size_t takeHeader(char* data, std::size_t size, std::size_t count, void* user)
{
    auto& transfer = *static_cast<Transfer*>(user);
    std::string_view line{data, size * count};
    if (line.starts_with("HTTP/")) transfer.response.headers.clear(); // drops the headers of an interim answer
    if (const auto colon = line.find(':'); colon != std::string_view::npos) {
        std::string name{line.substr(0, colon)};
        std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        auto value = line.substr(colon + 1);
        while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
        while (!value.empty() && (value.back() == '\r' || value.back() == '\n' || value.back() == ' ')) value.remove_suffix(1);
        transfer.response.headers.emplace_back(std::move(name), value);
    }
    return size * count;
}

std::size_t takeBody(char* data, std::size_t size, std::size_t count, void* user)
{
    auto& transfer = *static_cast<Transfer*>(user);
    const std::string_view piece{data, size * count};
    long status = 0;
    curl_easy_getinfo(transfer.curl, CURLINFO_RESPONSE_CODE, &status);
    if (transfer.request->download && status < 300) {
        if (transfer.request->download(piece)) return piece.size();
        transfer.wasRefused = true;
        return 0;
    }
    transfer.response.body.append(piece);
    return piece.size();
}

std::size_t giveBody(char* buffer, std::size_t size, std::size_t count, void* user)
{
    return static_cast<Transfer*>(user)->request->upload(buffer, size * count);
}

bool isRedirect(long status)
{
    return status == 301 || status == 302 || status == 307 || status == 308;
}
bool isWorthRetrying(long status)
{
    return status == 412 || (status >= 500 && status != 501);
}

std::string escape(std::string_view text, std::string_view alsoPlain)
{
    constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    constexpr char kHex[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        if (kPlain.find(c) != std::string_view::npos || alsoPlain.find(c) != std::string_view::npos) {
            out += c;
        } else {
            out.append(1, '%').append(1, kHex[(static_cast<unsigned char>(c) >> 4)]).append(1, kHex[c & 0xf]);
        }
    }
    return out;
}

/// "https", "host", "8200" of a URL; without a port, the default port of the scheme.
struct Origin {
    std::string scheme;
    std::string host;
    std::string port;
};

Origin originOf(std::string_view url)
{
    const auto scheme = url.substr(0, url.find("://"));
    auto authority = url.substr(std::min(url.size(), scheme.size() + 3));
    authority = authority.substr(0, authority.find_first_of("/?#"));
    const auto colon = authority.rfind(':');
    const bool hasPort = colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
    return {std::string{scheme}, std::string{authority.substr(0, hasPort ? colon : authority.size())},
            hasPort ? std::string{authority.substr(colon + 1)} : (scheme == "https" ? "443" : "80")};
}

/// As in Go's clients, an address of this machine is never reached over a proxy of the environment.
bool isLoopback(std::string_view host)
{
    return host == "localhost" || host == "[::1]" || host.starts_with("127.");
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
    return escape(path, "/$&+,:;=@!*'()");
}
std::string escapeQuery(std::string_view text)
{
    return escape(text, "/:@");
}

struct HttpClient::Handle {
    Handle() { curl_global_init(CURL_GLOBAL_DEFAULT); }
    ~Handle() { curl_easy_cleanup(curl); }
    CURL* curl = curl_easy_init();
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
            auto target = response->header("location");
            if (target.starts_with("/")) {
                const auto origin = originOf(url);
                target.insert(0, origin.scheme + "://" + origin.host + ":" + origin.port);
            }
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
    CURL* curl = m_handle->curl;
    if (!curl) return Error{ErrorCode::Internal, "libcurl could not be started"};
    curl_easy_reset(curl);
    Transfer transfer{&request, curl, {}, false};
    char reason[CURL_ERROR_SIZE] = "";
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "gzip");
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "holdfast/" HOLDFAST_VERSION);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, 30'000L);
    if (!request.upload && !request.download) curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(m_options.timeout.count()));

    HeaderLines lines;
    for (const auto& [name, value] : request.headers) {
        lines.add((value.empty() ? name + ";" : name + ": " + value).c_str()); // curl's way to say "empty, but sent"
    }
    if (request.token && !request.token->empty()) {
        std::string line{"X-Vault-Token: "};
        line.reserve(line.size() + request.token->size());
        line += request.token->view();
        lines.add(line.c_str());
        core::wipe(line);
    }
    lines.add("Expect:");
    lines.add("Content-Type:"); // libcurl would add a wrong type; the API needs none for JSON

    std::string address = url;
    std::string connectTo;
    if (!m_options.tlsServerName.empty() && url.starts_with("https:")) {
        const auto origin = originOf(url);
        connectTo = m_options.tlsServerName + ":" + origin.port + ":" + origin.host + ":" + origin.port;
        const auto rest = url.find_first_of("/?#", sizeof "https://" - 1);
        address = "https://" + m_options.tlsServerName + ":" + origin.port + (rest == std::string::npos ? "" : url.substr(rest));
        lines.add(("Host: " + origin.host + ":" + origin.port).c_str());
    }
    HeaderLines route;
    if (!connectTo.empty()) {
        route.add(connectTo.c_str());
        curl_easy_setopt(curl, CURLOPT_CONNECT_TO, route.get());
    }
    curl_easy_setopt(curl, CURLOPT_URL, address.c_str());
    if (!m_options.proxy.empty()) { // a proxy for this program serves all addresses, even those of this machine
        curl_easy_setopt(curl, CURLOPT_PROXY, m_options.proxy.c_str());
        curl_easy_setopt(curl, CURLOPT_NOPROXY, "");
    } else if (isLoopback(originOf(url).host)) {
        curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    }
    if (!m_options.unixSocket.empty()) curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, m_options.unixSocket.c_str());
    if (!m_options.authorities.empty()) {
        curl_blob blob{const_cast<char*>(m_options.authorities.data()), m_options.authorities.size(), CURL_BLOB_NOCOPY};
        curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &blob);
        curl_easy_setopt(curl, CURLOPT_CAINFO, nullptr);
        curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
    }
    if (!m_options.clientCertificateFile.empty()) curl_easy_setopt(curl, CURLOPT_SSLCERT, m_options.clientCertificateFile.c_str());
    if (!m_options.clientKeyFile.empty()) curl_easy_setopt(curl, CURLOPT_SSLKEY, m_options.clientKeyFile.c_str());
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, m_options.verifiesTls ? 1L : 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, m_options.verifiesTls ? 2L : 0L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));

    if (request.upload) {
        curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(curl, CURLOPT_READFUNCTION, giveBody);
        curl_easy_setopt(curl, CURLOPT_READDATA, &transfer);
        lines.add("Transfer-Encoding: chunked");
    } else if (request.body) {
        curl_easy_setopt(curl, CURLOPT_POST, 1L);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body->c_str());
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body->size()));
    } else if (request.method == "HEAD") {
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    } else if (request.method == "PUT" || request.method == "POST") {
        curl_easy_setopt(curl, CURLOPT_POST, 1L);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, 0L);
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, lines.get());
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, takeHeader);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &transfer);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, takeBody);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);

    const auto code = curl_easy_perform(curl);
    if (code == CURLE_OK) {
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &transfer.response.status);
        return std::move(transfer.response);
    }
    const std::string detail = reason[0] ? reason : curl_easy_strerror(code);
    if (transfer.wasRefused) return Error{ErrorCode::Cancelled, "the answer could not be stored"};
    if (code == CURLE_OPERATION_TIMEDOUT) return Error{ErrorCode::Timeout, "context deadline exceeded (" + detail + ")"};
    if (code == CURLE_COULDNT_CONNECT && !m_options.unixSocket.empty()) {
        return Error{ErrorCode::Unavailable, "no server listens at the socket " + m_options.unixSocket};
    }
    if (code == CURLE_COULDNT_CONNECT) return Error{ErrorCode::Unavailable, "connection refused or host not reachable (" + detail + ")"};
    if (code == CURLE_SSL_CONNECT_ERROR &&
        (detail.find("wrong version number") != std::string::npos || detail.find("http request") != std::string::npos)) {
        return Error{ErrorCode::Io,
                     "server gave HTTP response to HTTPS client. It listens without TLS at this address. Use http:// in -address or VAULT_ADDR, or "
                     "enable TLS on the server"};
    }
    if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR) {
        return Error{ErrorCode::Unavailable, detail};
    }
    return Error{ErrorCode::Io, detail};
}

} // namespace cli
