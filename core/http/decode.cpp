#include "core/http/message.h"

#include "core/base/ascii.h"
#include "core/base/go_text.h"
#include "core/base/duration.h"
#include "core/http/target.h"

#include <boost/beast/core/string.hpp>
#include <boost/json/value.hpp>

#include <algorithm>

namespace core::http {
namespace {

namespace json = boost::json;
using policy::Operation;

/// True if the body is declared as a form. Parameters behind the media type are ignored.
bool isForm(const Message& message)
{
    auto type = message.header("content-type");
    type = trimmed(type.substr(0, type.find(';')));
    return boost::beast::iequals(type, "application/x-www-form-urlencoded");
}

/// Reads the body into the request's fields. Returns a refusal if that is not possible.
std::optional<Reply> readBody(Message& message, const Limits& limits, mount::Request& request, std::size_t& tokenCount)
{
    request.bodyBytes = message.body.size();
    const auto text = trimmed(message.body);
    if (text.empty() || text == "null") return std::nullopt;
    if (text.front() != '{' && text.front() != '[' && isForm(message)) {
        auto form = fieldsOfForm(text, limits.json);
        if (!form) return errorReply(400, {form.error().detail});
        request.data = std::move(*form);
        return std::nullopt;
    }
    auto value = mount::parseBoundedJson(text, limits.json, &tokenCount);
    if (!value) return errorReply(400, {"failed to parse JSON input: " + value.error().detail});
    if (!value->is_object()) return errorReply(400, {"failed to parse JSON input: the body must be a JSON object"});
    request.data = std::move(value->as_object());
    request.body = std::move(message.body);
    return std::nullopt;
}

/// Reads token, namespace, wrapping and the other headers.
std::optional<Reply> readHeaders(const Message& message, mount::Request& request)
{
    request.clientToken = message.token();
    auto space = message.header("x-vault-namespace");
    while (!space.empty() && space.back() == '/') space.remove_suffix(1);
    if (!space.empty() && space != "root") return errorReply(403, {"namespaces feature not enabled"});
    if (const auto ttl = message.header("x-vault-wrap-ttl"); !ttl.empty()) {
        const auto parsed = parseDuration(ttl);
        if (!parsed) return errorReply(400, {"error parsing X-Vault-Wrap-TTL header: " + parsed.error().detail});
        if (parsed->count() < 0) return errorReply(400, {"error parsing X-Vault-Wrap-TTL header: requested wrap ttl cannot be negative"});
        if (parsed->count() > 0) request.wrapTtl = *parsed;
        request.isWrapFormatJwt = message.header("x-vault-wrap-format") == "jwt";
    }
    for (const auto& header : message.headers) {
        if (header.name == "x-vault-index") request.stateHeaders.push_back(header.value);
    }
    return std::nullopt;
}

} // namespace

std::string_view Message::header(std::string_view name) const
{
    for (const auto& header : headers) {
        if (header.name == name) return header.value;
    }
    return {};
}

std::string_view Message::token() const
{
    if (const auto token = header("x-vault-token"); !token.empty()) return token;
    const auto bearer = header("authorization");
    return bearer.starts_with("Bearer ") ? bearer.substr(7) : std::string_view{};
}

bool isUpload(std::string_view method, std::string_view target)
{
    if (method != "POST" && method != "PUT") return false;
    target = target.substr(0, target.find('?'));
    for (const std::string_view path : {"", "-force", "/inspect", "/verify", "/diff"}) {
        constexpr std::string_view kSnapshot = "/v1/sys/storage/raft/snapshot";
        if (target.starts_with(kSnapshot) && target.substr(kSnapshot.size()) == path) return true;
    }
    return false;
}

std::string_view uploadPath(std::string_view target)
{
    target = target.substr(0, target.find('?'));
    target.remove_prefix(std::min<std::size_t>(target.size(), 4));
    return target;
}

Decoded decode(Message&& message, const Limits& limits)
{
    Decoded out;
    auto& request = out.request;
    const auto refuse = [&](Reply reply) {
        out.refusal = std::move(reply);
        return std::move(out);
    };

    const auto target = message.target.starts_with('/') ? splitTarget(message.target) : std::nullopt;
    if (!target) return refuse(errorReply(400, {"malformed request target"}));
    if (!target->path.starts_with("/v1/")) return refuse(errorReply(404, {}));
    request.path = target->path.substr(4);
    if (hasDotSegment(request.path)) return refuse(errorReply(400, {"relative paths not supported"}));
    for (const char c : request.path) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f) return refuse(errorReply(400, {"unprintable character in the path"}));
    }
    if (request.path.find("//") != std::string::npos) return refuse(errorReply(404, {}));

    request.uri = message.target;
    request.remoteAddress = std::move(message.remoteAddress);
    request.remotePort = message.remotePort;
    request.bodyFile = std::move(message.bodyFile);
    request.contentType = message.header("content-type");
    if (auto refusal = readHeaders(message, request)) return refuse(std::move(*refusal));

    std::optional<Reply> overLimit;
    const auto takeQuery = [&] {
        auto fields = fieldsOf(target->query, limits.json);
        if (fields) request.data = std::move(*fields);
        else overLimit = errorReply(400, {fields.error().detail});
    };
    const auto query = [&](std::string_view name) -> const std::string* {
        for (const auto& [key, value] : target->query) {
            if (key == name) return &value;
        }
        return nullptr;
    };
    const auto listFolder = [&] {
        request.operation = Operation::List;
        if (!request.path.ends_with('/')) request.path.push_back('/');
    };
    if (message.method == "GET" || message.method == "HEAD") {
        out.isHead = message.method == "HEAD";
        request.operation = Operation::Read;
        if (const auto* list = query("list"); list != nullptr && !list->empty()) {
            const auto isList = goBoolean(*list);
            if (!isList) return refuse(errorReply(400, {}));
            if (*isList) listFolder();
        } else if (const auto* help = query("help"); help != nullptr && goBoolean(*help).value_or(false)) {
            request.operation = Operation::Help;
        }
        if (request.operation == Operation::Read) takeQuery();
    } else if (message.method == "LIST") {
        listFolder();
    } else if (message.method == "DELETE") {
        request.operation = Operation::Delete;
        takeQuery();
        // As in Vault, the nonce that cancels a rekey comes in a body. No other DELETE has a body.
        const bool isRekey = request.path.starts_with("sys/rekey/") || request.path.starts_with("sys/rekey-recovery-key/");
        if (isRekey && !message.body.empty()) {
            if (auto refusal = readBody(message, limits, request, out.tokenCount)) return refuse(std::move(*refusal));
        }
    } else if (message.method == "POST" || message.method == "PUT" || message.method == "PATCH") {
        request.operation = message.method == "PATCH" ? Operation::Patch : Operation::Update;
        if (request.operation == Operation::Patch && !request.contentType.starts_with("application/merge-patch+json")) {
            const auto type = trimmed(std::string_view{request.contentType}.substr(0, request.contentType.find(';')));
            return refuse(errorReply(415, {"PATCH requires Content-Type of application/merge-patch+json, provided " + std::string{type}}));
        }
        if (!request.bodyFile.empty()) {
            takeQuery(); // the body is the file
        } else {
            if (auto refusal = readBody(message, limits, request, out.tokenCount)) return refuse(std::move(*refusal));
        }
        if (request.path.ends_with('/')) return refuse(errorReply(400, {"cannot write to a path ending in '/'"}));
    } else {
        return refuse(errorReply(405, {}));
    }
    if (overLimit) return refuse(std::move(*overLimit));
    request.headers = std::move(message.headers);
    return out;
}

} // namespace core::http
