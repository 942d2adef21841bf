#pragma once

#include "core/mount/backend.h"
#include "core/mount/fields.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core::sys {

/// What one handler of sys/ works with. The transaction behind `scope` is the request's.
struct Call {
    const mount::Request& request;
    mount::Context& context;
    const barrier::Scope& scope;
    mount::Fields fields;
    std::map<std::string, std::string, std::less<>> captured; // by the names in the route's pattern

    /// Part of the path, or empty where the route has no such part.
    std::string_view part(std::string_view name) const
    {
        const auto at = captured.find(name);
        return at == captured.end() ? std::string_view{} : std::string_view{at->second};
    }
    WallTime now() const { return context.clock.now(); }
};

using Handler = std::function<Result<mount::Response>(Call&)>;

/// Operations of a route, combined with |. Write is create and update alike.
enum class Verb : unsigned { Read = 1, Write = 2, Delete = 4, List = 8, Patch = 16 };
constexpr Verb operator|(Verb a, Verb b) { return static_cast<Verb>(static_cast<unsigned>(a) | static_cast<unsigned>(b)); }
inline constexpr Verb kNoVerb{};

struct Route {
    Verb verbs = Verb::Read;
    /// Below sys/. Segments are literal, `:name` (one segment), or `*name` (one or more segments, as many as fit).
    std::string pattern;
    Handler handle;
    Verb openVerbs = kNoVerb;       // those of `verbs` that need no token
    bool needsSudo = false;         // a token needs it for every verb of the path
    bool isOnDrSecondary = false;   // answered by a DR secondary as well
    bool isInjected = false;        // keys of `data` again at top level
    bool isSlow = false;            // leaves the I/O thread
    bool isForwardable = false;     // done here for a performance secondary: it concerns what all clusters of the set share
    /// The fields that the route reads from a body or a query. A write's answer, and any other with content, warns of others and of
    /// those that the path has as well. Nothing: no warnings.
    std::optional<std::vector<std::string_view>> fields = {};
    std::string help = {};
};

/// For Route::fields: the route reads none.
inline const std::vector<std::string_view> kNoFields;

/// The routes of sys/, in the order they were added; the first that matches path and verb answers. Filled at start, then read by any
/// thread.
class RouteTable {
public:
    /// Ends the process when faultOf() finds one: a wrong declaration could open a path to strangers.
    void add(Route route);
    /// What is wrong with a route for this table, or nothing: no verb, pattern or handler; an open verb that it does not take, or that
    /// needs sudo as well; an earlier route that answers all of its paths for one of its verbs.
    std::string faultOf(const Route& route) const;

    struct Match {
        const Route* route = nullptr; // null: none
        std::map<std::string, std::string, std::less<>> captured;
        bool isPathKnown = false;     // by a route for other verbs
    };
    Match find(policy::Operation operation, std::string_view path) const;

    /// Whether the route that answers takes this operation without a token; where none answers, whether every route of the path does.
    bool isOpen(policy::Operation operation, std::string_view path) const;
    /// Whether a DR secondary answers; where no route takes the operation, whether it answers another one at this path.
    bool isOnDrSecondary(policy::Operation operation, std::string_view path) const;

    /// Patterns for mount::PathSet of the routes that `select` picks.
    std::vector<std::string> paths(bool Route::*flag) const;
    std::string help(std::string_view path) const;

private:
    struct Entry {
        Route route;
        std::vector<std::string> segments;
    };
    std::vector<const Entry*> entriesAt(policy::Operation operation, std::string_view path) const;
    std::vector<Entry> m_entries;
};

} // namespace core::sys
