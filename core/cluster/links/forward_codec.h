#pragma once

#include "core/base/result.h"
#include "core/mount/json_body.h"
#include "core/mount/request.h"
#include "core/mount/response.h"
#include "core/replication/wire/wire.pb.h"

namespace core::cluster {

/// A logical request and its answer as protocol buffers. They carry the parts of the caller's token that a backend may use, never the token
/// itself. Errors: Corrupt.
replication::wire::ForwardRequest toWire(const mount::Request& request);
/// The sender's listeners have checked the limits of the request. This cluster checks them again, because a stolen secondary may lie.
/// Errors also: InvalidArgument, with a detail for the client.
Result<mount::Request> fromWire(const replication::wire::ForwardRequest& wire, const mount::JsonLimits& limits = {});

replication::wire::ForwardAnswer toWire(const mount::Response& response);
Result<mount::Response> fromWire(const replication::wire::ForwardAnswer& wire);

} // namespace core::cluster
