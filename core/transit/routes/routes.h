#pragma once

#include "core/route/route_table.h"
#include "core/transit/routes/transit_backend.h"

namespace core::transit {

// Each file of this folder declares one group of paths.
using mount::Response;
using route::Call;
using route::Field;
using route::FieldList;
using route::FieldType;
using route::RouteTable;
using route::Verb;

void addKeyRoutes(RouteTable& routes);
void addConfigRoutes(RouteTable& routes);
void addCryptRoutes(RouteTable& routes);
void addSignRoutes(RouteTable& routes);
void addMacRoutes(RouteTable& routes);
void addExportRoutes(RouteTable& routes);
void addImportRoutes(RouteTable& routes);
void addBackupRoutes(RouteTable& routes);
void addToolRoutes(RouteTable& routes);

/// The backend of a call.
inline TransitBackend& backendOf(const Call& call)
{
    return static_cast<TransitBackend&>(*call.backend);
}

/// The answer to an error of an operation on a key. Errors of the storage are passed on.
Result<Response> answerOf(const Error& error);
/// Status 500 in the form that clients know.
Response serverError(std::string_view text);

/// A field in base64; empty if it is not there. Errors: InvalidArgument with `refusal` as its text.
Result<std::string> base64Field(Call& call, std::string_view name, std::string_view refusal);

} // namespace core::transit
