#include "core/token/wrapping.h"

#include <boost/json.hpp>

namespace core::token {
namespace {

constexpr std::chrono::seconds kNotBeforeLeeway{5};

barrier::View wrappingView(const barrier::Scope& scope)
{
    return scope.local("sys/wrapping/");
}

} // namespace

bool isWrappingToken(const TokenEntry& entry)
{
    return entry.policies.size() == 1 && entry.policies.front() == kWrappingPolicy;
}

Wrapping::Wrapping(TokenStore& tokens, std::function<std::string()> apiAddress, std::function<std::string()> authority)
    : m_tokens{tokens}
    , m_apiAddress{std::move(apiAddress)}
    , m_authority{std::move(authority)}
{
    m_tokens.onEnd([](const barrier::Scope& scope, std::string_view saltedId, const TokenEntry& entry) {
        return isWrappingToken(entry) ? wrappingView(scope).erase(saltedId) : Result<>{};
    });
}

Result<Wrapping::Key> Wrapping::storedKey(const barrier::Scope& scope)
{
    auto pem = scope.shared("core/wrapping/").get("jwtkey");
    if (!pem) return pem.error();
    if (!*pem) return Key{};
    MutexLock lock{m_mutex};
    if (!m_key || m_pem != **pem) {
        auto parsed = crypto::Es512Key::fromPem(**pem);
        if (!parsed) return std::move(parsed).error().withContext("wrapping key");
        m_key = std::make_shared<const crypto::Es512Key>(std::move(*parsed));
        wipe(m_pem);
        m_pem = std::move(**pem);
    }
    return m_key;
}

Result<Wrapping::Key> Wrapping::key(const barrier::Scope& scope)
{
    auto stored = storedKey(scope);
    if (!stored || *stored) return stored;
    auto made = std::make_shared<const crypto::Es512Key>(crypto::Es512Key::generate());
    const SecretBytes pem = made->toPem();
    if (auto put = scope.shared("core/wrapping/").put("jwtkey", pem.view()); !put) return put.error();
    return Key{std::move(made)};
}

Result<> Wrapping::prepare(const barrier::Scope& scope)
{
    auto made = key(scope);
    return made ? Result<>{} : Result<>{std::move(made).error()};
}

Result<> Wrapping::replaceKey(const barrier::Scope& scope)
{
    const SecretBytes pem = crypto::Es512Key::generate().toPem();
    return scope.shared("core/wrapping/").put("jwtkey", pem.view());
}

Result<Wrapping::Made> Wrapping::wrap(const barrier::Scope& scope, const WrappedEntry& wrapped, std::string_view tokenPath)
{
    TokenEntry draft;
    draft.policies = {std::string{kWrappingPolicy}};
    draft.path = tokenPath.empty() ? wrapped.creationPath : std::string{tokenPath};
    draft.usesLeft = 1;
    draft.createdAt = wrapped.createdAt;
    draft.issuedAt = wrapped.createdAt;
    draft.creationTtl = wrapped.ttl;
    draft.explicitMaxTtl = wrapped.ttl;
    draft.expiresAt = laterBy(wrapped.createdAt, wrapped.ttl);
    draft.isRenewable = false;
    auto token = m_tokens.create(scope, std::move(draft));
    if (!token) return token.error();
    auto salted = m_tokens.saltedId(scope, token->id);
    if (!salted) return salted.error();
    if (auto put = wrappingView(scope).put(*salted, encodeWrapped(wrapped)); !put) return put.error();

    if (!wrapped.creator.empty()) m_budget.take(wrapped.creator, wrapped.content.size(), wrapped.createdAt, wrapped.ttl);

    Made made{.token = token->id, .accessor = token->accessor};
    if (wrapped.isJwt) {
        auto signer = key(scope);
        if (!signer) return signer.error();
        const auto issued = toUnixSeconds(wrapped.createdAt);
        boost::json::object claims{{"accessor", ""},    {"addr", m_apiAddress()}, {"exp", issued + wrapped.ttl.count()},
                                   {"iat", issued},     {"jti", token->id},       {"nbf", issued - kNotBeforeLeeway.count()},
                                   {"type", "wrapping"}};
        if (const auto authority = m_authority ? m_authority() : std::string{}; !authority.empty()) claims["authority"] = authority;
        if (wrapped.creationPath.ends_with("/secondary-token"))
            claims["program"] = HOLDFAST_VERSION; // an older cluster then does not use up the token
        made.token = (*signer)->sign(boost::json::serialize(claims));
    }
    return made;
}

Result<std::optional<WrappedEntry>> Wrapping::lookup(const barrier::Scope& scope, std::string_view token, WallTime now)
{
    auto salted = m_tokens.saltedId(scope, token);
    if (!salted) return salted.error();
    auto bytes = wrappingView(scope).get(*salted);
    if (!bytes) return bytes.error();
    if (!*bytes) return std::optional<WrappedEntry>{};
    auto wrapped = decodeWrapped(**bytes);
    if (!wrapped) return wrapped.error();
    if (laterBy(wrapped->createdAt, wrapped->ttl) <= now) return std::optional<WrappedEntry>{};
    auto hasEnded = m_tokens.hasEndedSoFar(scope, *salted); // a token that waits to be swept is already invalid
    if (!hasEnded) return hasEnded.error();
    if (*hasEnded) return std::optional<WrappedEntry>{};
    return std::optional<WrappedEntry>{std::move(*wrapped)};
}

Result<std::optional<WrappedEntry>> Wrapping::unwrap(const barrier::Scope& scope, std::string_view token, WallTime now)
{
    auto wrapped = lookup(scope, token, now);
    if (!wrapped || !*wrapped) return wrapped;
    auto salted = m_tokens.saltedId(scope, token);
    if (!salted) return salted.error();
    if (auto erased = wrappingView(scope).erase(*salted); !erased) return erased.error();
    if (auto revoked = m_tokens.revoke(scope, *salted); !revoked) return revoked.error();
    const auto& entry = **wrapped;
    if (!entry.creator.empty()) m_budget.giveBack(entry.creator, entry.content.size(), entry.createdAt, entry.ttl);
    return wrapped;
}

Result<std::optional<std::string>> Wrapping::tokenBehind(const barrier::Scope& scope, std::string_view text)
{
    if (!crypto::looksLikeJwt(text)) return std::optional<std::string>{text};
    auto verifier = storedKey(scope);
    if (!verifier) return verifier.error();
    if (!*verifier) return std::optional<std::string>{}; // this cluster never signed anything
    const auto claimsText = (*verifier)->verify(text);
    if (!claimsText) return std::optional<std::string>{};
    boost::system::error_code failed;
    const auto claims = boost::json::parse(*claimsText, failed);
    if (failed || !claims.is_object()) return std::optional<std::string>{};
    const auto* type = claims.as_object().if_contains("type");
    const auto* id = claims.as_object().if_contains("jti");
    if (!type || !type->is_string() || type->as_string() != "wrapping" || !id || !id->is_string()) {
        return std::optional<std::string>{};
    }
    return std::optional<std::string>{std::string{id->as_string()}};
}

Result<std::string> Wrapping::refusalOf(const barrier::Scope& scope, std::string_view text, WallTime now)
{
    if (!crypto::looksLikeJwt(text)) return std::string{};
    const auto claimsText = crypto::unverifiedClaims(text);
    boost::system::error_code failed;
    const auto claims = claimsText ? boost::json::parse(*claimsText, failed) : boost::json::value{};
    if (!claimsText || failed || !claims.is_object()) return std::string{"it has been altered"};
    const auto* id = claims.as_object().if_contains("jti");
    const auto* address = claims.as_object().if_contains("addr");
    const auto* end = claims.as_object().if_contains("exp");
    auto verifier = storedKey(scope);
    if (!verifier) return verifier.error();
    if (*verifier && (*verifier)->verify(text)) {
        if (end && end->is_int64() && end->as_int64() <= toUnixSeconds(now))
            return "it expired at " + toRfc3339(laterBy(WallTime{}, std::chrono::seconds{end->as_int64()}));
        return std::string{"it was used already, or revoked"};
    }
    // The signature is not this cluster's. If the token is known here, or names this cluster, then somebody has changed a valid one.
    const auto own = m_apiAddress();
    bool isOurs = !own.empty() && address && address->is_string() && address->as_string() == own;
    if (!isOurs && id && id->is_string()) {
        auto known = lookup(scope, std::string_view{id->as_string()}, now);
        if (!known) return known.error();
        isOurs = known->has_value();
    }
    return std::string{isOurs ? "it has been altered: its signature does not fit its content" : "it was made by another cluster"};
}

Result<crypto::Es512Key::PublicPoint> Wrapping::publicPoint(const barrier::Scope& scope)
{
    auto signer = key(scope);
    if (!signer) return signer.error();
    return (*signer)->publicPoint();
}

void Wrapping::forgetAll()
{
    MutexLock lock{m_mutex};
    wipe(m_pem);
    m_key.reset();
}

} // namespace core::token
