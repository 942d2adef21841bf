#pragma once

#include "core/route/route_table.h"

namespace core::route {

/// A backend that answers from a table of routes. A subclass adds what the table does not have: help of the whole mount and, if
/// clients expect something else than 404, the answer for unknown paths. As thread-safe as the handlers.
class RoutedBackend : public mount::Backend {
public:
    Result<mount::Response> handle(const mount::Request& request, mount::Context& context) override;
    Result<std::optional<bool>> exists(const mount::Request& request, mount::Context& context) final;
    bool isUnauthenticated(policy::Operation operation, std::string_view path) const final { return m_routes.isOpen(operation, path); }
    bool isOnDrSecondary(policy::Operation operation, std::string_view path) const final;
    std::vector<std::string> sudoPaths() const final { return m_routes.paths(&Route::needsSudo); }
    bool isSlow(const mount::Request& request) const override;
    bool hashesPassword(const mount::Request& request) const final;
    std::string loginAlias(const mount::Request& request) const final;
    bool hasLoginRoles() const final { return m_hasLoginRoles; }
    Result<std::string> loginRole(const mount::Request& request, mount::Context& context) final;
    std::string help(std::string_view relativePath) const final;
    boost::json::object openApiPaths(std::string_view relativePath) const final;

protected:
    /// The table must outlive the backend; all mounts of a type may share one. `help` is shown for paths that have none.
    RoutedBackend(const RouteTable& routes, std::string help);

    /// The answer to a path that no route matches.
    virtual mount::Response unknownPath(const mount::Request& request) const;

private:
    const RouteTable& m_routes;
    const std::string m_help;
    // Each question is answered once for the whole table, so that a request does not search for something that no route has.
    const bool m_hasExists;
    const bool m_hasSlow;
    const bool m_hasHashes;
    const bool m_hasLogins;
    const bool m_hasLoginRoles;
};

/// Warns of fields that had no effect, and of those whose value the path replaced.
void warnOfFields(mount::Response& response, const mount::Request& request, const FieldList& fields, const Captures& captured);

} // namespace core::route
