#pragma once

#include "core/base/result.h"
#include "core/merkle/forest.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace core::replication {

/// Bytes of each page digest in a first reconciliation. A page that differs is passed over once in 16 million; the marker
/// after it then shows other roots, and everything is compared again at full width.
inline constexpr std::uint32_t kPageDigestBytes = 3;
inline constexpr std::uint32_t kPageDigestBytesFull = 16;

/// How much a PageLeaves frame shows of each leaf. What a short form cannot tell apart stays different, never gets wrong for
/// good: the roots that are compared afterwards are whole, and the next reconciliation shows whole leaves.
struct LeafForm {
    std::uint32_t pageCount = 1;
    std::uint32_t hashBytes = 4; // of the key hash, behind those that the page tells
    std::uint32_t digestBytes = 4;

    static LeafForm brief(std::uint32_t pageCount) { return {pageCount, 4, 4}; }
    static LeafForm full(std::uint32_t pageCount);
    /// Leading bytes of the hash that all leaves of a page have in common.
    std::size_t pageBytes() const { return pageCount == 65'536 ? 2 : pageCount == 256 ? 1 : 0; }
    std::size_t leafBytes() const { return hashBytes + digestBytes; }
    /// What names a leaf of any page: the page's bytes and those that are shown.
    std::size_t nameBytes() const { return pageBytes() + hashBytes; }
    /// Whether a frame may say so: one of the page counts, at least 4 bytes of each, no more than there are.
    bool isValid() const;

    void append(std::string& out, std::span<const merkle::Leaf> leaves) const;

    struct Differences {
        std::vector<merkle::KeyHash> wanted; // of `own` that the other end does not show, or otherwise
        std::string absent;                  // names of leaves that it shows and `own` has not
    };
    /// Compares leaves of a page that append() wrote with those that it has here, and adds to `differences`. Errors: Corrupt (not in
    /// order of hash).
    Result<> compare(std::uint32_t page, std::string_view theirs, std::span<const merkle::Leaf> own, Differences& differences) const;
};

} // namespace core::replication
