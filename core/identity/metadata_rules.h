#pragma once

#include "core/identity/entity.h"

namespace core::identity {

inline constexpr std::size_t kMetadataPairsMax = 64;
inline constexpr std::size_t kMetadataKeyBytesMax = 128;
inline constexpr std::size_t kMetadataValueBytesMax = 512;

/// What is wrong with the metadata of an entity or a group; empty: nothing.
std::string metadataFault(const TextMap& metadata);
/// What is wrong with the custom metadata of an alias; empty: nothing.
std::string customMetadataFault(const TextMap& metadata);

} // namespace core::identity
