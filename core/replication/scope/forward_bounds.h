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

/// Of shared class, so that they hold on whichever cluster becomes the primary; a forwarded request writes none of them.
inline constexpr std::string_view kForwardBoundFolder = "core/replication/forwarding/";

/// What a performance secondary may have done at the primary at most: policies of the primary that must allow its requests besides
/// those that it names for its clients. Errors of all: those of the view, Corrupt.
class ForwardBounds {
public:
    explicit ForwardBounds(const barrier::Scope& scope) : m_folder{scope.shared(std::string{kForwardBoundFolder})} {}

    /// The names of the policies, by the secondary's id; nothing: it is not bounded.
    Result<std::optional<std::vector<std::string>>> find(std::string_view id) const;
    /// The ids of those that are.
    Result<std::vector<std::string>> ids() const;
    Result<> put(std::string_view id, const std::vector<std::string>& policies);
    Result<> erase(std::string_view id);

private:
    barrier::View m_folder;
};

/// What a batch token of another cluster may do here at most: as that cluster's forwarded requests. Null: it is not bounded, or is
/// no such token. Errors: those of the bound and of the policies.
Result<std::shared_ptr<const policy::Acl>> boundOfMaker(const barrier::Scope& scope, policy::PolicyStore& policies, const token::TokenEntry& token);

} // namespace core::replication
