#include "core/sys/routes/handlers.h"

#include <algorithm>

namespace core::sys {
namespace {

namespace json = boost::json;
using mount::Response;
using mount::TableKind;

/// Locked users by namespace (there is only one) and mount. The mount with the most locked users comes first.
Result<Response> list(Call& call, const auth::UserLockout& lockout, const mount::MountTable& mounts)
{
    const auto wanted = call.fields.textOr("mount_accessor", {});
    if (call.fields.refusal()) return *call.fields.refusal();
    auto entries = mounts.entries(call.scope(), TableKind::Auth);
    if (!entries) return entries.error();
    if (!wanted.empty()) std::erase_if(*entries, [&](const auto& entry) { return entry.accessor != wanted; });
    auto locked = lockout.lockedUsers(call.scope(), *entries, call.now());
    if (!locked) return locked.error();

    std::vector<const auth::UserLockout::LockedUsers::value_type*> order;
    std::size_t total = 0;
    for (const auto& mount : *locked) {
        order.push_back(&mount);
        total += mount.second.size();
    }
    std::ranges::stable_sort(order, [](const auto* a, const auto* b) { return a->second.size() > b->second.size(); });
    json::array accessors;
    for (const auto* mount : order) {
        accessors.push_back(
            json::object{{"mount_accessor", mount->first}, {"counts", mount->second.size()}, {"alias_identifiers", textArray(mount->second)}});
    }
    json::array spaces;
    spaces.push_back(json::object{{"namespace_id", "root"}, {"namespace_path", ""}, {"counts", total}, {"mount_accessors", std::move(accessors)}});
    return Response::ofData({{"by_namespace", std::move(spaces)}, {"total", total}});
}

Result<Response> unlock(Call& call, auth::UserLockout& lockout)
{
    if (auto unlocked = lockout.unlock(call.scope(), call.part("accessor"), call.part("alias")); !unlocked) return unlocked.error();
    return Response{};
}

} // namespace

void addLockedUserRoutes(RouteTable& routes, auth::UserLockout& lockout, const mount::MountTable& mounts)
{
    routes.add({.verbs = Verb::Read,
                .pattern = "locked-users",
                .handle = [&](Call& call) { return list(call, lockout, mounts); },
                .fields = FieldList{{"mount_accessor", FieldType::Text, "Only the users of this auth method."}},
                .isWithoutWarnings = true,
                .help = "Lists the users that are locked after wrong credentials. With `mount_accessor`, only those of one auth method."});
    routes.add({.verbs = Verb::Write,
                .pattern = "locked-users/:accessor/unlock/*alias",
                .handle = [&lockout](Call& call) { return unlock(call, lockout); },
                .fields = kNoFields,
                .isWithoutWarnings = true,
                .help = "Unlocks a user of an auth method at once, and resets the user's count of failed logins."});
}

} // namespace core::sys
