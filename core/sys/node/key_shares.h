#pragma once

#include "core/base/result.h"
#include "core/mount/request.h"
#include "core/mount/response.h"
#include "core/sys/node/node.h"

#include <string>
#include <string_view>

/// Shared by all endpoints that accept key shares: sys/unseal, sys/generate-root, DR operation tokens, sys/rekey.
namespace core::sys {

/// The refusal of a wrong share, if that can be known. The shares that were given so far stay.
Error wrongShare(std::size_t progress, int required);

inline constexpr std::string_view kPrimarysSharesText = "the primary's key shares are wanted here";

/// Adds to a refusal which cluster's shares are needed, on a cluster that joined a replication set. Its operators can still have their old shares.
mount::Response withOwnerOfShares(mount::Response refusal, const SealStatus& status);

/// "192.0.2.1:4711", for the log.
std::string remoteOf(const mount::Request& request);

} // namespace core::sys
