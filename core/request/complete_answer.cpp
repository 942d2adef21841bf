#include "core/request/complete_answer.h"

#include "core/mount/codec.h"
#include "core/request/login.h"

#include <algorithm>

namespace core::request {
namespace {

using mount::Response;

/// Who made a wrapped answer, for the limit of wrapped answers of one token. Errors: those of the views.
Result<std::string> creatorOf(RequestState& state)
{
    const auto& token = *state.request.token;
    if (!token.accessor.empty()) return token.accessor;
    return state.services.tokens.saltedId(state.scope(), state.request.clientToken); // a batch token
}

Response tooMuchWrapped()
{
    return Response::error(429, "this token has too many wrapped answers that nobody has unwrapped; the limit is " +
                                    std::to_string(token::WrapBudget::kBytesMax) + " bytes");
}

/// What the caller sees of the wrapped content: the accessor of a token, or of a secret id of an approle.
std::string accessorIn(const RequestState& state, const Response& response)
{
    if (response.auth) return response.auth->accessor;
    const auto* accessor =
        state.route && state.route->entry.type == "approle" && response.data ? response.data->if_contains("secret_id_accessor") : nullptr;
    return accessor && accessor->is_string() ? std::string{accessor->get_string()} : std::string{};
}

token::WrappedEntry entryOf(const RequestState& state, Response& response, std::chrono::nanoseconds ttl)
{
    token::WrappedEntry wrapped;
    wrapped.isJwt = state.request.isWrapFormatJwt || response.isWrapFormatJwt;
    wrapped.wrappedAccessor = accessorIn(state, response);
    response.wrapTtl.reset();
    wrapped.content = mount::encodeResponse(response);
    wrapped.createdAt = state.now;
    wrapped.ttl = std::max(std::chrono::seconds{1}, std::chrono::floor<std::chrono::seconds>(ttl));
    wrapped.creationPath = state.request.path;
    return wrapped;
}

/// Refuses if the token has left too many wrapped answers behind.
Outcome wrap(RequestState& state, Response& response, std::chrono::nanoseconds ttl)
{
    auto& wrapping = state.services.wrapping;
    auto wrapped = entryOf(state, response, ttl);
    if (state.request.token && !state.request.token->isRoot()) {
        auto creator = creatorOf(state);
        if (!creator) return std::move(creator).error();
        wrapped.creator = std::move(*creator);
        if (!wrapping.hasRoom(wrapped.creator, wrapped.content.size(), state.now)) return tooMuchWrapped();
    }
    auto made = wrapping.wrap(state.scope(), wrapped);
    if (!made) return std::move(made).error();

    Response outer;
    outer.warnings = response.warnings; // for the caller; the wrapped answer has them too
    outer.wrap = mount::WrapInfo{.token = std::move(made->token),
                                 .accessor = std::move(made->accessor),
                                 .ttl = wrapped.ttl,
                                 .creationTime = toRfc3339(state.now),
                                 .creationPath = wrapped.creationPath,
                                 .wrappedAccessor = wrapped.wrappedAccessor};
    response = std::move(outer);
    return {};
}

/// A renewal answers with `auth` too, but makes no token.
void noteToken(RequestState& state, const mount::Auth& auth)
{
    if (!state.route || auth.clientToken.empty() || state.request.path.starts_with("auth/token/renew")) return;
    state.madeToken = Meters::TokenKind{
        .method = state.route->entry.type, .mountPath = state.route->entry.path, .tokenType = auth.tokenType, .ttl = Meters::ttlLabel(auth.ttl)};
}

} // namespace

Outcome completeAnswer(RequestState& state, Response& response)
{
    state.madeToken.reset();              // of a run that conflicted
    if (state.isForwardedHere) return {}; // the secondary makes token and wrapping
    if (response.auth && response.auth->clientToken.empty() && response.auth->accessor.empty()) {
        const auto* quotas = state.services.quotas;
        if (quotas && quotas->leases().isFull(state.request.path, quota::roleOf(response.auth->metadata))) {
            return Response::error(429, quota::leaseLimitText(state.request.path));
        }
        auto outcome = issueToken(state.scope(), state.services.tokens, *state.route, state.request, state.now, response);
        if (!outcome.continues()) return outcome;
    }
    if (response.auth) {
        noteToken(state, *response.auth);
        if (auto added = addIdentityPolicies(state.scope(), state.services.rights.directory(), *response.auth); !added) {
            return std::move(added).error();
        }
    }
    if (state.isLastUse && response.lease && !response.lease->id.empty()) {
        return Response::badRequest("Secret cannot be returned; token had one use left, so leased credentials were immediately revoked.");
    }
    const auto ttl = response.wrapTtl ? response.wrapTtl : state.request.wrapTtl;
    const bool isPlain = response.status == 0 || response.status == 200;
    if (ttl && ttl->count() > 0 && isPlain && response.hasContent() && !response.wrap && !response.isRaw) return wrap(state, response, *ttl);
    return {};
}

} // namespace core::request
