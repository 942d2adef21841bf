#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string_view>

namespace core::merkle {

/// HMAC-SHA-256 of the physical key under the set's forest key, first 16 bytes.
using KeyHash = std::array<std::uint8_t, 16>;

/// HMAC-SHA-256 of key hash and sealed value's digest under the forest key, first 16 bytes: a PRF of key and value, so that
/// digests of pages and trees may be XORs of it. All zero means "no leaf".
using LeafDigest = std::array<std::uint8_t, 16>;

/// The tree that a physical key belongs to: "s/logical/<uuid>", "l/logical/<uuid>", "s/auth/<uuid>" … for the data of a
/// mount, "s/core/mounts/<uuid>" and "s/core/auth/<uuid>" for its row in the tables, "s/core/replication/filters" for the paths
/// filters, "s" or "l" for the rest of the class: a filter that keeps back a mount then keeps back whole trees. Empty for keys
/// that are in no tree (`i/`, `m/`). A view into `key`.
std::string_view treeOf(std::string_view key);

} // namespace core::merkle
