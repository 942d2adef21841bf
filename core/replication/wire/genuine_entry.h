#pragma once

#include "core/log/record.h"
#include "core/replication/scope/link_filter.h"
#include "core/replication/wire/link.h"

namespace core::replication {

/// Whether an entry that another cluster has sent may be stored here. This is a security rule: a hostile or damaged cluster can send anything, and only
/// a cluster of the set knows the forest key. The entry must pass all of these:
/// 1. `whole` carries its key: an entry of the ignored class, or of another type's link, is refused.
/// 2. The hash of its key is the one under the forest key.
/// 3. For a put, the digest of its leaf is the one under the forest key.
bool isGenuine(const log::OperationView& operation, const LinkFilter& whole, const LeafHasher& hasher);

} // namespace core::replication
