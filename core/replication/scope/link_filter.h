#pragma once

#include "core/merkle/forest.h"
#include "core/replication/scope/type.h"

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace core::replication {

/// The mount that a tree belongs to, by its uuid: the tree of its data or that of its row in the mount tables. Empty for all other
/// trees. A view into `tree`.
std::string_view mountOf(std::string_view tree);

/// What one link carries: the classes of its type, less the mounts that a filter keeps back. It chooses whole trees, so it costs
/// nothing per key. A value; cheap to copy.
class LinkFilter {
public:
    /// A filter against the mount tables as they were at one moment.
    struct Mounts {
        bool isAllowing = false;                     // the chosen mounts alone pass; else all but they
        std::set<std::string, std::less<>> chosen{}; // uuids that the filter names
        std::set<std::string, std::less<>>
            known{}; // all uuids there were; others do not pass until they are known. Empty: a filter that does not load
    };

    /// Everything of the type's classes.
    explicit LinkFilter(Type type) : m_type{type} {}
    LinkFilter(Type type, Mounts mounts) : m_type{type}, m_mounts{std::make_shared<const Mounts>(std::move(mounts))} {}

    Type type() const { return m_type; }
    bool isFiltered() const { return m_mounts != nullptr; }
    bool carriesMount(std::string_view uuid) const;
    /// Whether the filter keeps this mount back. One that it does not know, since it is only now made, is not kept back.
    bool keepsBackMount(std::string_view uuid) const;
    bool carriesTree(std::string_view tree) const;
    /// Of a physical key.
    bool carries(std::string_view key) const;
    /// For roots and states of the forest.
    merkle::TreeFilter trees() const;

    /// Tells scopes apart for which a place in the log means something else: which mounts there are, and which of them pass. 0: not
    /// filtered.
    std::uint64_t id() const;
    /// Whether a link may go on from this scope to `next` without a new comparison: no mount that was known passes now and did not
    /// before, or the other way round.
    bool extendsTo(const LinkFilter& next) const;
    /// `next`, and what only this one knew: mounts that are gone, but whose end is still to be streamed.
    LinkFilter extendedTo(const LinkFilter& next) const;

private:
    Type m_type;
    std::shared_ptr<const Mounts> m_mounts; // null: not filtered
};

/// Paths filters as they are stored: of shared class, in a tree of its own that filtered links do not carry.
inline constexpr std::string_view kFilterFolder = "core/replication/filters/";
/// The same of a performance secondary's own secondaries (a cascade): of its local class.
inline constexpr std::string_view kRelayFilterFolder = "core/replication/relay/filters/";

/// Whether a change of this physical key may change what a performance link carries.
bool concernsScope(std::string_view key);

/// Where links get their scope from. Called on their thread: quick. Thread-safe.
class ScopeSource {
public:
    virtual ~ScopeSource() = default;
    /// As of what is stored now.
    virtual LinkFilter scope(Type type, const std::string& secondaryId) const = 0;
    /// Another number after whatever concerns a scope was changed.
    virtual std::uint64_t scopeVersion() const = 0;
};

} // namespace core::replication
