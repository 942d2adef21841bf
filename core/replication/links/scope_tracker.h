#pragma once

#include "core/log/store.h"
#include "core/replication/scope/link_filter.h"

#include <optional>
#include <string>

namespace core::replication {

/// What one link of a primary carries now: the secondary's filter, loaded again when it or the mounts change. Single-threaded, as its link.
class ScopeTracker {
public:
    /// `source` is null if there is no filter. Store and source outlive this object.
    ScopeTracker(Type type, std::string secondaryId, const ScopeSource* source, const log::Store& store);

    const LinkFilter& filter() const { return m_filter; }
    /// Loads the filter for the first time. `applied`: the store's index at an earlier moment.
    void load(LogIndex applied);
    /// The filter or the mounts have changed since the last load.
    bool isOutdated() const { return m_source && m_source->scopeVersion() != m_version; }
    /// Loads the filter again. False: a mount passes now that did not before, or the other way round, so both ends must compare again.
    bool refresh();
    /// Whether no record after `index` up to the last load can change the filter.
    bool coversAfter(LogIndex index) const { return !m_source || index < m_through; }

    /// The filter's id. The secondary is being told.
    std::uint64_t tell() { return m_told = m_filter.id(); }
    /// The id, if the secondary was told another one.
    std::optional<std::uint64_t> news();

    /// The forest's state within a filter of the same age. Nothing: as refresh().
    std::optional<merkle::Forest::State> state();

private:
    const Type m_type;
    const std::string m_secondaryId;
    const ScopeSource* m_source;
    const log::Store& m_store;
    LinkFilter m_filter;
    LogIndex m_through; // no record up to here can still change the filter
    std::uint64_t m_version = 0;
    std::uint64_t m_told = 0; // the id that the secondary knows
};

} // namespace core::replication
