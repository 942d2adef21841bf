#include "core/policy/acl_cache.h"

#include <algorithm>

namespace core::policy {

Result<std::shared_ptr<const Acl>> AclCache::get(std::vector<std::string> names, const Loader& load)
{
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    std::string key;
    for (const auto& name : names) key.append(name).push_back('\0');

    std::uint64_t generation = 0;
    {
        MutexLock lock{m_mutex};
        if (const auto found = m_lists.find(key); found != m_lists.end()) return found->second;
        generation = m_generation;
    }

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

    MutexLock lock{m_mutex};
    if (generation == m_generation) { // otherwise a policy changed in the meantime: use it only for this request
        if (m_lists.size() >= m_entriesMax) m_lists.clear();
        m_lists.emplace(std::move(key), *acl);
    }
    return acl;
}

void AclCache::invalidate()
{
    MutexLock lock{m_mutex};
    m_lists.clear();
    ++m_generation;
}

} // namespace core::policy
