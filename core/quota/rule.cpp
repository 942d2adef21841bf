#include "core/quota/rule.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace core::quota {
namespace {

namespace json = boost::json;

std::string textOf(const json::object& object, std::string_view name)
{
    const auto* value = object.if_contains(name);
    return value && value->is_string() ? std::string{value->get_string()} : std::string{};
}

template<class Number>
Number numberOf(const json::object& object, std::string_view name)
{
    const auto* value = object.if_contains(name);
    return value && value->is_number() ? value->to_number<Number>() : Number{};
}

} // namespace

std::string_view nameOf(Kind kind)
{
    return kind == Kind::RateLimit ? "rate-limit" : "lease-count";
}

bool Rule::hasPlaceOf(const Rule& other) const
{
    return mountPath == other.mountPath && suffix == other.suffix && isPrefix == other.isPrefix && role == other.role;
}

json::object Rule::describe() const
{
    json::object out{{"inheritable", mountPath.empty()}, {"name", name}, {"path", shownPath()}, {"role", role}, {"type", nameOf(kind)}};
    if (kind == Kind::LeaseCount) {
        out["max_leases"] = leaseCountMax;
        return out;
    }
    out["block_interval"] = blockInterval.count();
    out["interval"] = interval.count();
    const auto whole = static_cast<std::int64_t>(rate);
    out["rate"] = static_cast<double>(whole) == rate ? json::value(whole) : json::value(rate);
    return out;
}

std::string Rule::toText() const
{
    return json::serialize(json::object{{"mount", mountPath},
                                        {"suffix", suffix},
                                        {"is_prefix", isPrefix},
                                        {"role", role},
                                        {"rate", rate},
                                        {"interval_s", interval.count()},
                                        {"block_interval_s", blockInterval.count()},
                                        {"leases_max", leaseCountMax}});
}

Result<Rule> Rule::fromText(Kind kind, std::string_view name, std::string_view text)
try {
    json::error_code failed;
    const auto value = json::parse(json::string_view{text.data(), text.size()}, failed);
    if (failed || !value.is_object()) return Error{ErrorCode::Corrupt, "stored quota"};
    const auto& object = value.get_object();
    Rule rule;
    rule.kind = kind;
    rule.name = name;
    rule.mountPath = textOf(object, "mount");
    rule.suffix = textOf(object, "suffix");
    const auto* isPrefix = object.if_contains("is_prefix");
    rule.isPrefix = isPrefix && isPrefix->is_bool() && isPrefix->get_bool();
    rule.role = textOf(object, "role");
    rule.rate = numberOf<double>(object, "rate");
    rule.interval = std::chrono::seconds{numberOf<std::int64_t>(object, "interval_s")};
    rule.blockInterval = std::chrono::seconds{numberOf<std::int64_t>(object, "block_interval_s")};
    rule.leaseCountMax = numberOf<std::uint64_t>(object, "leases_max");
    return rule;
} catch (const std::exception&) { // a number that does not fit
    return Error{ErrorCode::Corrupt, "stored quota"};
}

} // namespace core::quota
