#include "core/policy/policy_store.h"

#include "core/base/ascii.h"
#include "core/base/name.h"

#include <algorithm>

namespace core::policy {
namespace {

barrier::View folderOf(const barrier::Scope& scope)
{
    return scope.shared(std::string{kPolicyFolder});
}

} // namespace

Result<> PolicyStore::initialize(const barrier::Scope& scope) const
{
    auto folder = folderOf(scope);
    const std::pair<std::string_view, std::string_view> builtins[] = {
        {kDefaultPolicyName, defaultPolicyDocument()},
        {kResponseWrappingPolicyName, responseWrappingPolicyDocument()},
    };
    for (const auto& [name, document] : builtins) {
        const auto found = folder.exists(name);
        if (!found) return found.error();
        if (*found) continue;
        if (auto stored = folder.put(name, document); !stored) return stored;
    }
    return {};
}

Result<std::optional<std::string>> PolicyStore::document(const barrier::Scope& scope, std::string_view name) const
{
    const auto key = lowerCased(name);
    if (key == kRootPolicyName) return std::optional<std::string>{""};
    return folderOf(scope).get(key);
}

Result<bool> PolicyStore::exists(const barrier::Scope& scope, std::string_view name) const
{
    const auto key = lowerCased(name);
    if (key == kRootPolicyName) return true;
    return folderOf(scope).exists(key);
}

Result<std::vector<std::string>> PolicyStore::names(const barrier::Scope& scope) const
{
    std::vector<std::string> names{std::string{kRootPolicyName}};
    const auto collect = [&](std::string_view name, std::string_view) {
        if (!isImmutablePolicy(name)) names.emplace_back(name);
        return true;
    };
    if (auto walked = folderOf(scope).forEach({}, collect); !walked) return walked.error();
    std::sort(names.begin(), names.end());
    return names;
}

Result<> PolicyStore::put(const barrier::Scope& scope, std::string_view name, std::string_view document) const
{
    const auto key = lowerCased(name);
    if (isImmutablePolicy(key)) return Error{ErrorCode::InvalidArgument, "cannot update \"" + key + "\" policy"};
    if (auto parsed = parsePolicy(key, document); !parsed) return parsed.error();
    if (auto why = nameRefusal("the name of a policy", key); !why.empty()) {
        auto isThere = folderOf(scope).exists(key); // stored before names were checked
        if (!isThere) return std::move(isThere).error();
        if (!*isThere) return Error{ErrorCode::InvalidArgument, std::move(why)};
    }
    return folderOf(scope).put(key, document);
}

Result<> PolicyStore::erase(const barrier::Scope& scope, std::string_view name) const
{
    const auto key = lowerCased(name);
    if (isImmutablePolicy(key)) return Error{ErrorCode::InvalidArgument, "cannot delete \"" + key + "\" policy"};
    if (key == kDefaultPolicyName) return Error{ErrorCode::InvalidArgument, "cannot delete default policy"};
    return folderOf(scope).erase(key);
}

Result<std::shared_ptr<const Acl>> PolicyStore::acl(const barrier::Scope& scope, std::vector<std::string> names)
{
    const auto load = [&](std::string_view name) -> Result<std::shared_ptr<const Policy>> {
        auto document = folderOf(scope).get(name);
        if (!document) return document.error();
        if (!*document) return std::shared_ptr<const Policy>{};
        auto parsed = parsePolicy(name, **document);
        if (!parsed) return parsed.error();
        return std::make_shared<const Policy>(std::move(*parsed));
    };
    return m_lists.get(std::move(names), load);
}

void PolicyStore::changed(const log::ChangedKeys& keys)
{
    const auto isPolicy = [](std::string_view key) { return key.starts_with("s/") && key.substr(2).starts_with(kPolicyFolder); };
    if (keys.any(isPolicy)) invalidate();
}

} // namespace core::policy
