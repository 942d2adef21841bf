#include "core/sys/routes/handlers.h"

#include "core/base/ascii.h"
#include "core/base/encoding.h"

namespace core::sys {
namespace {

namespace json = boost::json;
using mount::Response;
using policy::PolicyStore;

Result<Response> list(const Call& call, const PolicyStore& policies, bool isLegacy)
{
    auto names = policies.names(call.scope());
    if (!names) return names.error();
    json::object data{{"keys", textArray(*names)}};
    if (isLegacy) data["policies"] = textArray(*names);
    return Response::ofData(std::move(data));
}

Result<Response> read(const Call& call, const PolicyStore& policies, bool isLegacy)
{
    auto document = policies.document(call.scope(), call.part("name"));
    if (!document) return document.error();
    if (!*document) return Response{};
    return Response::ofData({{"name", lowerCased(call.part("name"))}, {isLegacy ? "rules" : "policy", **document}});
}

/// A refusal that the caller has caused becomes an answer. Other errors are passed on.
Result<Response> outcomeOf(const Result<>& done, Response response)
{
    if (done) return response;
    const auto code = done.error().code;
    if (code == ErrorCode::InvalidArgument || code == ErrorCode::TooLarge) return Response::badRequest(done.error().detail);
    return done.error();
}

Result<Response> write(Call& call, const PolicyStore& policies, bool isLegacy)
{
    Response response;
    auto document = call.fields.textOr("policy", {});
    if (document.empty() && isLegacy && call.fields.has("rules")) {
        document = call.fields.textOr("rules", {});
        response.warnings.push_back("'rules' is deprecated, please use 'policy' instead");
    }
    if (call.fields.refusal()) return *call.fields.refusal();
    if (document.empty()) return Response::badRequest("'policy' parameter not supplied or empty");
    if (auto decoded = fromBase64(document); decoded && !decoded->empty()) document = std::move(*decoded);
    return outcomeOf(policies.put(call.scope(), call.part("name"), document), std::move(response));
}

} // namespace

namespace {

const Field kPolicyField{"policy", FieldType::Text, "The policy in HCL or JSON, or base64 of it."};

} // namespace

void addPolicyRoutes(RouteTable& routes, const PolicyStore& policies)
{
    for (const bool isLegacy : {false, true}) {
        const std::string folder = isLegacy ? "policy" : "policies/acl";
        routes.add({.verbs = Verb::Read | Verb::List,
                    .pattern = folder,
                    .handle = [&policies, isLegacy](Call& call) { return list(call, policies, isLegacy); },
                    .isInjected = isLegacy,
                    .fields = kNoFields,
                    .help = "Lists the names of the ACL policies."});
        routes.add({.verbs = Verb::Read,
                    .pattern = folder + "/*name",
                    .handle = [&policies, isLegacy](Call& call) { return read(call, policies, isLegacy); },
                    .isInjected = isLegacy,
                    .fields = kNoFields,
                    .help = "Reads, writes (`policy`, in HCL or JSON, or base64 of it) or deletes an ACL policy."});
        routes.add({.verbs = Verb::Write,
                    .pattern = folder + "/*name",
                    .handle = [&policies, isLegacy](Call& call) { return write(call, policies, isLegacy); },
                    .isInjected = isLegacy,
                    .isForwardable = true,
                    .fields = isLegacy ? FieldList{kPolicyField, {"rules", FieldType::Text, "The older name of `policy`."}} : FieldList{kPolicyField},
                    .isWithoutWarnings = true});
        routes.add({.verbs = Verb::Delete,
                    .pattern = folder + "/*name",
                    .handle = [&policies](Call& call) { return outcomeOf(policies.erase(call.scope(), call.part("name")), {}); },
                    .isInjected = isLegacy,
                    .isForwardable = true});
    }
}

} // namespace core::sys
