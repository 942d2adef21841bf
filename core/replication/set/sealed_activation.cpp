#include "core/replication/set/sealed_activation.h"

#include "core/base/encoding.h"
#include "core/crypto/aead.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace core::replication {
namespace {

constexpr std::string_view kPurpose = "holdfast replication activation";
constexpr std::size_t kTokenBytesMax = 64u << 10;

std::string textOf(const boost::json::object& object, std::string_view name)
{
    const auto* value = object.if_contains(name);
    return value && value->is_string() ? std::string{value->get_string()} : std::string{};
}

/// The part that the client key is bound to: everything else in the bundle. A changed address or set makes opening fail.
std::string boundText(boost::json::object object)
{
    for (const auto* name : {"client_key", "encrypted_client_key"}) object.erase(name);
    return boost::json::serialize(object);
}

/// The object in the token, or nothing.
std::optional<boost::json::object> contentOf(std::string_view token)
{
    if (token.empty() || token.size() > kTokenBytesMax || token.find('.') != std::string_view::npos) return std::nullopt;
    auto text = fromBase64(token);
    if (!text) return std::nullopt;
    boost::system::error_code failed;
    auto value = boost::json::parse(*text, failed);
    if (failed || !value.is_object()) return std::nullopt;
    return std::move(value.get_object());
}

} // namespace

Result<std::string> publicKeyFromText(std::string_view text)
{
    auto key = fromBase64(text);
    if (!key || key->size() != crypto::kAgreementKeyBytes) {
        return Error{ErrorCode::InvalidArgument, "secondary_public_key is not a key from generate-public-key"};
    }
    return key;
}

std::string publicKeyToText(std::string_view publicKey)
{
    return toBase64(publicKey);
}

bool isSealedActivation(std::string_view token)
{
    return contentOf(token).has_value();
}

Result<std::string> sealActivation(const ActivationBundle& bundle, std::string_view secondaryPublicKey, Random& random)
{
    const auto own = crypto::AgreementKey::generate();
    auto key = crypto::agreeOnKey(own, secondaryPublicKey, kPurpose);
    if (!key) return std::move(key).error();
    const std::string nonce = random.bytes(crypto::kAeadNonceBytes);
    boost::json::object object = bundle.toJsonWithoutKey();
    object["nonce"] = toBase64(nonce);
    object["primary_public_key"] = toBase64(own.publicKey);
    const std::string bound = boundText(object);
    object["encrypted_client_key"] = toBase64(crypto::AeadKey{*key}.seal(nonce, bound, bundle.identity.key.view()));
    return toBase64(boost::json::serialize(object));
}

Result<ActivationBundle> openActivation(std::string_view token, const crypto::AgreementKey& own, WallTime now)
{
    const Error invalid{ErrorCode::InvalidArgument, "the token is not an activation token"};
    auto object = contentOf(token);
    if (!object) return invalid;
    const auto primaryKey = fromBase64(textOf(*object, "primary_public_key"));
    const auto nonce = fromBase64(textOf(*object, "nonce"));
    const auto sealed = fromBase64(textOf(*object, "encrypted_client_key"));
    if (!primaryKey || !nonce || nonce->size() != crypto::kAeadNonceBytes || !sealed) return invalid;
    auto key = crypto::agreeOnKey(own, *primaryKey, kPurpose);
    if (!key) return invalid;
    auto clientKey = crypto::AeadKey{*key}.openSecret(*nonce, boundText(*object), *sealed);
    if (!clientKey) {
        return Error{ErrorCode::InvalidArgument, "the token has been altered, or was made for another public key than the one "
                                                 "that this cluster generated last"};
    }
    return ActivationBundle::fromJson(*object, std::move(*clientKey), now);
}

} // namespace core::replication
