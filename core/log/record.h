#pragma once

#include "core/base/strong_id.h"
#include "core/merkle/leaf.h"

#include <cstdint>
#include <string>
#include <vector>

namespace core::log {

enum class OperationKind : std::uint8_t { Put = 1, Delete = 2 };

/// One put or delete of a transaction: physical key (`s/…`, `l/…`, `i/…`), the value as stored (sealed), and what the
/// forest needs, taken when the value was sealed so that neither the log nor a replay needs a key. Zero for `i/` keys.
struct Operation {
    OperationKind kind = OperationKind::Put;
    std::string key;
    std::string value;
    merkle::KeyHash keyHash{};
    merkle::LeafDigest leafDigest{};
};

/// One committed transaction. On disk and on the wire it has the same bytes: see README.md.
struct Record {
    LogIndex index;
    Epoch epoch;
    std::vector<Operation> operations;
};

} // namespace core::log
