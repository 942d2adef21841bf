#pragma once

#include "core/barrier/barrier.h"

namespace core::trust {

/// The initial row of a cluster that a primary has just activated: the token keys that came with the activation (TokenMakers::toldTo()),
/// sealed with the new keyring. So the set's batch tokens count here from the first moment. Errors: Corrupt, Sealed.
Result<log::Operation> toldMakersOperation(const barrier::Barrier& next, std::string_view told);

} // namespace core::trust
