#pragma once

#include "core/barrier/scope.h"
#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/log/store.h"
#include "core/token/wrapping.h"

namespace core::server {

struct ConversionServices {
    log::Store& store;
    const barrier::Barrier& barrier; // open
    token::Wrapping& wrapping;
    Random& random;
    const Clock& clock;
};

/// Converts a store of an older program to this program's format, in one transaction. A crash leaves the older store or the converted one,
/// and nothing in between. True: it was an older one. Waits.
///
/// The transaction writes the rows that older stores lack, together with the format number. In a replication set
/// these are only the rows of this node. Shared rows follow when the rules of the set allow them.
/// Errors: Unsupported (a newer program's store), Corrupt, those of a commit.
Result<bool> convertStore(const ConversionServices& services);

/// Stores until when batch tokens without a signature are valid, if that is not stored yet: for one day. True: it is new.
Result<bool> limitUnsignedTokens(const barrier::Scope& scope, WallTime now);

} // namespace core::server
