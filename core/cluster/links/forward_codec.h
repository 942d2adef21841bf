#pragma once

#include "core/base/result.h"
#include "core/mount/json_body.h"
#include "core/mount/request.h"
#include "core/mount/response.h"
#include "core/replication/wire/wire.pb.h"

namespace core::cluster {

/// A logical request and its answer as protocol buffers. Of the caller's token only what a backend may use travels, never
/// the token itself. Errors: Corrupt.
replication::wire::ForwardRequest toWire(const mount::Request& request);
/// The sender's listeners have counted what the request holds; this cluster counts again, because a sender may lie. Errors also:
/// InvalidArgument, whose detail is for the client.
Result<mount::Request> fromWire(const replication::wire::ForwardRequest& wire, const mount::JsonLimits& limits = {});

replication::wire::ForwardAnswer toWire(const mount::Response& response);
Result<mount::Response> fromWire(const replication::wire::ForwardAnswer& wire);

} // namespace core::cluster
