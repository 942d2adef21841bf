#include "core/identity/directory.h"

#include "core/identity/entity_rows.h"

namespace core::identity {
namespace {

/// The part of `text` between `prefix` and the next '/'. Empty: the text does not begin so.
std::string_view idAfter(std::string_view prefix, std::string_view text)
{
    return text.starts_with(prefix) ? text.substr(prefix.size(), text.find('/', prefix.size()) - prefix.size()) : std::string_view{};
}

} // namespace

std::string Directory::presentId(const std::string& id) const
{
    ReadLock lock{m_mergedMutex};
    const auto at = m_merged.find(id);
    return at == m_merged.end() ? id : at->second;
}

Result<ProfilePointer> Directory::find(const barrier::Scope& scope, const std::string& entityId)
{
    if (m_hasMerged) {
        auto present = presentId(entityId);
        if (present != entityId) return findPresent(scope, present);
    }
    return findPresent(scope, entityId);
}

Result<ProfilePointer> Directory::findPresent(const barrier::Scope& scope, const std::string& entityId)
{
    const auto found = m_profiles.find(entityId);
    if (found.object) return found.object;
    std::uint64_t mergedGeneration = 0;
    {
        ReadLock lock{m_mergedMutex};
        mergedGeneration = m_mergedGeneration;
    }
    auto profile = Profile::load(scope, entityId);
    if (!profile || !*profile) return profile;
    const auto& entity = (*profile)->entity();
    if (!entity.mergedIds.empty()) m_hasMerged = true;
    if (entity.id != entityId) { // only the id is kept; the next request keeps the profile, with the right generation
        WriteLock lock{m_mergedMutex};
        if (m_mergedGeneration != mergedGeneration) return profile;
        if (m_merged.size() >= kMergedMax) m_merged.clear();
        m_merged.insert_or_assign(entityId, entity.id);
        return profile;
    }
    m_profiles.insert(entityId, *profile, found.generation); // not if something changed in the meantime: then only this request uses it
    return profile;
}

void Directory::forgetMerged()
{
    m_profiles.eraseIf([](const Profile& profile) { return !profile.entity().mergedIds.empty(); });
}

void Directory::forgetAll()
{
    {
        WriteLock lock{m_mergedMutex};
        ++m_mergedGeneration;
        m_merged.clear();
    }
    m_profiles.clear();
}

void Directory::changed(const log::ChangedKeys& keys)
{
    keys.forEach([this](std::string_view key) { forgetKey(key); });
}

void Directory::forgetKey(std::string_view physicalKey)
{
    if (physicalKey.size() < 2) return;
    auto path = physicalKey.substr(2);
    if (!path.starts_with(kIdentityFolder)) return;
    path.remove_prefix(kIdentityFolder.size());
    // Index rows of names and aliases change together with the rows of entities and groups.
    for (const std::string_view folder : {"entity/", "member/"}) {
        if (const auto id = idAfter(folder, path); !id.empty()) return m_profiles.erase(std::string{id});
    }
    if (const auto id = idAfter("local-alias/", path); !id.empty()) { // the id can be that of a merged entity
        m_profiles.erase(std::string{id});
        if (m_hasMerged) forgetMerged();
        return;
    }
    if (path.starts_with("group/") || path.starts_with("merged/")) forgetAll();
}

} // namespace core::identity
