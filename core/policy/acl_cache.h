#pragma once

#include "core/base/guarded_cache.h"
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

    explicit AclCache(std::size_t entriesMax = 10'000) : m_lists{entriesMax} {}

    /// The list of a set of policy names in any order. Errors: those of the loader and of Acl::create().
    Result<std::shared_ptr<const Acl>> get(std::vector<std::string> names, const Loader& load);

    /// Forgets every list.
    void invalidate() { m_lists.clear(); }

private:
    GuardedCache<std::string, Acl, std::hash<std::string>, 1> m_lists; // by the names; one shard, because a change of one policy drops all
};

} // namespace core::policy
