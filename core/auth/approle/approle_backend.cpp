#include "core/auth/approle/approle_backend.h"

#include "core/auth/approle/index.h"
#include "core/auth/approle/routes.h"
#include "core/auth/approle/secret_id.h"

namespace core::auth {
namespace {

const route::RouteTable& routes()
{
    static const route::RouteTable table = [] {
        route::RouteTable made;
        approle::addLoginRoutes(made);
        approle::addRoleRoutes(made);
        approle::addRolePropertyRoutes(made);
        approle::addSecretIdRoutes(made);
        return made;
    }();
    return table;
}

} // namespace

ApproleBackend::ApproleBackend()
    : RoutedBackend{routes(), "Logs programs in by a role id, which says who logs in, and a secret id, which proves it.\n"}
{}

Result<> ApproleBackend::initialize(mount::Context& context)
{
    return approle::SaltedDigests::makeSalt(context);
}

Result<bool> ApproleBackend::maintain(mount::Context& context)
{
    const auto removed = approle::tidySecretIds(context);
    if (!removed) return removed.error();
    return *removed >= approle::kTidiedAtOnce;
}

} // namespace core::auth
