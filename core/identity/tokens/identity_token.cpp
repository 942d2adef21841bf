#include "core/identity/tokens/identity_token.h"

#include "core/base/encoding.h"
#include "core/base/logging.h"
#include "core/crypto/jws.h"
#include "core/identity/tokens/claims_template.h"
#include "core/identity/tokens/signing_algorithm.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace core::identity {
namespace {

namespace json = boost::json;

constexpr std::size_t kTokenBytesMax = 128u << 10;
constexpr std::chrono::seconds kClockTolerance{60}; // between the clocks of two clusters

Error refusal(std::string text)
{
    return Error{ErrorCode::InvalidArgument, std::move(text)};
}

/// Empty: not the base64url of a JSON object.
std::optional<json::object> objectIn(std::string_view part)
{
    const auto text = fromBase64Url(part);
    if (!text) return std::nullopt;
    boost::system::error_code fault;
    auto value = json::parse(*text, fault);
    if (fault || !value.is_object()) return std::nullopt;
    return std::move(value.as_object());
}

std::string textOf(const json::object& object, std::string_view name)
{
    const auto* const value = object.if_contains(name);
    return value && value->is_string() ? std::string{value->as_string()} : std::string{};
}

std::optional<std::int64_t> secondsOf(const json::object& object, std::string_view name)
{
    const auto* const value = object.if_contains(name);
    return value && value->is_int64() ? std::optional{value->as_int64()} : std::nullopt;
}

/// Whether the pair that the header names has signed the token. The header is not trusted: the pair says which algorithm it has.
Result<bool> isGenuine(const TokenRows& rows, const crypto::CompactJws& parts, const json::object& header, WallTime now)
{
    const auto id = textOf(header, "kid");
    if (id.empty()) return false;
    auto name = rows.nameOf(id);
    if (!name) return std::move(name).error();
    if (!*name) return false;
    auto key = rows.key(**name);
    if (!key) return std::move(key).error();
    if (!*key) return false;
    const auto pair = std::ranges::find((*key)->keys, id, &VerificationKey::id);
    if (pair == (*key)->keys.end() || (pair->validUntil && *pair->validUntil <= now)) return false;
    const auto renewal = rows.renewal();
    if (!renewal) return renewal.error();
    if ((*key)->renewal < *renewal) return false; // a former member could have signed it
    const auto* const algorithm = signingAlgorithmNamed(pair->algorithm);
    const auto publicHalf = crypto::AsymmetricKey::fromPublicDer(pair->publicDer);
    if (!algorithm || !publicHalf) return Error{ErrorCode::Corrupt, "a stored key of identity tokens is not a key"};
    const auto signature = fromBase64Url(parts.signature);
    return signature && isJwsSignedBy(*algorithm, *publicHalf, parts.signedText, *signature);
}

/// What is wrong with the claims; empty: nothing.
std::string claimsFault(const json::object& claims, const std::string& issuer, std::string_view clientId, WallTime now)
{
    if (textOf(claims, "iss") != issuer) return "validation failed, invalid issuer claim (iss)";
    if (!clientId.empty() && textOf(claims, "aud") != clientId) return "validation failed, invalid audience claim (aud)";
    const auto end = secondsOf(claims, "exp");
    if (!end || toUnixSeconds(now - kClockTolerance) > *end) return "validation failed, token is expired (exp)";
    const auto issued = secondsOf(claims, "iat");
    if (issued && toUnixSeconds(now + kClockTolerance) < *issued) return "validation failed, token issued in the future (iat)";
    return {};
}

} // namespace

std::chrono::seconds lifeOf(const TokenRole& role, const NamedKey& key)
{
    return std::min(role.ttl, key.verificationTtl);
}

json::object claimsOf(const TokenRole& role, const NamedKey& key, const std::string& issuer, const Profile& profile, WallTime now)
{
    auto further = claimsFrom(role.claimsText, profile, now);
    if (!further) {
        logging::warn("identity", "the template of a role of identity tokens could not be filled in, and its claims are left out",
                      {{"role", role.name}, {"error", further.error().detail}});
    }
    auto claims = further ? std::move(*further) : json::object{};
    claims["iss"] = issuer;
    claims["sub"] = profile.entity().id;
    claims["aud"] = role.clientId;
    claims["iat"] = toUnixSeconds(now);
    claims["exp"] = toUnixSeconds(laterBy(now, lifeOf(role, key)));
    claims["namespace"] = "root";
    return claims;
}

Result<std::string> signClaims(const TokenRows& rows, const NamedKey& key, const json::object& claims)
{
    const auto* const algorithm = signingAlgorithmNamed(key.algorithm);
    if (!algorithm) return Error{ErrorCode::Corrupt, "a key of identity tokens has an algorithm that is not known"};
    auto secret = rows.privateHalf(key.currentId);
    if (!secret) return std::move(secret).error();
    const auto pair = crypto::AsymmetricKey::fromPkcs8(secret->view());
    if (!pair) return Error{ErrorCode::Corrupt, "a stored key of identity tokens is not a key"};
    const json::object header{{"alg", key.algorithm}, {"kid", key.currentId}};
    auto text = toBase64Url(json::serialize(header)) + '.' + toBase64Url(json::serialize(claims));
    const auto signature = signJws(*algorithm, *pair, text);
    return text.append(".").append(toBase64Url(signature));
}

Result<json::object> verifiedClaims(const TokenRows& rows, std::string_view token, const std::string& issuer, std::string_view clientId, WallTime now)
{
    const auto parts = crypto::splitJws(token, kTokenBytesMax);
    const auto header = parts ? objectIn(parts->header) : std::nullopt;
    if (!header) return refusal("error parsing token: it is not a signed JWT in compact form");
    auto genuine = isGenuine(rows, *parts, *header, now);
    if (!genuine) return std::move(genuine).error();
    if (!*genuine) return refusal("unable to validate the token signature");
    auto claims = objectIn(parts->payload);
    if (!claims) return refusal("error parsing token: its claims are not a JSON object");
    if (auto fault = claimsFault(*claims, issuer, clientId, now); !fault.empty()) return refusal("error validating claims: " + fault);
    return std::move(*claims);
}

} // namespace core::identity
