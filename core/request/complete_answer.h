#pragma once

#include "core/request/outcome.h"
#include "core/request/request_state.h"

namespace core::request {

/// Completes the answer of a backend in the transaction of the request: adds the token of a login, and the wrapping that the client or the
/// backend wants. Answers with a refusal if one of them cannot be given.
Outcome completeAnswer(RequestState& state, mount::Response& response);

} // namespace core::request
