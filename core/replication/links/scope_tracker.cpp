#include "core/replication/links/scope_tracker.h"

namespace core::replication {

ScopeTracker::ScopeTracker(Type type, std::string secondaryId, const ScopeSource* source, const log::Store& store)
    : m_type{type}
    , m_secondaryId{std::move(secondaryId)}
    , m_source{source}
    , m_store{store}
    , m_filter{type}
{}

void ScopeTracker::load(LogIndex applied)
{
    if (!m_source) return;
    m_version = m_source->scopeVersion();
    m_through = applied;
    m_filter = m_source->scope(m_type, m_secondaryId);
}

bool ScopeTracker::refresh()
{
    // The version is read before the filter:
    // 1. This link reads the version.
    // 2. Somebody changes the filter.
    // 3. This link reads the filter, which is the new one.
    //
    // The version kept here is too old, so the next frame loads the filter one time too many. The other order would miss the change.
    m_version = m_source->scopeVersion();
    const LogIndex through = m_store.appliedIndex();
    const LinkFilter next = m_source->scope(m_type, m_secondaryId);
    if (!m_filter.extendsTo(next)) return false;
    m_filter = m_filter.extendedTo(next);
    m_through = through;
    return true;
}

std::optional<std::uint64_t> ScopeTracker::news()
{
    const auto id = m_filter.id();
    return std::exchange(m_told, id) == id ? std::nullopt : std::optional{id};
}

std::optional<merkle::Forest::State> ScopeTracker::state()
{
    // The forest is read before the filter. A mount that is made between the two reads is then in the filter but not in the state, which
    // does no harm.
    auto state = m_store.forest().state(LinkFilter{m_type}.trees());
    const bool mayHaveChanged = m_source && (m_filter.isFiltered() || isOutdated());
    if (mayHaveChanged && !refresh()) return std::nullopt;
    if (m_filter.isFiltered()) {
        std::erase_if(state.trees, [this](const auto& tree) { return !m_filter.carriesTree(tree.tree); });
    }
    return state;
}

} // namespace core::replication
