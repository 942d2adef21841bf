#include "core/policy/password_policy_rows.h"

#include "core/base/name.h"

namespace core::policy {
namespace {

barrier::View folderOf(const barrier::Scope& scope)
{
    return scope.shared(std::string{kPasswordPolicyFolder});
}

} // namespace

Result<std::optional<std::string>> passwordPolicyDocument(const barrier::Scope& scope, std::string_view name)
{
    return folderOf(scope).get(name);
}

Result<std::vector<std::string>> passwordPolicyNames(const barrier::Scope& scope)
{
    return folderOf(scope).list();
}

Result<> putPasswordPolicy(const barrier::Scope& scope, std::string_view name, std::string_view document)
{
    if (auto why = nameRefusal("the name of a password policy", name); !why.empty()) return Error{ErrorCode::InvalidArgument, std::move(why)};
    return folderOf(scope).put(name, document);
}

Result<> erasePasswordPolicy(const barrier::Scope& scope, std::string_view name)
{
    return folderOf(scope).erase(name);
}

Result<SecretBytes> generatePassword(const barrier::Scope& scope, std::string_view policyName, Random& random, const Clock& clock)
{
    if (policyName.empty()) return PasswordPolicy::standard().generate(random, clock);
    const auto document = passwordPolicyDocument(scope, policyName);
    if (!document) return document.error();
    if (!*document) return Error{ErrorCode::NotFound, "no password policy found"};
    const auto policy = PasswordPolicy::parse(**document);
    if (!policy) return policy.error();
    return policy->generate(random, clock);
}

} // namespace core::policy
