#include "core/auth/token_parameters.h"

#include "core/base/ascii.h"
#include "core/base/cidr.h"
#include "core/base/go_text.h"

#include <boost/json/array.hpp>

#include <algorithm>
#include <array>

namespace core::auth {
namespace {

namespace json = boost::json;
using mount::Response;

constexpr std::array<std::string_view, 5> kTypes{"default", "service", "batch", "default-service", "default-batch"};

json::array arrayOf(const std::vector<std::string>& items)
{
    json::array array;
    for (const auto& item : items) array.emplace_back(item);
    return array;
}

/// The new name's value, else the old one's; `isOld` says which.
template<class Read>
auto eitherName(mount::Fields& fields, std::string_view name, std::set<std::string>& oldNames, const Read& read)
{
    const auto oldName = name.substr(std::string_view{"token_"}.size());
    if (fields.has(oldName)) oldNames.insert(std::string{oldName}); // shown from now on, with the new name's value if both are given
    else if (fields.has(name)) oldNames.erase(std::string{oldName});
    return read(fields.has(name) ? name : oldName);
}

} // namespace

route::FieldList tokenFields()
{
    using route::FieldType;
    return {{"token_ttl", FieldType::Duration, "How long a token lives until it is renewed; 0 is the mount's.", "0"},
            {"token_max_ttl", FieldType::Duration, "How long renewals can prolong a token; 0 is the mount's.", "0"},
            {"token_policies", FieldType::TextList, "The policies of the tokens."},
            {"token_bound_cidrs", FieldType::TextList, "The networks from which a login and its token may come."},
            {"token_explicit_max_ttl", FieldType::Duration, "When a token ends, renewed or not.", "0"},
            {"token_no_default_policy", FieldType::Boolean, "Tokens do not get the policy `default`.", "false"},
            {"token_num_uses", FieldType::Integer, "After how many requests a token ends; 0 is never.", "0"},
            {"token_period", FieldType::Duration, "Tokens can be renewed without end, each time by this period.", "0"},
            {"token_type", FieldType::Text, "`service`, `batch`, `default-service`, `default-batch` or `default`.", "\"default\""},
            {"ttl", FieldType::Duration, "The older name of `token_ttl`."},
            {"max_ttl", FieldType::Duration, "The older name of `token_max_ttl`."},
            {"policies", FieldType::TextList, "The older name of `token_policies`."},
            {"bound_cidrs", FieldType::TextList, "The older name of `token_bound_cidrs`."},
            {"period", FieldType::Duration, "The older name of `token_period`."}};
}

std::string addressRefusal(std::string_view text)
{
    constexpr std::size_t kShownBytesMax = 256;
    const auto quoted = goQuoted(text.substr(0, kShownBytesMax));
    return "error parsing address " + quoted + ": Unable to convert " + quoted + " to an IPv4 or IPv6 address, or a UNIX Socket";
}

std::optional<Response> TokenParameters::apply(const json::object& data)
{
    mount::Fields fields{data};
    const auto asSeconds = [&](std::string_view name) { return fields.wholeSeconds(name); };
    const auto asList = [&](std::string_view name) { return fields.list(name); };
    const auto givenTtl = eitherName(fields, "token_ttl", oldNames, asSeconds);
    const auto givenMax = eitherName(fields, "token_max_ttl", oldNames, asSeconds);
    const auto givenPolicies = eitherName(fields, "token_policies", oldNames, asList);
    const auto givenCidrs = eitherName(fields, "token_bound_cidrs", oldNames, asList);
    const auto givenPeriod = eitherName(fields, "token_period", oldNames, asSeconds);
    const auto givenExplicit = fields.wholeSeconds("token_explicit_max_ttl");
    const auto givenUses = fields.integer("token_num_uses");
    const auto givenType = fields.text("token_type");
    const auto isWithoutDefault = fields.boolean("token_no_default_policy");
    if (fields.refusal()) return fields.refusal();

    if (givenTtl) ttl = *givenTtl;
    if (givenMax) maxTtl = *givenMax;
    if (givenExplicit) explicitMaxTtl = *givenExplicit;
    if (givenPeriod) period = *givenPeriod;
    if (givenPolicies) policies = *givenPolicies; // a read shows them as given; the token's are sorted
    if (givenUses) useCount = *givenUses;
    if (isWithoutDefault) hasNoDefaultPolicy = *isWithoutDefault;
    if (givenType) tokenType = givenType->empty() ? "default" : *givenType;
    if (givenCidrs) {
        boundCidrs.clear();
        for (const auto& cidr : *givenCidrs) {
            auto network = normalizedCidr(cidr);
            if (!network) return Response::badRequest(addressRefusal(cidr));
            boundCidrs.push_back(std::move(*network));
        }
    }

    if (useCount < 0) return Response::badRequest("'token_num_uses' cannot be negative");
    if (maxTtl.count() > 0 && ttl > maxTtl) {
        return Response::badRequest("'token_ttl' cannot be greater than 'token_max_ttl'");
    }
    if (std::find(kTypes.begin(), kTypes.end(), tokenType) == kTypes.end()) {
        return Response::badRequest("invalid 'token_type' value \"" + tokenType + "\"");
    }
    if (tokenType == "batch" || tokenType == "default-batch") {
        constexpr std::string_view kStart = "'token_type' cannot be 'batch' or 'default_batch' when set to generate ";
        if (period.count() > 0) return Response::badRequest(std::string{kStart} + "periodic tokens");
        if (useCount > 0) return Response::badRequest(std::string{kStart} + "tokens with limited use count");
    }
    return std::nullopt;
}

void TokenParameters::fill(mount::Auth& auth) const
{
    auth.policies = policies;
    auth.ttl = ttl;
    auth.maxTtl = maxTtl;
    auth.explicitMaxTtl = explicitMaxTtl;
    auth.period = period;
    auth.useCount = useCount;
    auth.tokenType = tokenType;
    auth.boundCidrs = boundCidrs;
    auth.hasNoDefaultPolicy = hasNoDefaultPolicy;
}

void TokenParameters::describe(json::object& data) const
{
    data["token_ttl"] = ttl.count();
    data["token_max_ttl"] = maxTtl.count();
    data["token_explicit_max_ttl"] = explicitMaxTtl.count();
    data["token_period"] = period.count();
    data["token_policies"] = arrayOf(policies);
    data["token_bound_cidrs"] = arrayOf(boundCidrs);
    data["token_num_uses"] = useCount;
    data["token_type"] = tokenType;
    data["token_no_default_policy"] = hasNoDefaultPolicy;
    for (const auto& name : oldNames) {
        json::value value = data.at("token_" + name); // a copy: a new member moves the others
        data[name] = std::move(value);
    }
}

json::object TokenParameters::encode() const
{
    json::object stored;
    describe(stored);
    for (const auto& name : oldNames) stored.erase(name);
    stored["old_names"] = arrayOf({oldNames.begin(), oldNames.end()});
    return stored;
}

Result<TokenParameters> TokenParameters::decode(const json::object& stored)
{
    TokenParameters parameters;
    if (parameters.apply(stored)) return Error{ErrorCode::Corrupt, "stored token parameters"};
    mount::Fields fields{stored};
    for (auto& name : fields.list("old_names").value_or(std::vector<std::string>{})) parameters.oldNames.insert(std::move(name));
    return parameters;
}

std::vector<std::string> normalizedPolicies(std::vector<std::string> names)
{
    for (auto& name : names) name = lowerCased(name);
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    std::erase(names, "");
    return names;
}

} // namespace core::auth
