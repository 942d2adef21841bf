#include "core/sys/routes/guard.h"

namespace core::sys {

Handler guarded(Guard guard, Handler work)
{
    return [guard = std::move(guard), work = std::move(work)](Call& call) -> Result<mount::Response> {
        auto refusal = guard(call);
        if (!refusal) return std::move(refusal).error();
        if (*refusal) return std::move(**refusal);
        return work(call);
    };
}

} // namespace core::sys
