#pragma once

#include "core/barrier/scope.h"
#include "core/base/mutex.h"
#include "core/identity/entity.h"
#include "core/policy/acl.h"

#include <memory>

namespace core::identity {

/// What requests need to know about the entity of their token: the entity, its groups, and the policies that it adds.
///
/// A snapshot that never changes. A change of the entity makes another one. Thread-safe.
class Profile {
public:
    /// Reads the profile in the caller's transaction. Null: no such entity. Errors: those of the views, Corrupt.
    static Result<std::shared_ptr<const Profile>> load(const barrier::Scope& scope, const std::string& entityId);

    Profile(Entity entity, std::vector<Group> groups);

    const Entity& entity() const { return m_entity; }
    const std::vector<Group>& groups() const { return m_groups; } // direct and inherited; without their members
    /// Of the entity and its groups. Sorted, each once.
    const std::vector<std::string>& policies() const { return m_policies; }

    /// The value of a template's expression (spec: identity-api.md §9). Empty: this entity has no such value.
    std::optional<std::string> valueOf(std::string_view expression) const;
    /// The list with the templates filled in for this entity. The newest few are kept, because an entity's tokens have few different sets of policies.
    std::shared_ptr<const policy::Acl> filled(const std::shared_ptr<const policy::Acl>& acl) const CORE_EXCLUDES(m_mutex);

private:
    static constexpr std::size_t kListsMax = 4;
    struct Filled {
        std::shared_ptr<const policy::Acl> from; // keeps the address from being used again
        std::shared_ptr<const policy::Acl> acl;
    };

    const Entity m_entity;
    const std::vector<Group> m_groups;
    const std::vector<std::string> m_policies;
    mutable Mutex m_mutex; // leaf lock
    mutable std::vector<Filled> m_lists CORE_GUARDED_BY(m_mutex);
};
using ProfilePointer = std::shared_ptr<const Profile>;

} // namespace core::identity
