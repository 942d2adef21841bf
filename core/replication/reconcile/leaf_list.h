#pragma once

#include "core/base/result.h"
#include "core/merkle/forest.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace core::replication {

/// Bytes of each page digest in a brief reconciliation. A differing page is missed once in 16 million. The next marker then shows different
/// roots, and both ends compare everything again at full width.
inline constexpr std::uint32_t kPageDigestBytes = 3;
inline constexpr std::uint32_t kPageDigestBytesFull = 16;

/// How many bytes of each leaf a PageLeaves frame shows. A short form can hide a difference, but not for long: the next marker compares
/// whole roots, and the next reconciliation shows whole leaves.
struct LeafForm {
    std::uint32_t pageCount = 1;
    std::uint32_t hashBytes = 4; // of the key hash, after those that the page number gives
    std::uint32_t digestBytes = 4;

    static LeafForm brief(std::uint32_t pageCount) { return {pageCount, 4, 4}; }
    static LeafForm full(std::uint32_t pageCount);
    /// The leading bytes of the hash that all leaves of a page have in common.
    std::size_t pageBytes() const { return pageCount == 65'536 ? 2 : pageCount == 256 ? 1 : 0; }
    std::size_t leafBytes() const { return hashBytes + digestBytes; }
    /// The bytes that name a leaf of any page: those of the page and those that are shown.
    std::size_t nameBytes() const { return pageBytes() + hashBytes; }
    /// Whether a frame may have this form: a known page count, at least 4 bytes of hash and digest, and not more than there are.
    bool isValid() const;

    void append(std::string& out, std::span<const merkle::Leaf> leaves) const;

    struct Differences {
        std::vector<merkle::KeyHash> wanted; // leaves of `own` that the other end lacks or shows differently
        std::string absent;                  // names of leaves that the other end shows and `own` lacks
    };
    /// Compares the leaves of a page, as append() wrote them at the other end, with this end's leaves. Adds to `differences`. Errors:
    /// Corrupt (not in order of hash).
    Result<> compare(std::uint32_t page, std::string_view theirs, std::span<const merkle::Leaf> own, Differences& differences) const;
};

} // namespace core::replication
