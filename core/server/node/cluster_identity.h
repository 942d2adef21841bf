#pragma once

#include "core/barrier/scope.h"
#include "core/log/store.h"
#include "core/replication/scope/type.h"

#include <string>
#include <string_view>
#include <vector>

namespace core::server {

/// Name and id of the cluster. They do not change with its role in a replication set.
struct ClusterIdentity {
    std::string name;
    std::string id;

    static constexpr std::string_view kFolder = "core/cluster/local/";
    /// Errors: those of the view.
    static Result<> store(const barrier::Scope& scope, const ClusterIdentity& identity);
    /// Errors: Corrupt (missing), those of the view.
    static Result<ClusterIdentity> load(const barrier::Scope& scope);
    /// The replication types for which a restore must make a new set. Errors: Io, Corrupt.
    static Result<std::vector<replication::Type>> newSets(const log::Store& store);
    /// Seals the identity that a restore under other keys has left in the clear. Errors: those of a commit.
    static Result<> adoptRestored(log::Store& store, const barrier::Barrier& barrier, const ClusterIdentity& identity);
};

} // namespace core::server
