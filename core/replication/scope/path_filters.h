#pragma once

#include "core/barrier/scope.h"
#include "core/mount/backend.h"
#include "core/replication/scope/link_filter.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core::replication {

/// Which mounts one secondary receives (spec: replication-behaviour.md §10).
struct PathFilter {
    bool isAllowing = true;
    std::vector<std::string> paths{}; // "secret/", "auth/userpass/", "team/" (all below it); a path may have no mount yet
    /// Mounts that the filter named when they were unmounted. The filter still covers them until their data is deleted.
    std::vector<std::string> unmounted{};

    bool names(std::string_view mountPath) const;
};

/// A mount that every secondary has: of type system, token, identity or cubbyhole.
bool isSingleton(const mount::MountEntry& entry);

/// Resolves the filter against all existing mounts, tainted ones included.
LinkFilter::Mounts resolve(const PathFilter& filter, const std::vector<mount::MountEntry>& mounts);

/// Stored filters by the secondary's id, of a primary or of a relay. Errors of all: those of the view, Corrupt.
class PathFilters {
public:
    explicit PathFilters(barrier::View folder) : m_folder{std::move(folder)} {}
    static PathFilters ofPrimary(const barrier::Scope& scope) { return PathFilters{scope.shared(std::string{kFilterFolder})}; }
    static PathFilters ofRelay(const barrier::Scope& scope) { return PathFilters{scope.local(std::string{kRelayFilterFolder})}; }

    Result<std::optional<PathFilter>> find(std::string_view id) const;
    Result<std::map<std::string, PathFilter>> all() const;
    Result<> put(std::string_view id, const PathFilter& filter);
    Result<> erase(std::string_view id);

    /// Removes a path from every filter, because its mount is unmounted or moved. On unmount, `uuid` is remembered while the data is
    /// deleted; on a move it is empty. Returns the ids whose filter named the path.
    Result<std::vector<std::string>> forget(std::string_view mountPath, std::string_view uuid);

private:
    barrier::View m_folder;
};

/// Shared mounts of both tables. Errors: those of the view, Corrupt.
Result<std::vector<mount::MountEntry>> sharedMounts(const barrier::Scope& scope);

} // namespace core::replication
