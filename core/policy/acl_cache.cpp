#include "core/policy/acl_cache.h"

#include <algorithm>

namespace core::policy {

Result<std::shared_ptr<const Acl>> AclCache::get(std::vector<std::string> names, const Loader& load)
{
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    std::string key;
    for (const auto& name : names) key.append(name).push_back('\0');

    const auto found = m_lists.find(key);
    if (found.object) return found.object;

    Acl::Policies policies;
    for (const auto& name : names) {
        if (name == kRootPolicyName) {
            policies.push_back(std::make_shared<const Policy>(Policy{name, {}}));
            continue;
        }
        auto policy = load(name);
        if (!policy) return std::move(policy).error().withContext("policy " + name);
        if (*policy) policies.push_back(*std::move(policy));
    }
    auto acl = Acl::create(policies);
    if (!acl) return acl;
    m_lists.insert(key, *acl, found.generation); // not if a policy changed in the meantime: then only this request uses it
    return acl;
}

} // namespace core::policy
