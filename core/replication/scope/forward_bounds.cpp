#include "core/replication/scope/forward_bounds.h"

#include "core/base/encoding.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace core::replication {

namespace {

struct Bound {
    std::string id;
    std::vector<std::string> policies;
};

Result<Bound> decode(std::string_view text)
try {
    const auto value = boost::json::parse({text.data(), text.size()});
    Bound bound{std::string{value.at("id").as_string()}, {}};
    for (const auto& policy : value.at("policies").as_array()) bound.policies.emplace_back(policy.as_string());
    return bound;
} catch (const std::exception&) {
    return Error{ErrorCode::Corrupt, "a secondary's bound for forwarded requests"};
}

} // namespace

Result<std::optional<std::vector<std::string>>> ForwardBounds::find(std::string_view id) const
{
    auto stored = m_folder.get(toHex(id));
    if (!stored) return std::move(stored).error();
    if (!*stored) return std::optional<std::vector<std::string>>{};
    auto bound = decode(**stored);
    if (!bound) return std::move(bound).error();
    return std::optional{std::move(bound->policies)};
}

Result<std::vector<std::string>> ForwardBounds::ids() const
{
    std::vector<std::string> ids;
    Result<> failure;
    auto visited = m_folder.forEach({}, [&](std::string_view, std::string_view value) {
        auto bound = decode(value);
        if (bound) ids.push_back(std::move(bound->id));
        else failure = std::move(bound).error();
        return failure.has_value();
    });
    if (!visited) return std::move(visited).error();
    if (!failure) return std::move(failure).error();
    return ids;
}

Result<> ForwardBounds::put(std::string_view id, const std::vector<std::string>& policies)
{
    const boost::json::object object{{"id", id}, {"policies", boost::json::array(policies.begin(), policies.end())}};
    return m_folder.put(toHex(id), boost::json::serialize(object));
}

Result<> ForwardBounds::erase(std::string_view id)
{
    return m_folder.erase(toHex(id));
}

Result<std::shared_ptr<const policy::Acl>> boundOfMaker(const barrier::Scope& scope, policy::PolicyStore& policies, const token::TokenEntry& token)
{
    using Bound = std::shared_ptr<const policy::Acl>;
    if (token.madeBy.empty()) return Bound{};
    auto names = ForwardBounds{scope}.find(token.madeBy);
    if (!names) return std::move(names).error();
    if (!*names) return Bound{};
    return policies.acl(scope, **names);
}

} // namespace core::replication
