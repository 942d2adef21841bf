#include "core/replication/set/activation.h"

#include "core/base/clock.h"
#include "core/base/encoding.h"
#include "core/base/origin.h"
#include "core/base/wiping_memory.h"
#include "core/crypto/jwt.h"
#include "core/crypto/tls_refusal.h"
#include "core/outgoing/http_call.h"
#include "core/replication/set/authorities.h"
#include "core/replication/wire/program_version.h"

#include <boost/json/parse.hpp>
#include <boost/json/parser.hpp>
#include <boost/json/serialize.hpp>

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

/// The object in the text; null if there is none. The object and the parser's memory are in `memory`, which is wiped.
boost::json::value parseSecret(std::string_view text, WipingMemory& memory)
{
    boost::json::parser parser{boost::json::storage_ptr{&memory}};
    parser.reset(boost::json::storage_ptr{&memory});
    boost::system::error_code failed;
    parser.write(text, failed);
    return failed ? boost::json::value{} : parser.release();
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
std::string certificateRefusal(const outgoing::CallFailure& failure, const Origin& primary, WallTime now)
{
    switch (crypto::chainFaultOf(failure.verifyResult)) {
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
    return "x509: certificate of " + primary.hostAndPort() + " is not accepted: " + printable(failure.detail, 200);
}

constexpr std::string_view kRefusalHeader = "x-holdfast-refusal"; // core/token/wrapping.h

/// The first error in the body of a refusal. Another cluster wrote it, so it is made printable and short.
std::string saidBy(std::string_view body)
{
    const auto object = parseObject(body);
    const auto* errors = object.if_contains("errors");
    if (!errors || !errors->is_array() || errors->get_array().empty() || !errors->get_array().front().is_string()) return {};
    return printable(std::string_view{errors->get_array().front().get_string()}, 300);
}

/// Why there is no answer, in the words of known clients.
Error failureText(const outgoing::CallFailure& failure, const std::string& url, const Origin& primary, WallTime now)
{
    using Kind = outgoing::CallFailure::Kind;
    const std::string dialled = "dial tcp " + primary.hostAndPort() + ": ";
    switch (failure.kind) {
    case Kind::Timeout: return unreachable(url, primary, dialled + "i/o timeout", ErrorCode::Timeout);
    case Kind::NotConnected: return unreachable(url, primary, dialled + "connect: connection refused", ErrorCode::Unavailable);
    case Kind::UnknownHost: return unreachable(url, primary, dialled + "lookup " + primary.host + ": no such host", ErrorCode::Unavailable);
    case Kind::Cancelled: return unreachable(url, primary, "the server is stopping", ErrorCode::Cancelled);
    case Kind::BadClientCertificate: return Error{ErrorCode::InvalidArgument, "client_cert_pem and client_key_pem are no certificate with its key"};
    case Kind::BadAuthorities: return Error{ErrorCode::InvalidArgument, "ca_file and ca_path: what they hold is no certificate in PEM"};
    case Kind::UntrustedCertificate: return unreachable(url, primary, certificateRefusal(failure, primary, now), ErrorCode::PermissionDenied);
    case Kind::Tls:
        if (failure.detail.find("wrong version number") != std::string::npos) {
            return unreachable(url, primary,
                               dialled + "this port does not speak TLS. Give primary_api_addr with http:// if the primary's listener has no TLS",
                               ErrorCode::Unavailable);
        }
        [[fallthrough]];
    default: return unreachable(url, primary, dialled + printable(failure.detail, 200), ErrorCode::Unavailable);
    }
}

/// What the primary says about a token that it does not unwrap.
Error refusalText(const outgoing::HttpReply& reply, const Origin& primary)
{
    static constexpr std::pair<long, const char*> kReasons[] = {
        {400, "Bad Request"}, {403, "Forbidden"}, {404, "Not Found"}, {500, "Internal Server Error"}, {503, "Service Unavailable"}};
    std::string reason;
    for (const auto& [number, text] : kReasons) {
        if (number == reply.status) reason = std::string{" "} + text;
    }
    const std::string number = std::to_string(reply.status);
    const std::string refusal = printable(reply.header(kRefusalHeader), 200);
    std::string said = saidBy(reply.body.view());
    if (!refusal.empty() && !said.empty()) said += ": " + refusal;
    if (said.empty() && reply.status == 400 && reply.body.view().find("HTTP request to an HTTPS server") != std::string_view::npos) {
        said = "this port speaks TLS. Give primary_api_addr with https://";
    }
    said = said.empty() ? " from " + primary.text() : ": " + primary.text() + " says: " + said;
    return Error{ErrorCode::FailedPrecondition,
                 "error response unwrapping secondary token; status code is " + number + ", message is \"" + number + reason + "\"" + said};
}

/// The body of the primary's answer. It holds a private key.
Result<outgoing::AnswerBody> post(const Origin& primary, const UnwrapOptions& options, const std::string& authorities, WallTime now)
{
    const auto token = SecretBytes::copyOf(std::string_view{options.token});
    outgoing::HttpCall call{.method = "POST", .url = primary.text() + "/v1/sys/wrapping/unwrap", .headers = {{"X-Vault-Request", "true"}}};
    call.secretHeaders = {{"X-Vault-Token", &token}};
    call.limits = {.connect = std::chrono::seconds{5}, .total = std::chrono::seconds{10}, .answerBytesMax = kAnswerBytesMax};
    call.tls.authorities = authorities;
    call.tls.clientCertificate = options.clientCertPem;
    call.tls.clientKey = options.clientKeyPem;
    call.isCancelled = [&options] { return options.isCancelled != nullptr && *options.isCancelled; };
    auto reply = outgoing::HttpSender{}.send(call);
    if (reply.failure) return failureText(*reply.failure, call.url, primary, now);
    if (reply.status != 200) return refusalText(reply, primary);
    return std::move(reply.body);
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
