#include "core/replication/scope/link_filter.h"

#include "core/base/bytes.h"
#include "core/crypto/digest.h"
#include "core/merkle/leaf.h"

#include <array>

namespace core::replication {

namespace {

constexpr std::array<std::string_view, 4> kMountFolders = {"core/mounts/", "core/auth/", "logical/", "auth/"};
constexpr std::string_view kFilterTree = "s/core/replication/filters";

} // namespace

std::string_view toString(Type type)
{
    return type == Type::Performance ? "performance" : "dr";
}

std::string_view mountOf(std::string_view tree)
{
    if (tree.size() < 2) return {};
    const auto path = tree.substr(2);
    for (const auto folder : kMountFolders) {
        if (path.starts_with(folder)) return path.substr(folder.size());
    }
    return {};
}

bool LinkFilter::carriesMount(std::string_view uuid) const
{
    if (!m_mounts) return true;
    // A mount that the filter does not know is being made just now. It passes only after the link has read its filter again.
    if (!m_mounts->known.contains(uuid)) return false;
    return m_mounts->chosen.contains(uuid) == m_mounts->isAllowing;
}

bool LinkFilter::holdsBackMount(std::string_view uuid) const
{
    if (!m_mounts || carriesMount(uuid)) return false;
    return m_mounts->known.empty() || m_mounts->known.contains(uuid);
}

bool LinkFilter::carriesTree(std::string_view tree) const
{
    if (m_type == Type::Dr) return merkle::isReplicated(tree);
    if (!merkle::isShared(tree)) return false;
    if (!m_mounts) return true;
    const auto mount = mountOf(tree);
    return mount.empty() ? tree != kFilterTree : carriesMount(mount);
}

bool LinkFilter::carries(std::string_view key) const
{
    if (!m_mounts) return key.starts_with("s/") || (m_type == Type::Dr && key.starts_with("l/"));
    const auto tree = merkle::treeOf(key);
    return !tree.empty() && carriesTree(tree);
}

merkle::TreeFilter LinkFilter::trees() const
{
    return [scope = *this](std::string_view tree) { return scope.carriesTree(tree); };
}

std::uint64_t LinkFilter::id() const
{
    if (!m_mounts) return 0;
    std::string text;
    for (const auto& uuid : m_mounts->known) text.append(carriesMount(uuid) ? "+" : "-").append(uuid).append("\n");
    // The lowest bit is set, because 0 means "not filtered".
    return readLittleEndian<std::uint64_t>(crypto::sha256Bytes(text)) | 1;
}

bool LinkFilter::extendsTo(const LinkFilter& next) const
{
    if (isFiltered() != next.isFiltered()) return false;
    if (!m_mounts || m_mounts == next.m_mounts) return true;
    for (const auto& uuid : m_mounts->known) {
        // A mount that changed sides was not compared while it was held back, so the link must compare again.
        if (next.m_mounts->known.contains(uuid) && carriesMount(uuid) != next.carriesMount(uuid)) return false;
    }
    return true;
}

LinkFilter LinkFilter::extendedTo(const LinkFilter& next) const
{
    if (!m_mounts || !next.m_mounts) return next;
    Mounts mounts = *next.m_mounts;
    for (const auto& uuid : m_mounts->known) {
        // Mounts that are gone stay: their last records, up to the deletion, are still to be sent.
        if (next.m_mounts->known.contains(uuid)) continue;
        mounts.known.insert(uuid);
        if (carriesMount(uuid) == mounts.isAllowing) mounts.chosen.insert(uuid);
    }
    return LinkFilter{m_type, std::move(mounts)};
}

bool concernsScope(std::string_view key)
{
    const auto path = key.size() < 2 ? std::string_view{} : key.substr(2);
    if (key.starts_with("s/")) {
        return path.starts_with("core/mounts/") || path.starts_with("core/auth/") || path.starts_with(kFilterFolder);
    }
    return key.starts_with("l/") && path.starts_with(kRelayFilterFolder);
}

} // namespace core::replication
