#pragma once

#include "core/identity/entity.h"
#include "core/identity/mount_names.h"
#include "core/route/route_table.h"

namespace core::identity {

void addEntityRoutes(route::RouteTable& routes);
void addMergeRoutes(route::RouteTable& routes);
void addEntityAliasRoutes(route::RouteTable& routes);
void addGroupRoutes(route::RouteTable& routes);
void addGroupAliasRoutes(route::RouteTable& routes);
void addLookupRoutes(route::RouteTable& routes);

// What the handlers of several files share.

/// The paths that list, write, read and delete the objects of one kind, by id or by name.
struct ObjectPaths {
    const char* listPattern; // "entity/id"
    const char* pattern;     // "entity/id/:id"
    route::Handler list, write, read, erase;
    const route::FieldList& fields;
    const char* help;
    const char* listHelp;
};
void addObjectPaths(route::RouteTable& routes, const ObjectPaths& paths);

MountNames mountsOf(const route::Call& call);
/// The field `name` from the path, or from the body.
std::string partOrField(route::Call& call, std::string_view name);
/// True if the policies contain `root`, which nobody gets from identity.
bool hasRootPolicy(const std::vector<std::string>& policies);
/// The refusal of a change of this name, because it is too long or not printable; empty: no change, or a good name.
std::string nameFault(std::string_view what, std::string_view before, std::string_view after);
/// `prefix` and 8 random hexadecimal digits.
std::string randomName(std::string_view prefix, Random& random);
/// 404 if `keys` is empty.
mount::Response listAnswer(boost::json::array keys, boost::json::object keyInfo);

} // namespace core::identity
