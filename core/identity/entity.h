#pragma once

#include "core/base/clock.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core::identity {

using TextMap = std::map<std::string, std::string>;

/// The name of an entity, or of an external group, at one auth mount.
struct Alias {
    std::string id;
    std::string canonicalId; // of the entity or the group
    std::string mountAccessor;
    std::string name;
    std::optional<TextMap> metadata;       // from logins
    std::optional<TextMap> customMetadata; // from users
    std::vector<std::string> mergedFrom;   // the entities that it belonged to before merges
    WallTime createdAt;
    WallTime updatedAt;
    bool isLocal = false; // of a local mount: stored only on this cluster

    bool operator==(const Alias&) const = default;
};

/// A person or a program. It can log in at several auth mounts.
struct Entity {
    std::string id;
    std::string name;
    std::optional<TextMap> metadata;
    std::vector<std::string> policies; // sorted
    bool isDisabled = false;
    std::vector<Alias> aliases; // at most one for each auth mount
    std::vector<std::string> mergedIds;
    WallTime createdAt;
    WallTime updatedAt;
};

/// Entities and groups with common policies. The members of an external group come from logins.
struct Group {
    std::string id;
    std::string name;
    bool isExternal = false;
    std::optional<TextMap> metadata;
    std::optional<std::vector<std::string>> policies; // sorted. Like the other lists: empty until it is set, so that answers show null until then
    std::optional<std::vector<std::string>> memberEntityIds;
    std::optional<std::vector<std::string>> memberGroupIds;
    std::optional<std::vector<std::string>> parentGroupIds; // can name groups that were deleted since
    std::optional<Alias> alias;                             // of an external group
    std::uint64_t modifyIndex = 0;
    WallTime createdAt;
    WallTime updatedAt;
};

/// Sorted, each once, without empty texts.
std::vector<std::string> sortedOnce(std::vector<std::string> texts);
bool contains(const std::vector<std::string>& sorted, std::string_view text);

} // namespace core::identity
