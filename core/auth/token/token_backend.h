#pragma once

#include "core/mount/backend.h"
#include "core/mount/router.h"
#include "core/policy/policy_store.h"
#include "core/token/token_store.h"

#include <functional>

namespace core::auth {

/// The auth method at auth/token/ (spec: engines-and-auth-api.md §1): makes, shows, renews and ends tokens, and keeps their
/// roles (`s/sys/token/roles/<name>`).
class TokenBackend final : public mount::Backend {
public:
    struct Services {
        token::TokenStore& tokens;
        const policy::PolicyStore& policies;
        const mount::Router& router;          // the mounts' lease times, for renewals
        std::function<bool()> requestTidy;    // false: it runs already
    };
    explicit TokenBackend(Services services) : m_services{std::move(services)} {}

    Result<mount::Response> handle(const mount::Request& request, mount::Context& context) override;
    Result<std::optional<bool>> exists(const mount::Request& request, mount::Context& context) override;
    std::vector<std::string> sudoPaths() const override { return {"accessors", "accessors/"}; }
    /// The list of all accessors takes as long as there are tokens.
    bool isSlow(const mount::Request& request) const override { return request.relativePath.starts_with("accessors"); }
    std::string help(std::string_view relativePath) const override;

private:
    using Answer = Result<mount::Response>;
    Answer dispatch(const mount::Request& request, mount::Context& context);
    Answer create(const mount::Request& request, mount::Context& context, bool isOrphanPath, std::string_view role);

    Answer lookup(const mount::Request& request, mount::Context& context);
    Answer lookupSelf(const mount::Request& request, mount::Context& context);
    Answer lookupAccessor(const mount::Request& request, mount::Context& context);

    Answer renew(const mount::Request& request, mount::Context& context, bool isSelf);
    Answer renewAccessor(const mount::Request& request, mount::Context& context);
    /// What the auth method whose login made the token says to its renewal, by its rules of today; empty for other tokens.
    Result<std::optional<mount::Response>> askMethod(const mount::Request& request, mount::Context& context,
                                                     const mount::Route* route, const token::TokenEntry& entry) const;
    Answer renewEntry(const mount::Request& request, mount::Context& context, const std::string& saltedId,
                      const token::TokenEntry& entry);

    Answer revoke(const mount::Request& request, mount::Context& context, bool isSelf);
    Answer revokeAccessor(const mount::Request& request, mount::Context& context);
    Answer revokeOrphan(const mount::Request& request, mount::Context& context);
    Answer listAccessors(mount::Context& context);
    Answer tidy();

    Services m_services;
};

} // namespace core::auth
