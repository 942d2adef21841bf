#include "core/identity/rights.h"

namespace core::identity {

Result<Rights::Held> Rights::of(const barrier::Scope& scope, const token::TokenEntry& token) const
{
    Held held;
    auto names = token.policies;
    if (!token.entityId.empty()) {
        auto profile = m_directory.find(scope, token.entityId);
        if (!profile) return std::move(profile).error();
        held.profile = std::move(*profile);
        held.isRefused = !held.profile || held.profile->entity().isDisabled;
        // Nothing can be added to the root policy.
        if (held.profile && !token.isRoot()) {
            const auto& added = held.profile->policies();
            names.insert(names.end(), added.begin(), added.end());
        }
    }
    auto acl = m_policies.acl(scope, std::move(names));
    if (!acl) return std::move(acl).error();
    held.acl = held.profile ? held.profile->filled(*acl) : std::move(*acl);
    return held;
}

} // namespace core::identity
