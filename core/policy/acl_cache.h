#pragma once

#include "core/base/mutex.h"
#include "core/policy/acl.h"

namespace core::policy {

/// Keeps the access-control lists of the policy sets in use, so that a request costs a look-up and not a merge.
///
/// Code that changes a policy must call invalidate() after the commit. Lists that requests already hold do not change.
/// Templates are not filled in; Acl::filled() does that for one entity. Thread-safe.
class AclCache {
public:
    /// Returns a policy by name; null if there is none, which grants nothing. Never called for `root`.
    using Loader = std::function<Result<std::shared_ptr<const Policy>>(std::string_view name)>;

    explicit AclCache(std::size_t entriesMax = 10'000) : m_entriesMax{entriesMax} {}

    /// The list of a set of policy names in any order. Errors: those of the loader and of Acl::create().
    Result<std::shared_ptr<const Acl>> get(std::vector<std::string> names, const Loader& load) CORE_EXCLUDES(m_mutex);

    /// Forgets every list.
    void invalidate() CORE_EXCLUDES(m_mutex);

private:
    const std::size_t m_entriesMax;

    Mutex m_mutex; // leaf lock: nothing else is locked, and nothing loaded, while it is held
    std::unordered_map<std::string, std::shared_ptr<const Acl>> m_lists CORE_GUARDED_BY(m_mutex);
    std::uint64_t m_generation CORE_GUARDED_BY(m_mutex) = 0;
};

} // namespace core::policy
