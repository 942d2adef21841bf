#include "core/replication/wire/genuine_entry.h"

namespace core::replication {

bool isGenuine(const log::OperationView& operation, const LinkFilter& whole, const LeafHasher& hasher)
{
    if (!whole.carries(operation.key) || operation.keyHash != hasher.keyHash(operation.key)) return false;
    return operation.kind == log::OperationKind::Delete || operation.leafDigest == hasher.leafDigest(operation.keyHash, operation.value);
}

} // namespace core::replication
