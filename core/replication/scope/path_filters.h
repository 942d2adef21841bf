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
    std::vector<std::string> paths{}; // "secret/", "auth/userpass/", "team/" (all below it); also of mounts that are not there
    /// Mounts that it named when they were unmounted: until their data is gone they stay what they were for the secondary.
    std::vector<std::string> unmounted{};

    bool names(std::string_view mountPath) const;
};

/// Mounts that every secondary has: of type system, token, identity, cubbyhole.
bool isSingleton(const mount::MountEntry& entry);

/// The filter against the mounts there are, tainted ones included.
LinkFilter::Mounts resolve(const PathFilter& filter, const std::vector<mount::MountEntry>& mounts);

/// Stored filters by secondary's id, those of a primary or those of a relay. Errors of all: those of the view, Corrupt.
class PathFilters {
public:
    explicit PathFilters(barrier::View folder) : m_folder{std::move(folder)} {}
    static PathFilters ofPrimary(const barrier::Scope& scope) { return PathFilters{scope.shared(std::string{kFilterFolder})}; }
    static PathFilters ofRelay(const barrier::Scope& scope) { return PathFilters{scope.local(std::string{kRelayFilterFolder})}; }

    Result<std::optional<PathFilter>> find(std::string_view id) const;
    Result<std::map<std::string, PathFilter>> all() const;
    Result<> put(std::string_view id, const PathFilter& filter);
    Result<> erase(std::string_view id);

    /// Takes a path out of every filter: its mount is unmounted (`uuid`, remembered while its data goes) or moved (no uuid).
    /// Gives the ids whose filter named it.
    Result<std::vector<std::string>> forget(std::string_view mountPath, std::string_view uuid);

private:
    barrier::View m_folder;
};

/// Shared mounts of both tables. Errors: those of the view, Corrupt.
Result<std::vector<mount::MountEntry>> sharedMounts(const barrier::Scope& scope);

} // namespace core::replication
