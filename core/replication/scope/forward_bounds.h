#pragma once

#include "core/barrier/scope.h"
#include "core/policy/policy_store.h"
#include "core/token/token_entry.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core::replication {

/// Of shared class, so a new primary has the same bounds. A forwarded request must not write here.
inline constexpr std::string_view kForwardBoundFolder = "core/replication/forwarding/";

/// The stored limits of what a performance secondary may do at the primary. A limit is a list of the primary's policies. They must allow a
/// forwarded request too, in addition to the policies that the secondary names for its client. Errors of all: those of the view, Corrupt.
class ForwardBounds {
public:
    explicit ForwardBounds(const barrier::Scope& scope) : m_folder{scope.shared(std::string{kForwardBoundFolder})} {}

    /// The names of the policies for the secondary's id. Nothing: it has no limit.
    Result<std::optional<std::vector<std::string>>> find(std::string_view id) const;
    /// The ids of the secondaries that have a limit.
    Result<std::vector<std::string>> ids() const;
    Result<> put(std::string_view id, const std::vector<std::string>& policies);
    Result<> erase(std::string_view id);

private:
    barrier::View m_folder;
};

/// The limit of a batch token that another cluster made: the same as for that cluster's forwarded requests. Null: no limit, or not such a
/// token. Errors: those of the bound and of the policies.
Result<std::shared_ptr<const policy::Acl>> boundOfMaker(const barrier::Scope& scope, policy::PolicyStore& policies, const token::TokenEntry& token);

} // namespace core::replication
