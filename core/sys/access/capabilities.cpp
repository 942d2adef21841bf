#include "core/sys/routes/handlers.h"

namespace core::sys {
namespace {

namespace json = boost::json;
using mount::Response;
using identity::Rights;
using token::TokenStore;

Result<Response> answer(Call& call, const Rights& rights, const token::TokenEntry& token)
{
    auto paths = call.fields.list("paths").value_or(std::vector<std::string>{});
    if (paths.empty()) paths = call.fields.list("path").value_or(std::vector<std::string>{});
    if (call.fields.refusal()) return *call.fields.refusal();
    if (paths.empty()) return Response::badRequest("paths must be supplied");
    auto held = rights.of(call.scope(), token);
    if (!held) return held.error();
    json::object data;
    for (const auto& path : paths) {
        std::string_view plain = path;
        while (plain.starts_with('/')) plain.remove_prefix(1);
        data[path] = textArray(held->acl->capabilities(plain));
    }
    if (paths.size() == 1) {
        json::value only = data.at(paths.front()); // a copy, because a new member moves the others
        data["capabilities"] = std::move(only);
    }
    return Response::ofData(std::move(data));
}

} // namespace

namespace {

const Field kToken{"token", FieldType::Text, "The token."};
const Field kPath{"path", FieldType::TextList, "The older name of `paths`."};
const Field kPaths{"paths", FieldType::TextList, "The paths to judge."};

} // namespace

void addCapabilityRoutes(RouteTable& routes, const Rights& rights, TokenStore& tokens)
{
    routes.add({.verbs = Verb::Write,
                .pattern = "capabilities-self",
                .handle = [&rights](Call& call) -> Result<Response> {
                    if (!call.request.token) return Response::error(403, "permission denied");
                    return answer(call, rights, *call.request.token);
                },
                .isInjected = true,
                .fields = FieldList{kToken, kPath, kPaths},
                .help = "Shows what the calling token can do at the given `paths`."});
    routes.add({.verbs = Verb::Write,
                .pattern = "capabilities",
                .handle = [&rights, &tokens](Call& call) -> Result<Response> {
                    const auto id = call.fields.textOr("token", {});
                    if (call.fields.refusal()) return *call.fields.refusal();
                    if (id.empty()) return Response::badRequest("missing token");
                    auto token = tokens.find(call.scope(), id, call.now());
                    if (!token) return token.error();
                    if (!*token) return Response::badRequest("invalid token");
                    return answer(call, rights, **token);
                },
                .isInjected = true,
                .fields = FieldList{kToken, kPath, kPaths},
                .help = "Shows what a `token` can do at the given `paths`."});
    routes.add({.verbs = Verb::Write,
                .pattern = "capabilities-accessor",
                .handle = [&rights, &tokens](Call& call) -> Result<Response> {
                    const auto accessor = call.fields.textOr("accessor", {});
                    if (call.fields.refusal()) return *call.fields.refusal();
                    if (accessor.empty()) return Response::badRequest("missing accessor");
                    auto token = tokens.findByAccessor(call.scope(), accessor, call.now());
                    if (!token) return token.error();
                    if (!*token) return Response::badRequest("invalid accessor");
                    return answer(call, rights, **token);
                },
                .isInjected = true,
                .fields = FieldList{{"accessor", FieldType::Text, "The accessor of a token."}, kPath, kPaths},
                .help = "Shows what the token of an `accessor` can do at the given `paths`."});
}

} // namespace core::sys
