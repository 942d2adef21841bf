#include "core/replication/roles/stored_scopes.h"

#include "core/base/logging.h"
#include "core/replication/scope/forward_bounds.h"
#include "core/replication/scope/path_filters.h"

#include <algorithm>
#include <iterator>

namespace core::replication {

LinkFilter StoredScopes::scope(Type type, const std::string& secondaryId) const
{
    if (type == Type::Dr) return LinkFilter{type}; // a DR link is never filtered
    log::Transaction transaction = m_services.store.begin();
    const barrier::Scope scope{transaction, m_services.barrier, {false, false}};
    const auto filters = m_roles.role(type)->mode == Mode::Primary ? PathFilters::ofPrimary(scope) : PathFilters::ofRelay(scope);
    auto filter = filters.find(secondaryId);
    if (filter && !*filter) return LinkFilter{type};
    if (filter) {
        if (auto mounts = sharedMounts(scope)) return LinkFilter{type, resolve(**filter, *mounts)};
        else filter = std::move(mounts).error();
    }
    // If a filter cannot be read, no mount passes. The other choice would send denied data.
    logging::error("replication", "a paths filter cannot be read, so the secondary gets no mounts",
                   {{"id", secondaryId}, {"error", core::toString(filter.error())}});
    return LinkFilter{type, LinkFilter::Mounts{.isAllowing = true}};
}

bool StoredScopes::isFiltered(const std::string& secondaryId) const
{
    log::Transaction transaction = m_services.store.begin();
    const auto filter = PathFilters::ofPrimary({transaction, m_services.barrier, {false, false}}).find(secondaryId);
    return !filter || filter->has_value();
}

void StoredScopes::changed(const log::ChangedKeys& keys)
{
    if (keys.any(concernsScope)) ++m_version;
}

Result<std::vector<log::Operation>> StoredScopes::erasuresOfPrimary() const
{
    auto all = erasures("s/" + std::string{kFilterFolder});
    if (!all) return all;
    auto bounds = erasures("s/" + std::string{kForwardBoundFolder});
    if (!bounds) return bounds;
    std::ranges::move(*bounds, std::back_inserter(*all));
    return all;
}

Result<std::vector<log::Operation>> StoredScopes::erasures(const std::string& folder) const
{
    std::vector<log::Operation> erasures;
    std::vector<std::string> keys;
    auto scanned = m_services.store.reader().scan(folder, storage::endOfPrefix(folder), [&](std::string_view key, std::string_view) {
        keys.emplace_back(key);
        return true;
    });
    if (!scanned) return std::move(scanned).error();
    for (auto& key : keys) {
        auto erasure = m_services.barrier.eraseOperation(std::move(key));
        if (!erasure) return std::move(erasure).error();
        erasures.push_back(std::move(*erasure));
    }
    return erasures;
}

} // namespace core::replication
