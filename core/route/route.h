#pragma once

#include "core/base/assert.h"
#include "core/mount/backend.h"
#include "core/mount/fields.h"
#include "core/route/field.h"
#include "core/route/path_pattern.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace core::route {

/// What one handler works with. The transaction behind `context` is the request's.
struct Call {
    const mount::Request& request;
    mount::Context& context;
    mount::Fields fields;
    Captures captured;                 // points into the request's path
    mount::Backend* backend = nullptr; // the backend of the request; null in tables that only one backend uses

    /// Part of the path, or empty where the route has no such part.
    std::string_view part(std::string_view name) const { return captured.value(name); }
    WallTime now() const { return context.clock.now(); }
    /// Every folder of the transaction, for built-in mounts only.
    const barrier::Scope& scope() const
    {
        CORE_ASSERT(context.system != nullptr);
        return *context.system;
    }
};

using Handler = std::function<Result<mount::Response>(Call&)>;

/// Operations of a route, combined with |. Write is create and update alike.
enum class Verb : unsigned { Read = 1, Write = 2, Delete = 4, List = 8, Patch = 16, Renew = 32, Revoke = 64 };
constexpr Verb operator|(Verb a, Verb b)
{
    return static_cast<Verb>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr bool has(Verb verbs, Verb verb)
{
    return (static_cast<unsigned>(verbs) & static_cast<unsigned>(verb)) != 0;
}
inline constexpr Verb kNoVerb{};

/// One path of a backend for some verbs: who answers, and what the request pipeline must know before.
struct Route {
    Verb verbs = Verb::Read;
    std::string pattern; // below the mount; see PathPattern
    Handler handle;
    Verb openVerbs = kNoVerb;     // those of `verbs` that need no token
    bool needsSudo = false;       // a token needs it for every verb of the path
    bool isOnDrSecondary = false; // answered by a DR secondary as well
    bool isInjected = false;      // keys of `data` again at top level
    bool isSlow = false;          // leaves the I/O thread
    bool isForwardable = false;   // sys: done here for a performance secondary, because it concerns what all clusters share
    bool hashesPassword = false;  // runs on the threads for password hashes
    /// The user whose credential a login checks, as user lockout counts it.
    std::function<std::string(const mount::Request&, const Captures&)> loginAlias = {};
    /// Whether the thing that a write names is there already. Without it, every write is an update.
    std::function<Result<bool>(Call&)> exists = {};
    /// The role that a login names, for quotas of roles. Empty: none.
    std::function<Result<std::string>(Call&)> loginRole = {};
    /// The fields that the route reads from a body or a query, as the OpenAPI document shows them. An answer with content warns of fields that no
    /// route of the same pattern declares. Nothing: any field, and no warnings.
    std::optional<FieldList> fields = {};
    bool isWithoutWarnings = false; // the handler itself warns of fields that had no effect, or clients expect that none does
    std::string help = {};
};

} // namespace core::route
