#pragma once

#include "core/identity/directory.h"
#include "core/mount/router.h"
#include "core/policy/policy_store.h"
#include "core/quota/lease_counts.h"
#include "core/route/routed_backend.h"
#include "core/token/token_store.h"

#include <functional>

namespace core::auth {

/// The auth method at auth/token/ (spec: engines-and-auth-api.md §1): makes, shows, renews and ends tokens, and keeps their
/// roles (`s/sys/token/roles/<name>`).
class TokenBackend final : public route::RoutedBackend {
public:
    struct Services {
        token::TokenStore& tokens;
        const policy::PolicyStore& policies;
        identity::Directory& directory;
        const mount::Router& router;                // the mounts' lease times, for renewals
        const quota::LeaseCounts* leases = nullptr; // null: nothing is limited
        std::function<bool()> requestTidy;          // false: it runs already
    };
    explicit TokenBackend(Services services);

private:
    using Answer = Result<mount::Response>;
    static const route::RouteTable& routes();
    static void addCreateRoutes(route::RouteTable& routes);
    static void addLookupRoutes(route::RouteTable& routes);
    static void addRenewRoutes(route::RouteTable& routes);
    static void addRevokeRoutes(route::RouteTable& routes);
    /// A handler that runs `call` on the backend of the request, for requests with a token.
    template<class Work>
    static route::Handler withToken(Work work);

    Answer create(const mount::Request& request, mount::Context& context, bool isOrphanPath, std::string_view role);

    Answer show(const token::TokenEntry& entry, const mount::Context& context);
    Answer lookup(const mount::Request& request, mount::Context& context);
    Answer lookupSelf(const mount::Request& request, mount::Context& context);
    Answer lookupAccessor(const mount::Request& request, mount::Context& context);

    Answer renew(const mount::Request& request, mount::Context& context, bool isSelf);
    Answer renewAccessor(const mount::Request& request, mount::Context& context);
    /// The decision of the auth method whose login made the token about its renewal, by its present rules. Empty for other tokens.
    Result<std::optional<mount::Response>> askMethod(const mount::Request& request, mount::Context& context, const mount::MountRoute* route,
                                                     const token::TokenEntry& entry) const;
    Answer renewEntry(const mount::Request& request, mount::Context& context, const std::string& saltedId, const token::TokenEntry& entry);

    Answer revoke(const mount::Request& request, mount::Context& context, bool isSelf);
    Answer revokeAccessor(const mount::Request& request, mount::Context& context);
    Answer revokeOrphan(const mount::Request& request, mount::Context& context);
    Answer listAccessors(mount::Context& context);
    Answer tidy();

    Services m_services;
};

} // namespace core::auth
