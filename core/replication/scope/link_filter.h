#pragma once

#include "core/merkle/forest.h"
#include "core/replication/scope/type.h"

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace core::replication {

/// The uuid of the mount that a tree belongs to. A tree holds the mount's data, or its row in the mount tables. Empty for all other trees.
/// A view into `tree`.
std::string_view mountOf(std::string_view tree);

/// What one link carries: the classes of its type, without the mounts that a filter holds back. It selects whole trees, so it costs nothing
/// per key. A value; cheap to copy.
class LinkFilter {
public:
    /// A filter, resolved against the mount tables of one moment.
    struct Mounts {
        bool isAllowing = false;                     // true: only the chosen mounts pass; false: all except the chosen ones
        std::set<std::string, std::less<>> chosen{}; // uuids that the filter names
        std::set<std::string, std::less<>>
            known{}; // uuids of all mounts at that moment; others do not pass until they are known. Empty: the filter could not be loaded
    };

    /// No filter: everything of the type's classes.
    explicit LinkFilter(Type type) : m_type{type} {}
    LinkFilter(Type type, Mounts mounts) : m_type{type}, m_mounts{std::make_shared<const Mounts>(std::move(mounts))} {}

    Type type() const { return m_type; }
    bool isFiltered() const { return m_mounts != nullptr; }
    bool carriesMount(std::string_view uuid) const;
    /// Whether the filter holds back this mount. False for a mount that the filter does not know because it is being made.
    bool holdsBackMount(std::string_view uuid) const;
    bool carriesTree(std::string_view tree) const;
    /// Takes a physical key.
    bool carries(std::string_view key) const;
    /// Selects the trees that count for roots and states of the forest.
    merkle::TreeFilter trees() const;

    /// A digest of which mounts exist and which of them pass. A place in the log is valid only together with this id. 0: not filtered.
    std::uint64_t id() const;
    /// Whether a link may switch from this filter to `next` without a new comparison. It may, unless a mount known to both passes in one
    /// and not in the other.
    bool extendsTo(const LinkFilter& next) const;
    /// `next`, plus the mounts that only this filter knew: they are gone, but the end of their records is still to be streamed.
    LinkFilter extendedTo(const LinkFilter& next) const;

private:
    Type m_type;
    std::shared_ptr<const Mounts> m_mounts; // null: not filtered
};

/// Stored paths filters. Of shared class, in a tree of their own that filtered links do not carry.
inline constexpr std::string_view kFilterFolder = "core/replication/filters/";
/// The filters of a performance secondary for its own secondaries (a cascade). Of local class.
inline constexpr std::string_view kRelayFilterFolder = "core/replication/relay/filters/";

/// Whether a change of this physical key can change what a performance link carries.
bool concernsScope(std::string_view key);

/// Gives links their filter. Called on the links' thread, so it must be quick. Thread-safe.
class ScopeSource {
public:
    virtual ~ScopeSource() = default;
    /// By what is stored now.
    virtual LinkFilter scope(Type type, const std::string& secondaryId) const = 0;
    /// Grows after each change of a filter or a mount table.
    virtual std::uint64_t scopeVersion() const = 0;
};

} // namespace core::replication
