#include "core/log/commit_retry.h"

namespace core::log {

Result<bool> commitAgainOnConflict(Store& store, std::string_view what, const std::function<Result<>(Transaction&)>& build)
{
    for (int count = 0; count < kCommitTries; ++count) {
        Transaction transaction = store.begin();
        if (auto built = build(transaction); !built) return std::move(built).error();
        if (!transaction.hasWrites()) return false;
        auto committed = store.commitAndWait(std::move(transaction));
        if (committed) return true;
        if (committed.error().code != ErrorCode::Conflict) return std::move(committed).error();
    }
    return Error{ErrorCode::Conflict, std::string{what} + " conflicted with other writes " + std::to_string(kCommitTries) + " times; repeat it"};
}

} // namespace core::log
