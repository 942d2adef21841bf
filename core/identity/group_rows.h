#pragma once

#include "core/barrier/scope.h"
#include "core/identity/entity.h"

#include <functional>

namespace core::identity {

/// The stored groups, the index rows by which they are found, and one row for each membership of an entity (README.md). Works in the caller's
/// transaction. Not thread-safe. Errors of all functions: those of the views, Corrupt.
class GroupRows {
public:
    explicit GroupRows(const barrier::Scope& scope);

    Result<std::optional<Group>> find(const std::string& id) const;
    Result<std::optional<Group>> findByName(std::string_view name) const;
    Result<std::optional<Group>> findByAlias(std::string_view mountAccessor, std::string_view name) const;
    Result<std::optional<Group>> findByAliasId(const std::string& aliasId) const;

    /// Stores a new group, or a changed one whose stored form is `before`, and raises its modify index.
    Result<> store(const std::optional<Group>& before, Group after);
    /// The groups above and below keep the id, as in Vault.
    Result<> erase(const Group& group);
    Result<> forEach(const std::function<bool(const Group&)>& visit) const;

    /// The groups that contain the entity. Sorted.
    Result<std::vector<std::string>> groupsOf(const std::string& entityId) const;

private:
    Result<std::optional<Group>> loadIndexed(const std::string& key) const;
    Result<> storeAlias(const std::optional<Alias>& before, const std::optional<Alias>& after);
    Result<> storeMembers(const Group& group, const std::vector<std::string>& before, const std::vector<std::string>& after);

    barrier::View m_rows;
};

/// The groups of an entity: those that contain it, and those above them.
struct Membership {
    std::vector<Group> direct;
    std::vector<Group> inherited;
};
/// Group rows that one look-up reads at most. What lies above does not count.
inline constexpr std::size_t kGroupsReadMax = 10'000;
Result<Membership> membershipOf(const GroupRows& groups, const std::string& entityId);

/// True if `candidate` is `groupId` or a group above it, so that making it a member would close a circle.
Result<bool> isAbove(const GroupRows& groups, const std::string& groupId, const std::string& candidate);

} // namespace core::identity
