#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string_view>

namespace core::merkle {

/// HMAC-SHA-256 of the physical key under the set's forest key, first 16 bytes.
using KeyHash = std::array<std::uint8_t, 16>;

/// HMAC-SHA-256 of key hash and sealed value's digest under the forest key, first 16 bytes. It is a PRF of key and value. So the digest of a page or
/// a tree can be the XOR of its leaves' digests. All zero means "no leaf".
using LeafDigest = std::array<std::uint8_t, 16>;

/// The tree that a physical key belongs to. Empty for keys that are in no tree (`i/`, `m/`). A view into `key`.
/// - "s/logical/<uuid>", "l/logical/<uuid>", "s/auth/<uuid>" …: the data of a mount
/// - "s/core/mounts/<uuid>", "s/core/auth/<uuid>": its row in the mount tables
/// - "s/core/replication/filters": the paths filters
/// - "s", "l": the rest of the class
/// So a filter that withholds a mount withholds whole trees.
std::string_view treeOf(std::string_view key);

} // namespace core::merkle
