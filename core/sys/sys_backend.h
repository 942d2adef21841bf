#pragma once

#include "core/route/openapi.h"
#include "core/sys/routes/routes.h"

namespace core::sys {

/// The mount sys/: a table of routes that the groups of handlers fill. A path that is not in the table is 404 (`unsupported path`). A path that
/// exists for other verbs is 405.
class SysBackend final : public mount::Backend {
public:
    /// Call it when the server is put together, before the first request.
    RouteTable& routes() { return m_routes; }

    Result<mount::Response> handle(const mount::Request& request, mount::Context& context) override;
    bool isUnauthenticated(policy::Operation operation, std::string_view path) const override { return m_routes.isOpen(operation, path); }
    bool isOnDrSecondary(policy::Operation operation, std::string_view path) const override { return m_routes.isOnDrSecondary(operation, path); }
    std::vector<std::string> sudoPaths() const override { return m_routes.paths(&Route::needsSudo); }
    bool isSlow(const mount::Request& request) const override;
    std::string help(std::string_view relativePath) const override;
    boost::json::object openApiPaths(std::string_view relativePath) const override { return route::openApiPaths(m_routes, relativePath); }

private:
    RouteTable m_routes{"sys/"};
};

} // namespace core::sys
