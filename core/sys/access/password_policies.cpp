// The policies by which engines make passwords for other systems (spec: leases-and-dynamic-secrets.md §9).
#include "core/base/go_text.h"
#include "core/policy/password_policy_rows.h"
#include "core/sys/routes/handlers.h"

namespace core::sys {
namespace {

using mount::Response;
using policy::PasswordPolicy;

Response refusal(int status, std::string_view text)
{
    return Response::error(status, joinedErrors(std::initializer_list<std::string_view>{text}));
}

Result<Response> list(Call& call)
{
    const auto names = policy::passwordPolicyNames(call.scope());
    if (!names) return names.error();
    return mount::keysAnswer(*names);
}

Result<Response> read(Call& call)
{
    auto document = policy::passwordPolicyDocument(call.scope(), call.part("name"));
    if (!document) return std::move(document).error();
    if (!*document) return refusal(404, "policy does not exist");
    return Response::ofData({{"policy", **document}});
}

/// Nothing if passwords can be made by it.
std::optional<Response> refusalOf(Call& call, std::string_view document)
{
    const auto parsed = PasswordPolicy::parse(document);
    if (!parsed) return refusal(400, "invalid password policy: " + parsed.error().detail);
    if (parsed->length() < policy::kPasswordCharactersMin || parsed->length() > policy::kPasswordCharactersMax) {
        return refusal(400, "passwords must be between " + std::to_string(policy::kPasswordCharactersMin) + " and " +
                                std::to_string(policy::kPasswordCharactersMax) + " characters");
    }
    if (!parsed->generate(call.context.random, call.context.clock)) {
        return refusal(400, "unable to construct test password from provided policy: are the rules impossible?");
    }
    return std::nullopt;
}

Result<Response> write(Call& call)
{
    auto document = call.fields.textOr("policy", {});
    if (call.fields.refusal()) return *call.fields.refusal();
    if (document.empty()) return refusal(400, "missing policy");
    if (auto decoded = decodeGoBase64(document); decoded && !decoded->empty()) document = std::move(*decoded);
    if (auto refused = refusalOf(call, document)) return *refused;
    const auto stored = policy::putPasswordPolicy(call.scope(), call.part("name"), document);
    if (!stored && stored.error().code == ErrorCode::InvalidArgument) return refusal(400, stored.error().detail);
    if (!stored) return stored.error();
    return Response{};
}

Result<Response> erase(Call& call)
{
    if (auto erased = policy::erasePasswordPolicy(call.scope(), call.part("name")); !erased) return std::move(erased).error();
    return Response{};
}

Result<Response> generate(Call& call)
{
    const auto made = policy::generatePassword(call.scope(), call.part("name"), call.context.random, call.context.clock);
    if (made) return Response::ofData({{"password", made->view()}});
    if (made.error().code == ErrorCode::NotFound) return refusal(404, "policy does not exist");
    if (made.error().code == ErrorCode::InvalidArgument || made.error().code == ErrorCode::Timeout) {
        return refusal(500, "failed to generate password from policy: " + made.error().detail);
    }
    return made.error();
}

} // namespace

void addPasswordPolicyRoutes(RouteTable& routes)
{
    const std::string folder = "policies/password";
    routes.add({.verbs = Verb::Read | Verb::List,
                .pattern = folder,
                .handle = list,
                .fields = kNoFields,
                .help = "Lists the names of the password policies."});
    routes.add({.verbs = Verb::Read,
                .pattern = folder + "/*name/generate",
                .handle = generate,
                .isSlow = true, // a second at most, for a policy whose rules few candidates keep
                .fields = kNoFields,
                .help = "Makes a password by the policy."});
    routes.add({.verbs = Verb::Read,
                .pattern = folder + "/*name",
                .handle = read,
                .fields = kNoFields,
                .help = "Reads, writes (`policy`, in HCL or JSON, or base64 of it) or deletes a password policy: `length`, and blocks\n"
                        "`rule \"charset\" { charset = \"…\"  min-chars = N }`."});
    routes.add({.verbs = Verb::Write,
                .pattern = folder + "/*name",
                .handle = write,
                .isSlow = true,
                .isForwardable = true,
                .fields = FieldList{{"policy", FieldType::Text, "The policy in HCL or JSON, or base64 of it."}},
                .isWithoutWarnings = true});
    routes.add({.verbs = Verb::Delete, .pattern = folder + "/*name", .handle = erase, .isForwardable = true});
}

} // namespace core::sys
