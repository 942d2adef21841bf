#pragma once

#include "core/route/routed_backend.h"
#include "core/token/wrapping.h"

#include <functional>

namespace core::engine {

/// A folder for every service token. Only that token sees it, and it is removed with the token
/// (spec: engines-and-auth-api.md §4). Stored in `l/sys/cubbyhole/<cubbyhole id of the token>/<path>` as JSON text.
///
/// `response` in the cubbyhole of a wrapping token is the wrapped answer. Old clients read it there, so it appears there,
/// although it is stored with the token (core/token/wrapping.h).
class CubbyholeBackend final : public route::RoutedBackend {
public:
    /// The body that a client would have received: the envelope around an answer.
    using Envelope = std::function<std::string(const mount::Request&, const mount::Response&)>;
    CubbyholeBackend(token::Wrapping& wrapping, Envelope envelope);

    /// The value of `response` in the cubbyhole of a wrapping token.
    Result<mount::Response> readWrapped(const mount::Request& request, const mount::Context& context) const;

private:
    token::Wrapping& m_wrapping;
    const Envelope m_envelope;
};

/// Removes a token's cubbyhole; for the hook that runs when a token ends. Errors: those of the view.
Result<> eraseCubbyhole(const barrier::Scope& scope, const token::TokenEntry& token);

} // namespace core::engine
