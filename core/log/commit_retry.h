#pragma once

#include "core/log/store.h"

#include <functional>
#include <string_view>

namespace core::log {

/// How often a change is tried that other commits get ahead of each time.
inline constexpr int kCommitTries = 16;

/// Commits what `build` writes, and waits. After a conflict it calls `build` again with a new transaction, because another commit has changed
/// what `build` had read:
/// 1. `build` reads a row and writes another one that follows from it.
/// 2. Another commit changes the first row.
/// 3. The store refuses the transaction. Building it again reads the new row.
/// So `build` must set everything that it sets outside of the transaction again at each call.
///
/// True: something was committed. False: `build` wrote nothing, and nothing was committed. Must not run on an I/O thread. Errors: those of `build`;
/// those of a commit; Conflict after kCommitTries, with `what` in its detail ("storing the revocation").
Result<bool> commitAgainOnConflict(Store& store, std::string_view what, const std::function<Result<>(Transaction&)>& build);

} // namespace core::log
