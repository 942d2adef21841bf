#include "core/identity/tokens/named_key.h"

#include "core/base/encoding.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>

#include <algorithm>
#include <stdexcept>

namespace core::identity {
namespace {

namespace json = boost::json;

std::int64_t countOf(WallTime time)
{
    return time.time_since_epoch().count();
}

WallTime timeOf(const json::value& count)
{
    return WallTime{std::chrono::nanoseconds{count.to_number<std::int64_t>()}};
}

json::object toJson(const VerificationKey& key)
{
    json::object object{{"id", key.id}, {"algorithm", key.algorithm}, {"public", toBase64(key.publicDer)}};
    if (key.validUntil) object["valid_until"] = countOf(*key.validUntil);
    return object;
}

VerificationKey verificationKeyOf(const json::object& object)
{
    auto publicDer = fromBase64(object.at("public").as_string());
    if (!publicDer) throw std::invalid_argument{"no base64"};
    VerificationKey key{.id = json::value_to<std::string>(object.at("id")),
                        .algorithm = json::value_to<std::string>(object.at("algorithm")),
                        .publicDer = std::move(*publicDer),
                        .validUntil = {}};
    if (const auto* until = object.if_contains("valid_until")) key.validUntil = timeOf(*until);
    return key;
}

} // namespace

bool NamedKey::allows(std::string_view clientId) const
{
    return std::ranges::any_of(allowedClientIds, [clientId](const std::string& each) { return each == "*" || each == clientId; });
}

std::string NamedKey::encode() const
{
    json::array pairs;
    for (const auto& key : keys) pairs.push_back(toJson(key));
    return json::serialize(json::object{{"algorithm", algorithm},
                                        {"rotation_period", rotationPeriod.count()},
                                        {"verification_ttl", verificationTtl.count()},
                                        {"allowed_client_ids", json::array(allowedClientIds.begin(), allowedClientIds.end())},
                                        {"next_rotation", countOf(nextRotation)},
                                        {"renewal", renewal},
                                        {"current", currentId},
                                        {"next", nextId},
                                        {"keys", std::move(pairs)}});
}

Result<NamedKey> NamedKey::decode(std::string_view name, std::string_view text)
{
    try {
        const auto object = json::parse(text).as_object();
        NamedKey key;
        key.name = name;
        key.algorithm = json::value_to<std::string>(object.at("algorithm"));
        key.rotationPeriod = std::chrono::seconds{object.at("rotation_period").to_number<std::int64_t>()};
        key.verificationTtl = std::chrono::seconds{object.at("verification_ttl").to_number<std::int64_t>()};
        key.allowedClientIds = json::value_to<std::vector<std::string>>(object.at("allowed_client_ids"));
        key.nextRotation = timeOf(object.at("next_rotation"));
        key.renewal = object.at("renewal").to_number<std::uint64_t>();
        key.currentId = json::value_to<std::string>(object.at("current"));
        key.nextId = json::value_to<std::string>(object.at("next"));
        for (const auto& each : object.at("keys").as_array()) key.keys.push_back(verificationKeyOf(each.as_object()));
        return key;
    } catch (const std::exception&) {
        return Error{ErrorCode::Corrupt, "a key of identity tokens has a form that is not known"};
    }
}

} // namespace core::identity
