#include "core/replication/reconcile/leaf_list.h"

#include <algorithm>

namespace core::replication {

namespace {

std::string_view cut(const std::array<std::uint8_t, 16>& bytes, std::size_t from, std::size_t count)
{
    return {reinterpret_cast<const char*>(bytes.data()) + from, count};
}

} // namespace

LeafForm LeafForm::full(std::uint32_t pageCount)
{
    LeafForm form{pageCount, 0, sizeof(merkle::LeafDigest)};
    form.hashBytes = static_cast<std::uint32_t>(sizeof(merkle::KeyHash) - form.pageBytes());
    return form;
}

bool LeafForm::isValid() const
{
    return (pageCount == 1 || pageCount == 256 || pageCount == 65'536) && hashBytes >= 4 && nameBytes() <= sizeof(merkle::KeyHash) &&
           digestBytes >= 4 && digestBytes <= sizeof(merkle::LeafDigest);
}

void LeafForm::append(std::string& out, std::span<const merkle::Leaf> leaves) const
{
    for (const merkle::Leaf& leaf : leaves) {
        out.append(cut(leaf.hash, pageBytes(), hashBytes)).append(cut(leaf.digest, 0, digestBytes));
    }
}

Result<> LeafForm::compare(std::uint32_t page, std::string_view theirs, std::span<const merkle::Leaf> own, Differences& differences) const
{
    const std::size_t count = theirs.size() / leafBytes();
    const auto hashAt = [&](std::size_t at) { return theirs.substr(at * leafBytes(), hashBytes); };
    const auto digestAt = [&](std::size_t at) { return theirs.substr(at * leafBytes() + hashBytes, digestBytes); };
    const auto hashOf = [&](const merkle::Leaf& leaf) { return cut(leaf.hash, pageBytes(), hashBytes); };
    std::size_t next = 0;
    for (auto leaf = own.begin(); leaf != own.end() || next < count;) {
        // Takes all leaves with the same short hash, at both ends. Usually that is one leaf each.
        const bool isTheirsFirst = leaf == own.end() || (next < count && hashAt(next) < hashOf(*leaf));
        const auto hash = isTheirsFirst ? hashAt(next) : hashOf(*leaf);
        const std::size_t from = next;
        while (next < count && hashAt(next) == hash) ++next;
        // Out of order, the merge would go wrong and could name leaves as absent that are there.
        if (next < count && hashAt(next) < hash) return Error{ErrorCode::Corrupt, "leaves out of order"};
        if (isTheirsFirst) {
            if (pageBytes() == 2) differences.absent.push_back(static_cast<char>(page >> 8));
            if (pageBytes() > 0) differences.absent.push_back(static_cast<char>(page));
            differences.absent.append(hash);
            continue;
        }
        for (; leaf != own.end() && hashOf(*leaf) == hash; ++leaf) {
            bool isShown = false;
            for (std::size_t at = from; at < next && !isShown; ++at) isShown = digestAt(at) == cut(leaf->digest, 0, digestBytes);
            if (!isShown) differences.wanted.push_back(leaf->hash);
        }
    }
    return {};
}

} // namespace core::replication
