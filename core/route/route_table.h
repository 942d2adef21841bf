#pragma once

#include "core/route/route.h"

#include <deque>
#include <map>
#include <memory>
#include <vector>

namespace core::route {

/// The routes of a backend, in the order they were added; the first that matches path and verb answers. Filled at start, then read by
/// any thread.
class RouteTable {
public:
    /// `mountName` is put before the paths in help texts and faults: "sys/".
    explicit RouteTable(std::string mountName = {}) : m_mountName{std::move(mountName)} {}
    RouteTable(RouteTable&&) = default; // the entries keep their addresses, so the indexes below stay valid
    RouteTable(const RouteTable&) = delete;
    RouteTable& operator=(const RouteTable&) = delete;

    /// Ends the process when faultOf() finds one: a wrong declaration could open a path to strangers.
    void add(Route route);
    /// What is wrong with a route for this table, or nothing: no verb, pattern or handler; a pattern that PathPattern refuses; an open
    /// verb that the route does not take, or that needs sudo as well; an earlier route that answers all of its paths for one of its verbs.
    std::string faultOf(const Route& route) const;
    /// Paths with this prefix need no token, whether a route matches them or not.
    void openBelow(std::string prefix) { m_openPrefixes.push_back(std::move(prefix)); }

    struct Match {
        const Route* route = nullptr;      // null: none
        const FieldList* fields = nullptr; // what the routes of the same pattern declare; null: no warnings
        Captures captured;                 // points into the path
        bool isPathKnown = false;          // by a route for other verbs
    };
    Match find(policy::Operation operation, std::string_view path) const;

    /// Whether the route that answers takes this operation without a token; where none answers, whether every route of the path does.
    bool isOpen(policy::Operation operation, std::string_view path) const;
    /// Whether a DR secondary answers; where no route takes the operation, whether it answers another one at this path.
    bool isOnDrSecondary(policy::Operation operation, std::string_view path) const;

    /// Patterns for mount::PathSet of the routes that `flag` picks.
    std::vector<std::string> paths(bool Route::*flag) const;
    /// True if a route exists for which `select` is true. Backends call this once, so that no request has to.
    template<class Select>
    bool hasRoute(const Select& select) const
    {
        for (const auto& entry : m_entries) {
            if (select(entry.route)) return true;
        }
        return false;
    }
    /// The routes that match the path, in order; with an empty path all of them.
    std::vector<const Route*> routesAt(std::string_view path) const;
    /// Whether openBelow() opens every path of the pattern.
    bool isOpenByPrefix(std::string_view pattern) const;
    /// The help of the path and of the paths below it; empty: there is none.
    std::string help(std::string_view path) const;

private:
    struct Entry {
        std::size_t order = 0; // of addition
        Route route;
        PathPattern pattern;
        std::shared_ptr<FieldList> fields; // one for all routes of the pattern
    };
    /// Calls `visit(entry, captures)` for each entry that matches, in order, until it answers true.
    template<class Visit>
    void visitMatches(std::string_view path, const Visit& visit) const;

    std::string m_mountName;
    std::vector<std::string> m_openPrefixes;
    std::deque<Entry> m_entries;
    std::map<std::string, std::vector<const Entry*>, std::less<>> m_byFirstSegment; // those whose first segment is literal
    std::vector<const Entry*> m_others;
};

} // namespace core::route
