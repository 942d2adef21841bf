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

/// Makes a store of an older program one of this program's, in one transaction: a crash leaves the older store or the converted one,
/// never something between. True: it was an older one. Waits.
///
/// The transaction holds the rows that this program's stores have and older ones lack, with the format number. In a replication set
/// these are the rows of this node only: rows that members share follow when the rules of the set allow them.
/// Errors: Unsupported (a newer program's store), Corrupt, those of a commit.
Result<bool> convertStore(const ConversionServices& services);

/// Says until when batch tokens without a signature count, where nothing says it yet: a day from now. True: it is new.
Result<bool> limitUnsignedTokens(const barrier::Scope& scope, WallTime now);

} // namespace core::server
