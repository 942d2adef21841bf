#pragma once

#include "core/base/result.h"
#include "core/base/secret_bytes.h"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cli {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
    std::string method;
    std::string url;
    HeaderList headers;
    const core::SecretBytes* token = nullptr; // sent as X-Vault-Token; outlives the call
    std::optional<std::string> body;          // absent: none, not even a length
    /// Instead of `body`: fills the buffer and returns the number of bytes, 0 at the end. Sent chunked, never sent twice.
    std::function<std::size_t(char*, std::size_t)> upload;
    /// Instead of HttpResponse::body for answers below 300. Returns false if it could not store the piece.
    std::function<bool(std::string_view)> download;
};

struct HttpResponse {
    long status = 0;
    HeaderList headers; // names in lower case
    std::string body;

    std::string header(std::string_view name) const;
};

/// HTTP calls as Vault's clients make them, over one pool of connections (core/outgoing).
///
/// Follows one redirect (301, 302, 307, 308), never from https to http, and sends the body again. Retries, as often as the options
/// say, on 412, on 5xx except 501, and if no connection was made. Blocking; not thread-safe.
class HttpClient {
public:
    struct Options {
        std::string authorities; // certificates to trust, PEM; empty: the system's
        std::string clientCertificateFile;
        std::string clientKeyFile;
        std::string tlsServerName;
        bool verifiesTls = true;
        std::string unixSocket;
        std::string proxy; // URL; empty: HTTP_PROXY, HTTPS_PROXY and NO_PROXY decide
        bool followsRedirects = true;
        int retryCountMax = 0;
        std::chrono::milliseconds retryDelay{1000}; // grows by this with each try
        std::chrono::milliseconds requestGap{0};    // VAULT_RATE_LIMIT: the wait between two requests
        std::chrono::milliseconds timeout{60'000};  // of a request without upload or download; 0: none
    };

    explicit HttpClient(Options options);
    ~HttpClient();
    HttpClient(HttpClient&&) noexcept;
    HttpClient& operator=(HttpClient&&) noexcept;

    /// Every answer of a server is a value. Errors: Unavailable (no answer, with the reason), Timeout, Io (TLS, broken answer), Cancelled
    /// (`download` refused).
    core::Result<HttpResponse> perform(const HttpRequest& request);

private:
    core::Result<HttpResponse> performOnce(const HttpRequest& request, const std::string& url);

    struct Handle;
    Options m_options;
    std::unique_ptr<Handle> m_handle;
    bool m_hasAsked = false;
};

/// Escapes the characters that a URL's path must not contain; '/' stays.
std::string escapePath(std::string_view path);
/// Escapes a name or a value of a query.
std::string escapeQuery(std::string_view text);

} // namespace cli
