#include "core/http/message.h"

#include "core/base/duration.h"
#include "core/base/encoding.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>

namespace core::http {
namespace {

namespace json = boost::json;
using policy::Operation;

struct Target {
    std::string path;
    std::vector<std::pair<std::string, std::string>> query;
};

/// Percent-decoded; nothing for what is no text (answers and audit entries, which name it, are JSON).
std::optional<std::string> decodedText(std::string_view text, bool isForm)
{
    auto decoded = percentDecoded(text, isForm);
    if (decoded && !isUtf8(*decoded)) decoded.reset();
    return decoded;
}

std::optional<Target> splitTarget(std::string_view target)
{
    Target out;
    const auto mark = target.find('?');
    auto path = decodedText(target.substr(0, mark), false);
    if (!path) return std::nullopt;
    out.path = std::move(*path);
    if (mark == std::string_view::npos) return out;
    std::string_view rest = target.substr(mark + 1);
    while (!rest.empty()) {
        const auto end = rest.find('&');
        const auto pair = rest.substr(0, end);
        rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
        if (pair.empty()) continue;
        const auto equals = pair.find('=');
        auto name = decodedText(pair.substr(0, equals), true);
        auto value = decodedText(equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1), true);
        if (!name || !value) return std::nullopt;
        out.query.emplace_back(std::move(*name), std::move(*value));
    }
    return out;
}

/// Go's strconv.ParseBool.
std::optional<bool> goBool(std::string_view text)
{
    for (const auto* yes : {"1", "t", "T", "TRUE", "true", "True"}) {
        if (text == yes) return true;
    }
    for (const auto* no : {"0", "f", "F", "FALSE", "false", "False"}) {
        if (text == no) return false;
    }
    return std::nullopt;
}

json::object fieldsOfQuery(const std::vector<std::pair<std::string, std::string>>& query)
{
    json::object fields;
    for (const auto& [name, value] : query) {
        if (name == "help" || name == "list") continue;
        if (auto* present = fields.if_contains(name)) {
            if (!present->is_array()) *present = json::array{std::move(*present)};
            present->as_array().emplace_back(value);
        } else {
            fields[name] = value;
        }
    }
    return fields;
}

bool hasRelativeSegment(std::string_view path)
{
    while (true) {
        const auto end = path.find('/');
        if (path.substr(0, end) == "..") return true;
        if (end == std::string_view::npos) return false;
        path.remove_prefix(end + 1);
    }
}

std::string_view trimmed(std::string_view text)
{
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

/// Reads the body into the request's fields; the refusal if it cannot be one.
std::optional<Reply> readBody(Message& message, const Limits& limits, mount::Request& request)
{
    const auto text = trimmed(message.body);
    if (text.empty() || text == "null") return std::nullopt;
    if (text.front() != '{' && text.front() != '[' && message.header("content-type") == "application/x-www-form-urlencoded") {
        auto form = splitTarget("?" + std::string{text});
        if (!form) return errorReply(400, {"error parsing form body"});
        request.data = fieldsOfQuery(form->query);
        return std::nullopt;
    }
    json::parse_options options;
    options.max_depth = limits.jsonDepthMax;
    json::error_code error;
    json::value value = json::parse(text, error, {}, options);
    if (error) return errorReply(400, {"failed to parse JSON input: " + error.message()});
    if (!value.is_object()) return errorReply(400, {"failed to parse JSON input: the body must be a JSON object"});
    request.data = std::move(value.as_object());
    request.body = std::move(message.body);
    return std::nullopt;
}

/// Token, namespace, wrapping and the rest of what headers ask for.
std::optional<Reply> readHeaders(const Message& message, mount::Request& request)
{
    request.clientToken = message.token();
    auto space = message.header("x-vault-namespace");
    while (!space.empty() && space.back() == '/') space.remove_suffix(1);
    if (!space.empty() && space != "root") return errorReply(403, {"namespaces feature not enabled"});
    if (const auto ttl = message.header("x-vault-wrap-ttl"); !ttl.empty()) {
        const auto parsed = parseDuration(ttl);
        if (!parsed) return errorReply(400, {"error parsing X-Vault-Wrap-TTL: " + parsed.error().detail});
        if (parsed->count() < 0) return errorReply(400, {"requested wrap ttl cannot be negative"});
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

std::optional<std::string> percentDecoded(std::string_view text, bool isForm)
{
    std::string out;
    out.reserve(text.size());
    const auto digit = [](char c) {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        if (c >= 'A' && c <= 'F') return c - 'A' + 10;
        return -1;
    };
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '%') {
            if (at + 2 >= text.size() || digit(text[at + 1]) < 0 || digit(text[at + 2]) < 0) return std::nullopt;
            out.push_back(static_cast<char>(digit(text[at + 1]) * 16 + digit(text[at + 2])));
            at += 2;
        } else {
            out.push_back(isForm && text[at] == '+' ? ' ' : text[at]);
        }
    }
    return out;
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

    const auto target = splitTarget(message.target);
    if (!target) return refuse(errorReply(400, {"malformed request target"}));
    if (!target->path.starts_with("/v1/")) return refuse(errorReply(404, {}));
    request.path = target->path.substr(4);
    if (hasRelativeSegment(request.path)) return refuse(errorReply(400, {"relative paths not supported"}));
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
            const auto isList = goBool(*list);
            if (!isList) return refuse(errorReply(400, {}));
            if (*isList) listFolder();
        } else if (const auto* help = query("help"); help != nullptr && goBool(*help).value_or(false)) {
            request.operation = Operation::Help;
        }
        if (request.operation == Operation::Read) request.data = fieldsOfQuery(target->query);
    } else if (message.method == "LIST") {
        listFolder();
    } else if (message.method == "DELETE") {
        request.operation = Operation::Delete;
        request.data = fieldsOfQuery(target->query);
    } else if (message.method == "POST" || message.method == "PUT" || message.method == "PATCH") {
        request.operation = message.method == "PATCH" ? Operation::Patch : Operation::Update;
        if (request.operation == Operation::Patch && !request.contentType.starts_with("application/merge-patch+json")) {
            return refuse(errorReply(415, {"PATCH requires Content-Type application/merge-patch+json, not \"" +
                                           request.contentType + "\""}));
        }
        if (!request.bodyFile.empty()) {
            request.data = fieldsOfQuery(target->query); // the body is the file
        } else {
            if (auto refusal = readBody(message, limits, request)) return refuse(std::move(*refusal));
        }
        if (request.path.ends_with('/')) return refuse(errorReply(400, {"cannot write to a path ending in '/'"}));
    } else {
        return refuse(errorReply(405, {}));
    }
    request.headers = std::move(message.headers);
    return out;
}

} // namespace core::http
