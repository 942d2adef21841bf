#include "app/holdfast/client/client.h"

#include "app/holdfast/client/sudo_paths.h"
#include "app/holdfast/client/token_store.h"
#include "app/holdfast/client/trusted_certificates.h"
#include "core/base/duration.h"
#include "core/base/go_text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <fstream>
#include <iterator>

namespace cli {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

constexpr Flag kHttpFlags[] = {
    {"address", FlagKind::Text, "Address of the server (VAULT_ADDR, default https://127.0.0.1:8200)."},
    {"agent-address", FlagKind::Text, "Address of an agent to ask instead of the server (VAULT_AGENT_ADDR)."},
    {"ca-cert", FlagKind::Text, "File with the CA certificates to trust, PEM (VAULT_CACERT)."},
    {"ca-path", FlagKind::Text, "Directory of CA certificates to trust (VAULT_CAPATH)."},
    {"client-cert", FlagKind::Text, "Certificate to show to the server, PEM (VAULT_CLIENT_CERT)."},
    {"client-key", FlagKind::Text, "Private key of that certificate, PEM (VAULT_CLIENT_KEY)."},
    {"tls-server-name", FlagKind::Text, "Name to expect in the server's certificate (VAULT_TLS_SERVER_NAME)."},
    {"tls-skip-verify", FlagKind::Switch, "Do not check the server's certificate (VAULT_SKIP_VERIFY)."},
    {"namespace", FlagKind::Text, "Namespace of the request (VAULT_NAMESPACE).", "ns"},
    {"header", FlagKind::Pairs, "KEY=VALUE header to add to the request."},
    {"wrap-ttl", FlagKind::Duration, "Wrap the answer in a token with this lifetime (VAULT_WRAP_TTL)."},
    {"mfa", FlagKind::Repeated, "MFA credentials to send along (VAULT_MFA)."},
    {"policy-override", FlagKind::Switch, "Override soft-mandatory policies."},
    {"output-curl-string", FlagKind::Switch, "Print the curl command for the request instead of sending it."},
    {"output-policy", FlagKind::Switch, "Print the policy that the request needs instead of sending it."},
    {"non-interactive", FlagKind::Switch, "Do not ask on the terminal."},
};

/// A truth value of the environment; empty is false. Errors: InvalidArgument, naming the variable.
Result<bool> truthOf(std::string_view text, const char* variable)
{
    if (text.empty()) return false;
    if (const auto value = core::goBoolean(text)) return *value;
    return Error{ErrorCode::InvalidArgument, std::string{"could not parse "} + variable + ": write true or false"};
}

/// As in Vault, `host` and `host:port` without a scheme are no addresses.
bool isAddress(std::string_view text)
{
    return (text.starts_with("http://") && text.size() > 7) || (text.starts_with("https://") && text.size() > 8) ||
           (text.starts_with("unix://") && text.size() > 7);
}

ErrorCode codeOf(long status)
{
    switch (status) {
    case 403: return ErrorCode::PermissionDenied;
    case 404: return ErrorCode::NotFound;
    case 405: return ErrorCode::Unsupported;
    case 412: return ErrorCode::Conflict;
    case 503: return ErrorCode::Sealed;
    default: return status >= 500 ? ErrorCode::Internal : ErrorCode::InvalidArgument;
    }
}

Error apiError(const std::string& method, const std::string& url, const std::string& nameSpace, const HttpResponse& response)
{
    std::string text{"Error making API request.\n\n"};
    if (!nameSpace.empty()) text.append("Namespace: ").append(nameSpace).append("\n");
    text.append("URL: ").append(method).append(" ").append(url).append("\n");
    text.append("Code: ").append(std::to_string(response.status)).append(". ");
    const auto body = Json::parse(response.body);
    if (body && body->isObject()) {
        text.append("Errors:\n\n");
        for (bool isFirst = true; const auto& error : (*body)["errors"].array()) {
            text.append(std::exchange(isFirst, false) ? "* " : "\n* ").append(error.text());
        }
    } else {
        text.append("Raw Message:\n\n").append(trimmed(response.body));
    }
    return Error{codeOf(response.status), std::move(text)};
}

bool hasContent(const std::string& body)
{
    const auto parsed = Json::parse(body);
    return parsed && (!(*parsed)["data"].members().empty() || !(*parsed)["warnings"].array().empty());
}

/// Some answers, such as that of sys/health, have no envelope. Their members become the envelope's data.
Json inEnvelope(Json body)
{
    if (!body.isObject() || body.members().empty()) return body;
    for (const auto* name : {"request_id", "lease_id", "lease_duration", "renewable", "data", "warnings", "auth", "wrap_info", "mount_type"}) {
        if (body.has(name)) return body;
    }
    return Json::object({{"data", std::move(body)}});
}

std::string shellQuoted(std::string_view text)
{
    std::string out{"'"};
    for (const char c : text) out.append(c == '\'' ? std::string{"'\"'\"'"} : std::string(1, c));
    return out += '\'';
}

/// Checks that a client certificate and its key are both given and can be read. Errors: InvalidArgument, NotFound.
Result<> checkClientCertificate(const std::string& certificate, const std::string& key)
{
    if (certificate.empty() != key.empty()) return Error{ErrorCode::InvalidArgument, "both client cert and client key must be provided"};
    for (const auto& file : {certificate, key}) {
        if (file.empty() || std::ifstream{file}) continue;
        return Error{ErrorCode::NotFound, "cannot read the client certificate or its key: " + file};
    }
    return {};
}

/// Reads from the environment how to reach servers. Errors: InvalidArgument, naming the variable.
Result<> readRouteSettings(const Context& context, std::string_view address, HttpClient::Options& options)
{
    options.proxy = context.environment("VAULT_PROXY_ADDR");
    if (options.proxy.empty()) options.proxy = context.environment("VAULT_HTTP_PROXY");
    const auto proxyScheme = std::string_view{options.proxy}.substr(0, options.proxy.find("://"));
    static constexpr std::array<std::string_view, 4> kProxySchemes{"http", "https", "socks5", "socks5h"};
    if (!options.proxy.empty() &&
        (proxyScheme.size() == options.proxy.size() || std::ranges::find(kProxySchemes, proxyScheme) == kProxySchemes.end())) {
        return Error{ErrorCode::InvalidArgument, "could not parse VAULT_PROXY_ADDR or VAULT_HTTP_PROXY: write http://HOST:PORT"};
    }
    const auto stopsAtRedirects = truthOf(context.environment("VAULT_DISABLE_REDIRECTS"), "VAULT_DISABLE_REDIRECTS");
    if (!stopsAtRedirects) return stopsAtRedirects.error();
    options.followsRedirects = !*stopsAtRedirects;
    const auto looksUpServices = truthOf(context.environment("VAULT_SRV_LOOKUP"), "VAULT_SRV_LOOKUP");
    if (!looksUpServices) return looksUpServices.error();
    const auto host = address.substr(std::min(address.size(), address.find("://") + 3));
    if (*looksUpServices && !address.starts_with("unix:") && host.find(':') == std::string_view::npos) {
        return Error{ErrorCode::InvalidArgument, "VAULT_SRV_LOOKUP: this program does not look up SRV records; write the port into VAULT_ADDR"};
    }
    if (const auto limit = context.environment("VAULT_RATE_LIMIT"); !limit.empty()) {
        double rate = 0;
        const auto [end, error] = std::from_chars(limit.data(), limit.data() + limit.size(), rate);
        const std::string_view burst{end, limit.data() + limit.size()};
        const bool isBurst = burst.empty() || (burst.size() > 1 && burst[0] == ':' &&
                                               std::ranges::all_of(burst.substr(1), [](unsigned char c) { return std::isdigit(c) != 0; }));
        if (error != std::errc{} || !isBurst || !(rate > 0))
            return Error{ErrorCode::InvalidArgument, "VAULT_RATE_LIMIT was provided but incorrectly formatted"};
        options.requestGap = std::chrono::milliseconds{static_cast<std::int64_t>(std::min(1000 / rate, 60'000.0))};
    }
    return {};
}

bool startsLike(std::string_view text, std::string_view lowerPrefix)
{
    return text.size() >= lowerPrefix.size() &&
           std::ranges::equal(text.substr(0, lowerPrefix.size()), lowerPrefix, [](unsigned char a, unsigned char b) { return std::tolower(a) == b; });
}

/// Headers of VAULT_HEADERS, an object of texts, and of -header, which overrides it. Errors: InvalidArgument.
Result<HeaderList> givenHeaders(const Arguments& arguments, const Context& context)
{
    HeaderList out;
    if (const auto text = context.environment("VAULT_HEADERS"); !text.empty()) {
        const auto parsed = Json::parse(text);
        if (!parsed || !parsed->isObject())
            return Error{ErrorCode::InvalidArgument, "could not unmarshal environment-supplied headers (VAULT_HEADERS)"};
        for (const auto& [name, value] : parsed->members()) {
            if (!value.isText()) return Error{ErrorCode::InvalidArgument, "environment-supplied headers include non-string values"};
            out.emplace_back(name, value.text());
        }
    }
    auto pairs = arguments.pairs("header");
    if (!pairs) return std::move(pairs).error();
    std::ranges::move(*pairs, std::back_inserter(out));
    std::string forbidden;
    for (const auto& [name, value] : out) {
        if (startsLike(name, "x-vault-")) forbidden.append(forbidden.empty() ? "" : ", ").append(name);
        for (const auto& text : {name, value}) {
            if (text.find_first_of("\r\n") != std::string::npos) return Error{ErrorCode::InvalidArgument, "a header must not hold line ends"};
        }
    }
    if (forbidden.empty()) return out;
    return Error{ErrorCode::InvalidArgument, "failed to setup Headers[" + forbidden + "]: Header starting by 'X-Vault-' are for internal usage only"};
}

} // namespace

std::span<const Flag> httpFlags()
{
    return kHttpFlags;
}

Result<Client> Client::open(const Arguments& arguments, const Context& context)
{
    const auto setting = [&](std::string_view flag, const char* variable) {
        return arguments.has(flag) ? arguments.text(flag) : context.environment(variable);
    };
    auto address = setting("agent-address", "VAULT_AGENT_ADDR");
    if (address.empty()) address = setting("address", "VAULT_ADDR");
    if (address.empty()) address = "https://127.0.0.1:8200";
    if (!isAddress(address)) {
        return Error{ErrorCode::InvalidArgument, "Bad address \"" + address + "\": write http://HOST:PORT or https://HOST:PORT"};
    }
    HttpClient::Options options;
    auto authorities =
        trustedCertificates({.file = setting("ca-cert", "VAULT_CACERT"),
                             .pem = arguments.has("ca-cert") || arguments.has("ca-path") ? std::string{} : context.environment("VAULT_CACERT_BYTES"),
                             .folder = setting("ca-path", "VAULT_CAPATH")});
    if (!authorities) return std::move(authorities).error();
    options.authorities = *std::move(authorities);
    options.clientCertificateFile = setting("client-cert", "VAULT_CLIENT_CERT");
    options.clientKeyFile = setting("client-key", "VAULT_CLIENT_KEY");
    if (auto checked = checkClientCertificate(options.clientCertificateFile, options.clientKeyFile); !checked) return checked.error();
    if (auto read = readRouteSettings(context, address, options); !read) return read.error();
    options.tlsServerName = setting("tls-server-name", "VAULT_TLS_SERVER_NAME");
    const auto skipsVerification = truthOf(context.environment("VAULT_SKIP_VERIFY"), "VAULT_SKIP_VERIFY");
    if (!skipsVerification) return skipsVerification.error();
    options.verifiesTls = !(arguments.has("tls-skip-verify") ? arguments.isOn("tls-skip-verify") : *skipsVerification);
    if (const auto text = context.environment("VAULT_MAX_RETRIES"); !text.empty()) {
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), options.retryCountMax);
        if (error != std::errc{} || end != text.data() + text.size() || options.retryCountMax < 0) {
            return Error{ErrorCode::InvalidArgument, "VAULT_MAX_RETRIES must be a whole number"};
        }
    }
    if (const auto text = context.environment("VAULT_CLIENT_TIMEOUT"); !text.empty()) {
        const auto timeout = core::parseDuration(text);
        if (!timeout || timeout->count() < 0) return Error{ErrorCode::InvalidArgument, "could not parse VAULT_CLIENT_TIMEOUT"};
        options.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(*timeout);
    }
    if (address.starts_with("unix://")) {
        options.unixSocket = address.substr(7);
        address = "http://localhost";
    }
    Client out{HttpClient{std::move(options)}};
    out.setAddress(std::move(address));

    if (const auto ttl = setting("wrap-ttl", "VAULT_WRAP_TTL"); !ttl.empty()) {
        const auto parsed = core::parseDuration(ttl);
        if (!parsed) return Error{ErrorCode::InvalidArgument, "-wrap-ttl must be a duration such as 5m: \"" + ttl + "\""};
        out.m_wrapTtl = core::toGoDuration(*parsed);
    }
    out.m_namespace = setting("namespace", "VAULT_NAMESPACE");
    auto headers = givenHeaders(arguments, context);
    if (!headers) return std::move(headers).error();
    out.m_headers = std::move(*headers);
    auto credentials = arguments.all("mfa");
    if (const auto text = context.environment("VAULT_MFA"); credentials.empty() && !text.empty()) credentials.push_back(text);
    for (auto& value : credentials) out.m_headers.emplace_back("X-Vault-MFA", std::move(value));
    if (arguments.isOn("policy-override")) out.m_headers.emplace_back("X-Vault-Policy-Override", "true");
    out.m_printsCurl = arguments.isOn("output-curl-string");
    out.m_printsPolicy = arguments.isOn("output-policy");
    if (out.m_printsCurl && out.m_printsPolicy)
        return Error{ErrorCode::InvalidArgument, "cannot specify both -output-curl-string and -output-policy"};

    if (auto token = context.environment("VAULT_TOKEN"); !token.empty()) {
        out.m_token = core::SecretBytes::copyOf(trimmed(token));
        core::wipe(token);
    } else {
        auto stored = TokenStore{context}.load();
        if (!stored) return std::move(stored).error();
        out.m_token = std::move(*stored);
    }
    if (!core::isGoPrintable(out.m_token.view())) {
        return Error{ErrorCode::InvalidArgument, "the configured token contains non-printable characters and cannot be used"};
    }
    return out;
}

void Client::setAddress(std::string address)
{
    while (address.ends_with('/')) address.pop_back();
    m_address = std::move(address);
}

std::string Client::urlOf(const ApiRequest& request) const
{
    // As in Vault's client, several slashes become one: for the server they would be another path.
    std::string path;
    for (const char c : request.path) {
        if (c != '/' || (!path.empty() && path.back() != '/')) path.push_back(c);
    }
    auto url = m_address + "/v1/" + escapePath(path);
    for (char separator = '?'; const auto& [name, value] : request.query) {
        url.append(1, std::exchange(separator, '&')).append(escapeQuery(name)).append("=").append(escapeQuery(value));
    }
    return url;
}

std::string Client::asCurl(const ApiRequest& request, const HeaderList& headers) const
{
    std::string out{"curl"};
    if (request.method != "GET") out.append(" -X ").append(request.method);
    for (const auto& [name, value] : headers) out.append(" -H ").append(shellQuoted(name + ": " + value));
    if (request.sendsToken && !m_token.empty()) out.append(" -H \"X-Vault-Token: $(holdfast print token)\"");
    if (request.body) out.append(" -d ").append(shellQuoted(*request.body));
    if (request.upload) out.append(" -T -");
    return out.append(" ").append(shellQuoted(urlOf(request)));
}

std::string Client::asPolicy(const ApiRequest& request) const
{
    const bool isList =
        request.method == "LIST" || std::ranges::find(request.query, std::pair<std::string, std::string>{"list", "true"}) != request.query.end();
    std::string capabilities = "\"read\"";
    if (isList) capabilities = "\"list\"";
    else if (request.method == "PUT" || request.method == "POST") capabilities = "\"create\", \"update\"";
    else if (request.method == "PATCH") capabilities = "\"patch\"";
    else if (request.method == "DELETE") capabilities = "\"delete\"";
    if (needsSudo(request.path)) capabilities += ", \"sudo\"";
    return "path " + jsonQuoted(request.path) + " {\n  capabilities = [" + capabilities + "]\n}";
}

Result<HttpResponse> Client::send(const ApiRequest& request)
{
    HttpRequest out;
    out.method = request.method;
    out.url = urlOf(request);
    out.headers = {{"X-Vault-Request", "true"}};
    if (!m_namespace.empty()) out.headers.emplace_back("X-Vault-Namespace", m_namespace);
    if (request.isWrapped && !m_wrapTtl.empty()) out.headers.emplace_back("X-Vault-Wrap-TTL", m_wrapTtl);
    out.headers.insert(out.headers.end(), m_headers.begin(), m_headers.end());
    out.headers.insert(out.headers.end(), request.headers.begin(), request.headers.end());
    if (m_printsPolicy && !request.isPreparation) return Error{ErrorCode::Cancelled, asPolicy(request)};
    if (m_printsCurl && !request.isPreparation) return Error{ErrorCode::Cancelled, asCurl(request, out.headers)};
    if (request.sendsToken) out.token = &m_token;
    out.body = request.body;
    out.upload = request.upload;
    out.download = request.download;
    auto response = m_http.perform(out);
    if (out.body) core::wipe(*out.body);
    if (!response) {
        auto error = std::move(response).error();
        auto verb = request.method;
        for (std::size_t at = 1; at < verb.size(); ++at) verb[at] = static_cast<char>(std::tolower(static_cast<unsigned char>(verb[at])));
        if (error.code == ErrorCode::Cancelled) error.code = ErrorCode::Io; // here Cancelled means -output-curl-string
        return std::move(error).withContext(verb + " " + jsonQuoted(out.url));
    }
    const bool isExplained = response->status == 404 && hasContent(response->body);
    const bool isRead = request.method == "GET" || request.method == "LIST";
    if (isExplained && !isRead) m_explanation = Secret{*Json::parse(response->body)};
    if (response->status >= 400 && !(isExplained && isRead)) {
        return apiError(request.method, out.url, m_namespace, *response);
    }
    return response;
}

Result<std::optional<Secret>> Client::call(const ApiRequest& request)
{
    auto response = send(request);
    if (!response) {
        const bool isEmptyAnswer = response.error().code == ErrorCode::NotFound && response.error().detail.ends_with("Errors:\n\n");
        if (isEmptyAnswer && (request.method == "GET" || request.method == "LIST")) return std::optional<Secret>{};
        return std::move(response).error();
    }
    if (trimmed(response->body).empty()) return std::optional<Secret>{};
    auto body = Json::parse(response->body);
    core::wipe(response->body);
    if (!body) return Error{ErrorCode::Corrupt, "the server's answer to " + request.method + " " + request.path + " is " + body.error().detail};
    const bool isRead = request.method == "GET" || request.method == "LIST";
    if (isRead && body->isObject() && body->members().size() == 1 && body->has("errors")) return std::optional<Secret>{};
    return std::optional<Secret>{Secret{inEnvelope(std::move(*body))}};
}

Result<std::optional<Secret>> Client::read(std::string path, std::vector<std::pair<std::string, std::string>> query)
{
    return call({.path = std::move(path), .query = std::move(query)});
}

Result<std::optional<Secret>> Client::list(std::string path)
{
    return call({.path = std::move(path), .query = {{"list", "true"}}});
}

Result<std::optional<Secret>> Client::write(std::string path, const Json& body, std::string method)
{
    return call({.method = std::move(method), .path = std::move(path), .body = body.toCompact()});
}

Result<std::optional<Secret>> Client::remove(std::string path, std::vector<std::pair<std::string, std::string>> query)
{
    return call({.method = "DELETE", .path = std::move(path), .query = std::move(query)});
}

Result<Json> Client::readFlat(std::string path)
{
    auto response = send({.path = std::move(path), .isWrapped = false});
    if (!response) return std::move(response).error();
    auto body = Json::parse(response->body);
    if (!body) return Error{ErrorCode::Corrupt, "the server's answer is " + body.error().detail};
    return body;
}

Result<Json> Client::writeFlat(std::string path, const Json& body, std::string method)
{
    auto response = send({.method = std::move(method), .path = std::move(path), .body = body.toCompact(), .isWrapped = false});
    if (!response) return std::move(response).error();
    if (trimmed(response->body).empty()) return Json{};
    auto answer = Json::parse(response->body);
    core::wipe(response->body);
    if (!answer) return Error{ErrorCode::Corrupt, "the server's answer is " + answer.error().detail};
    return answer;
}

} // namespace cli
