#include "core/sys/routes/handlers.h"

#include "core/base/ascii.h"
#include "core/base/go_text.h"

namespace core::sys {
namespace {

namespace json = boost::json;
using audit::Broker;
using mount::Response;

Result<Response> listDevices(const Call& call, const Broker& audit)
{
    auto entries = audit.entries(call.scope());
    if (!entries) return entries.error();
    json::object data;
    for (const auto& entry : *entries) {
        json::object options;
        for (const auto& [key, value] : entry.options) options[key] = value;
        data[entry.path] = json::object{{"description", entry.description},
                                        {"local", entry.isLocal},
                                        {"options", std::move(options)},
                                        {"path", entry.path},
                                        {"type", entry.type}};
    }
    return Response::ofData(std::move(data));
}

Result<Response> enableDevice(Call& call, Broker& audit, const SharedMountRefusal& refusal)
{
    mount::MountEntry entry;
    entry.path = call.part("path");
    entry.type = call.fields.textOr("type", {});
    entry.description = call.fields.textOr("description", {});
    entry.isLocal = call.fields.booleanOr("local", false);
    entry.options = call.fields.map("options").value_or(std::map<std::string, std::string>{});
    if (call.fields.refusal()) return *call.fields.refusal();
    if (refusal && !entry.isLocal) {
        if (auto why = refusal(mount::TableKind::Audit, mount::normalMountPath(entry.path)); !why.empty())
            return Response::badRequest(std::move(why));
    }
    return audit.enable(call.scope(), std::move(entry));
}

Result<Response> hash(Call& call, const Broker& audit)
{
    const auto input = call.fields.textOr("input", {});
    if (call.fields.refusal()) return *call.fields.refusal();
    if (input.empty()) return Response::badRequest("the \"input\" parameter is empty");
    const auto hash = audit.hash(call.part("path"), input);
    if (!hash) return Response::badRequest("unknown audit backend " + goQuoted(mount::normalMountPath(call.part("path"))));
    return Response::ofData({{"hash", *hash}});
}

json::object headerAnswer(bool isHashed)
{
    return {{"hmac", isHashed}};
}

Result<Response> readHeader(const Call& call, const Broker& audit)
{
    auto headers = audit.headers(call.scope());
    if (!headers) return headers.error();
    const auto at = headers->find(lowerCased(call.part("header")));
    if (at == headers->end()) return Response::badRequest("Could not find header in config");
    return Response::ofData({{call.part("header"), headerAnswer(at->second)}}); // under the name in the request
}

Result<Response> listHeaders(const Call& call, const Broker& audit)
{
    auto headers = audit.headers(call.scope());
    if (!headers) return headers.error();
    json::object all;
    for (const auto& [name, isHashed] : *headers) all[name] = headerAnswer(isHashed);
    return Response::ofData({{"headers", std::move(all)}});
}

Result<Response> writeHeader(Call& call, Broker& audit)
{
    const bool isHashed = call.fields.booleanOr("hmac", false);
    if (call.fields.refusal()) return *call.fields.refusal();
    if (auto stored = audit.putHeader(call.scope(), lowerCased(call.part("header")), isHashed); !stored) return stored.error();
    return Response{};
}

} // namespace

void addAuditRoutes(RouteTable& routes, Broker& audit, const SharedMountRefusal& refusal)
{
    routes.add({.verbs = Verb::Read,
                .pattern = "audit",
                .handle = [&audit](Call& call) { return listDevices(call, audit); },
                .needsSudo = true,
                .isInjected = true,
                .fields = kNoFields,
                .help = "Lists the audit devices."});
    routes.add(
        {.verbs = Verb::Write,
         .pattern = "audit/*path",
         .handle = [&audit, refusal](Call& call) { return enableDevice(call, audit, refusal); },
         .needsSudo = true,
         .isInjected = true,
         .isSlow = true,
         .isForwardable = true,
         .fields = FieldList{{"type", FieldType::Text, "`file`."},
                             {"description", FieldType::Text, "A text for operators."},
                             {"options", FieldType::TextMap, "`file_path`, `log_raw`, `hmac_accessor`, `mode`, `format`, `prefix` and others."},
                             {"local", FieldType::Boolean, "The device belongs to this cluster only.", "false"}},
         .isWithoutWarnings = true,
         .help = "Enables (`type`, `options`, `local`) or disables the audit device at a path."});
    routes.add({.verbs = Verb::Delete,
                .pattern = "audit/*path",
                .handle = [&audit](Call& call) { return audit.disable(call.scope(), call.part("path")); },
                .needsSudo = true,
                .isInjected = true,
                .isForwardable = true});
    routes.add({.verbs = Verb::Write,
                .pattern = "audit-hash/*path",
                .handle = [&audit](Call& call) { return hash(call, audit); },
                .isInjected = true,
                .fields = FieldList{{"input", FieldType::Text, "The text to hash."}},
                .help = "Shows the hash of `input` that the audit device at the path would write."});

    const std::string headers = "config/auditing/request-headers";
    routes.add({.verbs = Verb::Read,
                .pattern = headers,
                .handle = [&audit](Call& call) { return listHeaders(call, audit); },
                .needsSudo = true,
                .isInjected = true,
                .fields = kNoFields,
                .help = "Lists the request headers that are written to the audit log."});
    routes.add({.verbs = Verb::Read,
                .pattern = headers + "/:header",
                .handle = [&audit](Call& call) { return readHeader(call, audit); },
                .needsSudo = true,
                .isInjected = true,
                .fields = kNoFields,
                .help = "Shows, adds (`hmac`: hashed) or removes a request header of the audit log."});
    routes.add({.verbs = Verb::Write,
                .pattern = headers + "/:header",
                .handle = [&audit](Call& call) { return writeHeader(call, audit); },
                .needsSudo = true,
                .isInjected = true,
                .isForwardable = true,
                .fields = FieldList{{"hmac", FieldType::Boolean, "The audit log shows the value hashed.", "false"}},
                .isWithoutWarnings = true});
    routes.add({.verbs = Verb::Delete,
                .pattern = headers + "/:header",
                .handle = [&audit](Call& call) -> Result<Response> {
                    if (auto erased = audit.eraseHeader(call.scope(), lowerCased(call.part("header"))); !erased) return erased.error();
                    return Response{};
                },
                .needsSudo = true,
                .isInjected = true,
                .isForwardable = true});
}

} // namespace core::sys
