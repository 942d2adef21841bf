#pragma once

#include "core/identity/directory.h"
#include "core/policy/policy_store.h"
#include "core/token/token_entry.h"

namespace core::identity {

/// What a token can do: its own policies, and those of its entity and the entity's groups. Thread-safe.
class Rights {
public:
    /// Both must outlive this object.
    Rights(policy::PolicyStore& policies, Directory& directory) : m_policies{policies}, m_directory{directory} {}

    struct Held {
        std::shared_ptr<const policy::Acl> acl;
        ProfilePointer profile; // null: the token has no entity
        bool isRefused = false; // the entity is disabled or deleted, so every request of the token is refused

        /// Null: the token has no entity.
        std::shared_ptr<const std::vector<std::string>> addedPolicies() const
        {
            if (!profile) return nullptr;
            return {profile, &profile->policies()};
        }
    };
    /// The transaction of `scope` must have no writes of identity. Errors: those of the views, Corrupt.
    Result<Held> of(const barrier::Scope& scope, const token::TokenEntry& token) const;

    Directory& directory() const { return m_directory; }
    policy::PolicyStore& policies() const { return m_policies; }

private:
    policy::PolicyStore& m_policies;
    Directory& m_directory;
};

} // namespace core::identity
