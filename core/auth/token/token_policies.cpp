#include "core/auth/token/token_policies.h"

#include "core/auth/token_parameters.h"

#include <algorithm>

namespace core::auth {
namespace {

using Names = std::vector<std::string>;

bool contains(const Names& names, std::string_view name)
{
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool matchesAny(const Names& patterns, std::string_view name)
{
    return std::any_of(patterns.begin(), patterns.end(), [&](const auto& pattern) { return globMatches(pattern, name); });
}

/// ["a" "b"]
std::string quotedList(const Names& names)
{
    std::string text{"["};
    for (const auto& name : names) {
        if (text.size() > 1) text += ' ';
        text += '"' + name + '"';
    }
    return text + "]";
}

/// Root tokens do not get `default`.
Names withDefault(Names names, bool isDefaultAdded)
{
    if (isDefaultAdded && !contains(names, "root")) names.emplace_back("default");
    return normalizedPolicies(std::move(names));
}

Result<Names> chooseByRole(const PolicyChoice& choice)
{
    const auto& role = *choice.role;
    const bool isDefaultAdded = !choice.hasNoDefaultPolicy && !role.hasNoDefaultPolicy && !contains(role.disallowedPolicies, "default");
    Names names = normalizedPolicies(choice.requested);
    const bool hasAllowList = !role.allowedPolicies.empty() || !role.allowedPoliciesGlob.empty();
    if (hasAllowList) {
        const auto allowed = withDefault(role.allowedPolicies, isDefaultAdded);
        names = names.empty() ? allowed : withDefault(std::move(names), isDefaultAdded);
        const bool isSubset = std::all_of(names.begin(), names.end(),
                                          [&](const auto& name) { return contains(allowed, name) || matchesAny(role.allowedPoliciesGlob, name); });
        if (!isSubset) {
            std::string text =
                "token policies (" + quotedList(names) + ") must be subset of the role's allowed policies (" + quotedList(allowed) + ")";
            if (!role.allowedPoliciesGlob.empty()) text += " or glob policies (" + quotedList(role.allowedPoliciesGlob) + ")";
            return Error{ErrorCode::InvalidArgument, std::move(text)};
        }
    } else {
        if (names.empty()) names = choice.parent.policies;
        names = withDefault(std::move(names), isDefaultAdded);
    }
    for (const auto& name : names) {
        if (contains(role.disallowedPolicies, name) || matchesAny(role.disallowedPoliciesGlob, name)) {
            return Error{ErrorCode::InvalidArgument, "token policy \"" + name + "\" is disallowed by this role"};
        }
    }
    return names;
}

} // namespace

Result<Names> choosePolicies(const PolicyChoice& choice)
{
    if (choice.role && choice.role->restrictsPolicies()) return chooseByRole(choice);
    bool isDefaultAdded = !choice.hasNoDefaultPolicy && !(choice.role && choice.role->hasNoDefaultPolicy);
    Names names = normalizedPolicies(choice.requested);
    if (names.empty()) {
        names = choice.parent.policies;
    } else if (!choice.isSudo) {
        const bool isSubset = std::all_of(names.begin(), names.end(), [&](const auto& name) { return contains(choice.parent.policies, name); });
        if (!isSubset) return Error{ErrorCode::InvalidArgument, "child policies must be subset of parent"};
        if (!contains(choice.parent.policies, "default")) isDefaultAdded = false;
    }
    names = withDefault(std::move(names), isDefaultAdded);
    if (choice.hasNoDefaultPolicy) std::erase(names, "default"); // also if the request names it
    return names;
}

} // namespace core::auth
