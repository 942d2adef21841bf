#pragma once

#include "core/base/result.h"
#include "core/identity/entity.h"

#include <string>
#include <string_view>

namespace core::identity {

// The stored form of rows, JSON (README.md). Errors of decoding: Corrupt.

/// Without local aliases, which have rows of their own.
std::string encodeEntity(const Entity& entity);
Result<Entity> decodeEntity(std::string_view text);

std::string encodeAlias(const Alias& alias);
Result<Alias> decodeAlias(std::string_view text);

std::string encodeGroup(const Group& group);
Result<Group> decodeGroup(std::string_view text);

} // namespace core::identity
