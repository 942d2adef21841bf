#pragma once

#include "core/base/result.h"
#include "core/mount/request.h"
#include "core/mount/response.h"
#include "core/sys/node/node.h"

#include <string>
#include <string_view>

/// What the doors have in common that take key shares: sys/unseal, sys/generate-root, DR operation tokens, sys/rekey.
namespace core::sys {

/// The refusal of a share that is none, where that can be told: the shares handed in so far stay.
Error wrongShare(std::size_t progress, int required);

inline constexpr std::string_view kPrimarysSharesText = "the primary's key shares are wanted here";

/// Adds whose shares are wanted to a refusal, on a cluster that joined a replication set: its operators may still have those of before.
mount::Response withOwnerOfShares(mount::Response refusal, const SealStatus& status);

/// "192.0.2.1:4711", for the log.
std::string remoteOf(const mount::Request& request);

} // namespace core::sys
