#pragma once

#include "app/holdfast/text/arguments.h"
#include "app/holdfast/text/context.h"
#include "app/holdfast/client/http_client.h"
#include "app/holdfast/text/secret.h"

#include <optional>

namespace cli {

/// One call of the API. `path` is below /v1/ and not escaped.
struct ApiRequest {
    std::string method = "GET";
    std::string path;
    std::vector<std::pair<std::string, std::string>> query = {};
    std::optional<std::string> body = {};
    HeaderList headers = {};
    bool isWrapped = true; // -wrap-ttl applies
    bool sendsToken = true;
    bool isPreparation = false; // is sent even with -output-curl-string, which prints the main call
    std::function<std::size_t(char*, std::size_t)> upload = {};
    std::function<bool(std::string_view)> download = {};
};

/// Speaks Vault's HTTP API for one command. Address, token, TLS, namespace and wrapping come from the options and the
/// environment. Not thread-safe.
class Client {
public:
    /// Errors: InvalidArgument (a bad address, duration or number), Io (the token file cannot be read).
    static core::Result<Client> open(const Arguments& arguments, const Context& context);

    /// A client that cannot make calls, for commands that need no server.
    static Client idle() { return Client{HttpClient{HttpClient::Options{}}}; }

    const std::string& address() const { return m_address; }
    const core::SecretBytes& token() const { return m_token; }
    void setToken(core::SecretBytes token) { m_token = std::move(token); }
    void setAddress(std::string address);
    void stopWrapping() { m_wrapTtl.clear(); }
    /// The warnings of the last refusal. They explain a 404 to a write.
    std::optional<Secret> takeExplanation() { return std::exchange(m_explanation, std::nullopt); }
    void wrapByDefault(std::string ttl)
    {
        if (m_wrapTtl.empty()) m_wrapTtl = std::move(ttl);
    }

    /// Returns an answer below 400, or a 404 to a read that has data or warnings. Errors have the text for the user as detail: NotFound
    /// (404), PermissionDenied (403), Sealed (503), Unsupported (405), Conflict (412), InvalidArgument (other 4xx), Internal (5xx),
    /// those of HttpClient. Cancelled: -output-curl-string or -output-policy; the detail is the text to print.
    core::Result<HttpResponse> send(const ApiRequest& request);

    /// An answer with its body decoded; none if the body is empty. A 404 without content is no error, but no answer. A body without an
    /// envelope becomes the envelope's data.
    core::Result<std::optional<Secret>> call(const ApiRequest& request);

    core::Result<std::optional<Secret>> read(std::string path, std::vector<std::pair<std::string, std::string>> query = {});
    core::Result<std::optional<Secret>> list(std::string path);
    core::Result<std::optional<Secret>> write(std::string path, const Json& body, std::string method = "PUT");
    core::Result<std::optional<Secret>> remove(std::string path, std::vector<std::pair<std::string, std::string>> query = {});

    /// The answer itself, such as `{"a":1}`, for endpoints that have no envelope. Errors: as send(), Corrupt (not JSON).
    core::Result<Json> readFlat(std::string path);
    core::Result<Json> writeFlat(std::string path, const Json& body, std::string method = "PUT");

private:
    Client(HttpClient http) : m_http{std::move(http)} {}
    std::string urlOf(const ApiRequest& request) const;
    std::string asCurl(const ApiRequest& request, const HeaderList& headers) const;
    std::string asPolicy(const ApiRequest& request) const;

    HttpClient m_http;
    std::string m_address;
    core::SecretBytes m_token;
    std::string m_namespace;
    std::string m_wrapTtl;
    HeaderList m_headers;
    bool m_printsCurl = false;
    bool m_printsPolicy = false;
    std::optional<Secret> m_explanation;
};

/// The options that every command which talks to a server takes.
std::span<const Flag> httpFlags();

} // namespace cli
