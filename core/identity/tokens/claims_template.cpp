#include "core/identity/tokens/claims_template.h"

#include "core/base/ascii.h"
#include "core/base/duration.h"
#include "core/identity/entity_rows.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>

namespace core::identity {
namespace {

namespace json = boost::json;

constexpr std::string_view kRestricted = "iat, aud, exp, iss, sub, namespace, nonce, auth_time, at_hash, c_hash";

Error refusal(std::string text)
{
    return Error{ErrorCode::InvalidArgument, std::move(text)};
}

/// Removes `prefix`. False: the text does not begin with it.
bool take(std::string_view& text, std::string_view prefix)
{
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

json::object objectOf(const std::optional<TextMap>& map)
{
    json::object object;
    for (const auto& [name, value] : map.value_or(TextMap{})) object[name] = value;
    return object;
}

json::array groupTexts(const std::vector<Group>& groups, std::string Group::*member)
{
    json::array texts;
    for (const auto& group : groups) texts.emplace_back(group.*member);
    return texts;
}

/// Empty: not an expression of time.
std::optional<json::value> timeOf(std::string_view expression, WallTime now)
{
    if (!take(expression, "time.now")) return std::nullopt;
    if (expression.empty()) return toUnixSeconds(now);
    const bool isLater = take(expression, ".plus.");
    if (!isLater && !take(expression, ".minus.")) return std::nullopt;
    const auto by = parseDuration(expression);
    if (!by) return std::nullopt;
    return toUnixSeconds(isLater ? laterBy(now, *by) : now - *by);
}

/// The metadata of an alias as a whole; empty: the expression means something else.
std::optional<json::value> aliasMetadataOf(std::string_view expression, const Entity& entity)
{
    if (!take(expression, "identity.entity.aliases.")) return std::nullopt;
    const auto dot = expression.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    const auto part = expression.substr(dot + 1);
    if (part != "metadata" && part != "custom_metadata") return std::nullopt;
    const auto* const alias = aliasAt(entity, expression.substr(0, dot));
    if (!alias) return json::object{};
    return objectOf(part == "metadata" ? alias->metadata : alias->customMetadata);
}

/// Whether the expression names one text of an entity, which the entity need not have.
bool isTextOfEntity(std::string_view expression)
{
    if (!take(expression, "identity.entity.")) return false;
    if (expression == "id" || expression == "name" || (take(expression, "metadata.") && !expression.empty())) return true;
    if (!take(expression, "aliases.")) return false;
    const auto dot = expression.find('.');
    if (dot == std::string_view::npos) return false;
    expression.remove_prefix(dot + 1);
    return expression == "id" || expression == "name" || expression.starts_with("metadata.") || expression.starts_with("custom_metadata.");
}

Result<json::value> valueOf(std::string_view expression, const Profile& profile, WallTime now)
{
    if (auto time = timeOf(expression, now)) return std::move(*time);
    if (expression == "identity.entity.metadata") return json::value(objectOf(profile.entity().metadata));
    if (expression == "identity.entity.groups.names") return json::value(groupTexts(profile.groups(), &Group::name));
    if (expression == "identity.entity.groups.ids") return json::value(groupTexts(profile.groups(), &Group::id));
    if (auto metadata = aliasMetadataOf(expression, profile.entity())) return std::move(*metadata);
    if (auto text = profile.valueOf(expression)) return json::value(*text);
    if (isTextOfEntity(expression)) return json::value("");
    return refusal("error parsing template: no value could be found for one of the template directives");
}

Result<std::string> filled(std::string_view text, const Profile& profile, WallTime now)
{
    std::string out;
    while (out.size() <= kClaimsBytesMax) {
        const auto open = text.find("{{");
        const auto close = text.find("}}", open == std::string_view::npos ? 0 : open);
        if (open == std::string_view::npos) {
            out.append(text); // `}}` ends two objects of the JSON
            if (out.size() <= kClaimsBytesMax) return out;
            break;
        }
        if (close == std::string_view::npos) return refusal("error parsing template: unbalanced templating characters");
        auto value = valueOf(trimmed(text.substr(open + 2, close - open - 2)), profile, now);
        if (!value) return std::move(value).error();
        out.append(text.substr(0, open)).append(json::serialize(*value));
        text.remove_prefix(close + 2);
    }
    return refusal("error parsing template: longer than " + std::to_string(kClaimsBytesMax) + " bytes");
}

} // namespace

Result<json::object> claimsFrom(std::string_view claimsText, const Profile& profile, WallTime now)
{
    if (trimmed(claimsText).empty()) return json::object{};
    auto text = filled(claimsText, profile, now);
    if (!text) return std::move(text).error();
    boost::system::error_code fault;
    auto claims = json::parse(*text, fault);
    if (fault) return refusal("error parsing template JSON: " + fault.message());
    if (!claims.is_object()) return refusal("error parsing template JSON: not an object");
    static constexpr std::array<std::string_view, 10> kOwn{"iat", "aud", "exp", "iss", "sub", "namespace", "nonce", "auth_time", "at_hash", "c_hash"};
    for (const auto& member : claims.as_object()) {
        if (std::ranges::find(kOwn, std::string_view{member.key()}) == kOwn.end()) continue;
        return refusal("top level key \"" + std::string{member.key()} + "\" not allowed. Restricted keys: " + std::string{kRestricted});
    }
    return std::move(claims.as_object());
}

} // namespace core::identity
