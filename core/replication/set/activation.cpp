#include "core/replication/set/activation.h"

#include "core/base/clock.h"
#include "core/base/encoding.h"
#include "core/base/origin.h"
#include "core/base/wiping_memory.h"
#include "core/crypto/jwt.h"
#include "core/crypto/tls_refusal.h"
#include "core/replication/set/authorities.h"
#include "core/replication/wire/program_version.h"

#include <boost/json/parse.hpp>
#include <boost/json/parser.hpp>
#include <boost/json/serialize.hpp>

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <mutex>

namespace core::replication {

namespace {

constexpr std::size_t kAnswerBytesMax = 1u << 20;

std::string textOf(const boost::json::object& object, std::string_view name)
{
    const auto* value = object.if_contains(name);
    return value && value->is_string() ? std::string{value->get_string()} : std::string{};
}

boost::json::object parseObject(std::string_view text)
{
    boost::system::error_code failed;
    const auto value = boost::json::parse(text, failed);
    return !failed && value.is_object() ? value.get_object() : boost::json::object{};
}

/// The primary's answer. It holds a private key, so the buffer never grows, because growing would leave copies in memory.
struct Answer {
    SecretBytes buffer{kAnswerBytesMax};
    std::size_t size = 0;
    std::string_view view() const { return buffer.view().substr(0, size); }
};

std::size_t appendAnswer(char* data, std::size_t size, std::size_t count, void* out)
{
    auto& answer = *static_cast<Answer*>(out);
    const std::size_t bytes = size * count;
    if (bytes > kAnswerBytesMax - answer.size) return 0;
    std::memcpy(answer.buffer.data() + answer.size, data, bytes);
    answer.size += bytes;
    return bytes;
}

/// The object in the text; null if there is none. The object and the parser's memory are in `memory`, which is wiped.
boost::json::value parseSecret(std::string_view text, WipingMemory& memory)
{
    boost::json::parser parser{boost::json::storage_ptr{&memory}};
    parser.reset(boost::json::storage_ptr{&memory});
    boost::system::error_code failed;
    parser.write(text, failed);
    return failed ? boost::json::value{} : parser.release();
}

/// curl asks several times a second during a call. A result other than 0 ends the call.
int shouldEnd(void* given, curl_off_t, curl_off_t, curl_off_t, curl_off_t)
{
    const auto* isCancelled = static_cast<const std::atomic<bool>*>(given);
    return isCancelled && *isCancelled ? 1 : 0;
}

/// `bytes` must live until the end of the call.
void setBlob(CURL* curl, CURLoption option, const std::string& bytes)
{
    curl_blob blob{};
    blob.data = const_cast<char*>(bytes.data());
    blob.len = bytes.size();
    blob.flags = CURL_BLOB_NOCOPY;
    curl_easy_setopt(curl, option, &blob);
}

/// The end of every error text about the call to the primary: how to find the cause.
std::string wayOut(const Origin& primary)
{
    return ". \"holdfast replication preflight " + primary.text() + "\", run against this cluster, examines the way there";
}

Error unreachable(const std::string& url, const Origin& primary, std::string_view why, ErrorCode code)
{
    return Error{code, "error unwrapping secondary token: Post \"" + url + "\": " + std::string{why} + wayOut(primary)};
}

/// Why the certificate of the other end was refused: in the words of known clients, with the next step.
std::string certificateRefusal(CURL* curl, const Origin& primary, const char* detail, WallTime now)
{
    long verified = 0;
    curl_easy_getinfo(curl, CURLINFO_SSL_VERIFYRESULT, &verified);
    switch (crypto::chainFaultOf(verified)) {
    case crypto::ChainFault::NotYetValid:
        return "x509: certificate has expired or is not yet valid: the certificate of " + primary.hostAndPort() +
               " is not yet valid by this cluster's clock, which says " + toRfc3339(now) + "; compare the clocks of both machines";
    case crypto::ChainFault::Expired:
        return "x509: certificate has expired or is not yet valid: the certificate of " + primary.hostAndPort() +
               " has expired by this cluster's clock, which says " + toRfc3339(now) + "; renew it, or compare the clocks of both machines";
    case crypto::ChainFault::UnknownAuthority:
        return "x509: certificate signed by unknown authority. Give the authority's certificate as ca_file, the path of a PEM file on this "
               "server (ca_path for a folder of them)";
    case crypto::ChainFault::Other: break;
    }
    return "x509: certificate of " + primary.hostAndPort() + " is not accepted: " + printable(detail, 200);
}

constexpr std::string_view kRefusalHeader = "x-holdfast-refusal:"; // core/token/wrapping.h

/// Finds the refusal in the header lines of the answer, which arrive one by one.
std::size_t readHeader(char* data, std::size_t size, std::size_t count, void* out)
{
    std::string_view line{data, size * count};
    const bool isRefusal = line.size() > kRefusalHeader.size() &&
                           std::ranges::equal(line.substr(0, kRefusalHeader.size()), kRefusalHeader,
                                              [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a | 0x20) : a) == b; });
    if (isRefusal) {
        line.remove_prefix(kRefusalHeader.size());
        while (line.starts_with(' ')) line.remove_prefix(1);
        while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
        *static_cast<std::string*>(out) = printable(line, 200);
    }
    return size * count;
}

/// The first error in the body of a refusal. Another cluster wrote it, so it is made printable and short.
std::string saidBy(std::string_view body)
{
    const auto object = parseObject(body);
    const auto* errors = object.if_contains("errors");
    if (!errors || !errors->is_array() || errors->get_array().empty() || !errors->get_array().front().is_string()) return {};
    return printable(std::string_view{errors->get_array().front().get_string()}, 300);
}

Result<Answer> post(const Origin& primary, const UnwrapOptions& options, const std::string& authorities, WallTime now)
{
    static std::once_flag isReady;
    std::call_once(isReady, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl{curl_easy_init(), curl_easy_cleanup};
    if (!curl) return Error{ErrorCode::Internal, "no HTTP client"};

    const std::string url = primary.text() + "/v1/sys/wrapping/unwrap";
    Answer answer;
    std::string refusal;
    std::array<char, CURL_ERROR_SIZE> detail{};
    const std::string header = "X-Vault-Token: " + options.token;
    std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers{curl_slist_append(nullptr, header.c_str()), curl_slist_free_all};
    curl_slist_append(headers.get(), "X-Vault-Request: true");
    curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_POST, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, "");
    curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, detail.data());
    curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, appendAnswer);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(curl.get(), CURLOPT_HEADERFUNCTION, readHeader);
    curl_easy_setopt(curl.get(), CURLOPT_HEADERDATA, &refusal);
    curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT_MS, 5'000L);
    curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, 10'000L);
    curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
    curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl.get(), CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl.get(), CURLOPT_XFERINFOFUNCTION, shouldEnd);
    curl_easy_setopt(curl.get(), CURLOPT_XFERINFODATA, const_cast<std::atomic<bool>*>(options.isCancelled));
    if (!options.clientCertPem.empty()) {
        curl_easy_setopt(curl.get(), CURLOPT_SSLCERTTYPE, "PEM");
        setBlob(curl.get(), CURLOPT_SSLCERT_BLOB, options.clientCertPem);
        curl_easy_setopt(curl.get(), CURLOPT_SSLKEYTYPE, "PEM");
        setBlob(curl.get(), CURLOPT_SSLKEY_BLOB, options.clientKeyPem);
    }
    if (!authorities.empty()) { // and none of the system's authorities
        setBlob(curl.get(), CURLOPT_CAINFO_BLOB, authorities);
        curl_easy_setopt(curl.get(), CURLOPT_CAPATH, nullptr);
    }

    const CURLcode code = curl_easy_perform(curl.get());
    const std::string dialled = "dial tcp " + primary.hostAndPort() + ": ";
    switch (code) {
    case CURLE_OK: break;
    case CURLE_OPERATION_TIMEDOUT: return unreachable(url, primary, dialled + "i/o timeout", ErrorCode::Timeout);
    case CURLE_COULDNT_CONNECT: return unreachable(url, primary, dialled + "connect: connection refused", ErrorCode::Unavailable);
    case CURLE_COULDNT_RESOLVE_HOST: return unreachable(url, primary, dialled + "lookup " + primary.host + ": no such host", ErrorCode::Unavailable);
    case CURLE_ABORTED_BY_CALLBACK: return unreachable(url, primary, "the server is stopping", ErrorCode::Cancelled);
    case CURLE_SSL_CERTPROBLEM: return Error{ErrorCode::InvalidArgument, "client_cert_pem and client_key_pem are no certificate with its key"};
    case CURLE_SSL_CACERT_BADFILE: return Error{ErrorCode::InvalidArgument, "ca_file and ca_path: what they hold is no certificate in PEM"};
    case CURLE_PEER_FAILED_VERIFICATION:
        return unreachable(url, primary, certificateRefusal(curl.get(), primary, detail.data(), now), ErrorCode::PermissionDenied);
    case CURLE_SSL_CONNECT_ERROR:
        if (std::string_view{detail.data()}.find("wrong version number") != std::string_view::npos) {
            return unreachable(url, primary,
                               dialled + "this port does not speak TLS. Give primary_api_addr with http:// if the primary's listener has no TLS",
                               ErrorCode::Unavailable);
        }
        [[fallthrough]];
    default:
        return unreachable(url, primary, dialled + printable(detail[0] != '\0' ? detail.data() : curl_easy_strerror(code), 200),
                           ErrorCode::Unavailable);
    }
    long status = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) {
        static constexpr std::pair<long, const char*> kReasons[] = {
            {400, "Bad Request"}, {403, "Forbidden"}, {404, "Not Found"}, {500, "Internal Server Error"}, {503, "Service Unavailable"}};
        std::string reason;
        for (const auto& [number, text] : kReasons) {
            if (number == status) reason = std::string{" "} + text;
        }
        const std::string number = std::to_string(status);
        std::string said = saidBy(answer.view());
        if (!refusal.empty() && !said.empty()) said += ": " + refusal;
        if (said.empty() && status == 400 && answer.view().find("HTTP request to an HTTPS server") != std::string_view::npos) {
            said = "this port speaks TLS. Give primary_api_addr with https://";
        }
        said = said.empty() ? " from " + primary.text() : ": " + primary.text() + " says: " + said;
        return Error{ErrorCode::FailedPrecondition,
                     "error response unwrapping secondary token; status code is " + number + ", message is \"" + number + reason + "\"" + said};
    }
    return answer;
}

} // namespace

boost::json::object ActivationBundle::toJson() const
{
    auto data = toJsonWithoutKey();
    data["client_key"] = boost::json::object{{"type", "pkcs8"}, {"pem", identity.key.view()}};
    return data;
}

boost::json::object ActivationBundle::toJsonWithoutKey() const
{
    boost::json::object data;
    data["ca_cert"] = crypto::certificateToBase64Der(authorityCertificate).value_or("");
    data["client_cert"] = crypto::certificateToBase64Der(identity.certificate).value_or("");
    data["client_key"] = nullptr;
    data["cluster_id"] = setId;
    data["id"] = secondaryId;
    data["primary_cluster_addr"] = primaryClusterAddress;
    data["encrypted_client_key"] = nullptr;
    data["nonce"] = nullptr;
    data["primary_public_key"] = nullptr;
    data["mode"] = type == Type::Performance ? 1 : 2;
    if (!primaryKey.empty()) data["authority"] = toBase64(primaryKey);
    if (!program.empty()) data["program"] = program;
    return data;
}

Result<ActivationBundle> ActivationBundle::fromJson(const boost::json::object& data, WallTime now)
{
    const auto* key = data.if_contains("client_key");
    if (!key || !key->is_object()) return Error{ErrorCode::InvalidArgument, "the token does not hold an activation"};
    const auto* pem = key->get_object().if_contains("pem");
    const std::string_view text = pem && pem->is_string() ? std::string_view{pem->get_string()} : std::string_view{};
    return fromJson(data, SecretBytes::copyOf(text), now);
}

Result<ActivationBundle> ActivationBundle::fromJson(const boost::json::object& data, SecretBytes clientKey, WallTime now)
{
    const Error invalid{ErrorCode::InvalidArgument, "the token does not hold an activation"};
    const auto* mode = data.if_contains("mode");
    if (!mode || !mode->is_int64()) return invalid;
    ActivationBundle bundle;
    const auto number = mode->get_int64();
    if (number != 1 && number != 2) return invalid;
    bundle.type = number == 1 ? Type::Performance : Type::Dr;
    bundle.setId = textOf(data, "cluster_id");
    bundle.secondaryId = textOf(data, "id");
    bundle.primaryClusterAddress = textOf(data, "primary_cluster_addr");
    bundle.program = programFromWire(textOf(data, "program"));
    auto authority = crypto::certificateFromBase64Der(textOf(data, "ca_cert"));
    auto certificate = crypto::certificateFromBase64Der(textOf(data, "client_cert"));
    if (!authority || !certificate || bundle.setId.empty() || bundle.secondaryId.empty()) return invalid;
    bundle.authorityCertificate = std::move(*authority);
    bundle.identity.certificate = std::move(*certificate);
    bundle.identity.key = std::move(clientKey);
    if (const std::string named = textOf(data, "authority"); !named.empty()) {
        auto primaryKey = fromBase64(named);
        if (!primaryKey || primaryKey->size() != trust::kPublicKeyBytes) return invalid;
        bundle.primaryKey = std::move(*primaryKey);
    }
    if (auto fits = crypto::verifyCertificate(bundle.identity.certificate, bundle.authorityCertificate, now); !fits) {
        return std::move(fits).error().withContext("the token's certificate");
    }
    return bundle;
}

Result<ActivationBundle> unwrapActivation(const UnwrapOptions& options, WallTime now)
{
    const auto claims = crypto::unverifiedClaims(options.token);
    if (!claims) return Error{ErrorCode::InvalidArgument, "the token is not an activation token"};
    const auto told = parseObject(*claims);
    if (told.empty()) return Error{ErrorCode::InvalidArgument, "the activation token has been altered or cut: its claims cannot be read"};
    // Checked before the token is spent. Nobody has proved this claim, but a changed one can only make this cluster refuse the token.
    if (auto refusal = Follower{options.program, programFromWire(textOf(told, "program"))}.refusalHere(); !refusal.empty()) {
        return Error{ErrorCode::Unsupported, std::move(refusal)};
    }
    const bool isGiven = !options.primaryApiAddress.empty();
    const std::string address = isGiven ? options.primaryApiAddress : textOf(told, "addr");
    if (address.empty()) {
        return Error{ErrorCode::InvalidArgument, "the token holds no address of the primary; primary_api_addr must be provided"};
    }
    const auto primary = parseOrigin(address); // the maker of the token must not choose a path or a user
    if (!primary) {
        return primary.error().withContext(isGiven ? "primary_api_addr" : "the token's address of the primary (give primary_api_addr instead)");
    }
    const auto authorities = readAuthorities(options.caFile, options.caPath);
    if (!authorities) return authorities.error();
    const auto answer = post(*primary, options, *authorities, now);
    if (!answer) return answer.error();
    WipingMemory memory;
    const auto envelope = parseSecret(answer->view(), memory);
    const auto* data = envelope.is_object() ? envelope.get_object().if_contains("data") : nullptr;
    if (!data || !data->is_object()) return Error{ErrorCode::InvalidArgument, "the token does not hold an activation"};
    auto bundle = ActivationBundle::fromJson(data->get_object(), now);
    // The operator carried the token here. The answer came over a network, where somebody could have changed it.
    const std::string named = textOf(parseObject(*claims), "authority");
    if (bundle && !named.empty() && named != toBase64(bundle->primaryKey)) {
        return Error{ErrorCode::InvalidArgument, "the answer to the unwrap call names another primary than the token"};
    }
    return bundle;
}

} // namespace core::replication
