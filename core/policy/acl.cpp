#include "core/policy/acl.h"

#include <algorithm>
#include <bit>
#include <map>
#include <tuple>

namespace core::policy {
namespace {

const std::vector<std::string> kRootGrant{std::string{kRootPolicyName}};

Capabilities capabilityFor(Operation operation)
{
    switch (operation) {
    case Operation::Create: return capability::kCreate;
    case Operation::Read: return capability::kRead;
    case Operation::Update: return capability::kUpdate;
    case Operation::Patch: return capability::kPatch;
    case Operation::Delete: return capability::kDelete;
    case Operation::List: return capability::kList;
    case Operation::Revoke:
    case Operation::Renew:
    case Operation::Rollback: return capability::kUpdate;
    case Operation::Help: return 0; // always allowed
    }
    return 0;
}

std::size_t bitNumber(Capabilities bit)
{
    return static_cast<std::size_t>(std::countr_zero(bit));
}

std::string lowered(std::string_view text)
{
    std::string out{text};
    std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    return out;
}

// A '*' at either end matches any text. A value of only "*" matches only itself, as in Vault.
bool globMatches(std::string_view glob, std::string_view text)
{
    if (glob.size() < 2) return glob == text;
    const bool isOpenBefore = glob.front() == '*';
    const bool isOpenAfter = glob.back() == '*';
    if (isOpenBefore && isOpenAfter) return text.find(glob.substr(1, glob.size() - 2)) != std::string_view::npos;
    if (isOpenBefore) return text.ends_with(glob.substr(1));
    if (isOpenAfter) return text.starts_with(glob.substr(0, glob.size() - 1));
    return glob == text;
}

bool valueMatches(const boost::json::value& wanted, const boost::json::value& given)
{
    if (wanted.is_string() && given.is_string()) {
        const auto& glob = wanted.get_string();
        const auto& text = given.get_string();
        return globMatches({glob.data(), glob.size()}, {text.data(), text.size()});
    }
    if (wanted.is_number() && given.is_number() && (wanted.is_double() || given.is_double())) {
        return wanted.to_number<double>() == given.to_number<double>();
    }
    return wanted == given;
}

bool isListed(const std::vector<boost::json::value>& values, const boost::json::value& given)
{
    return values.empty() || std::ranges::any_of(values, [&](const auto& wanted) { return valueMatches(wanted, given); });
}

void unite(ParameterValues& into, const ParameterValues& from)
{
    for (const auto& [name, values] : from) {
        const auto [slot, isNew] = into.try_emplace(name, values);
        if (isNew) continue;
        if (values.empty() || slot->second.empty()) {
            slot->second.clear(); // any value
        } else {
            slot->second.insert(slot->second.end(), values.begin(), values.end());
        }
    }
}

std::chrono::nanoseconds smallerNonZero(std::chrono::nanoseconds left, std::chrono::nanoseconds right)
{
    if (left.count() == 0) return right;
    if (right.count() == 0) return left;
    return std::min(left, right);
}

} // namespace

Result<std::shared_ptr<const Acl>> Acl::create(const Policies& policies, const TemplateResolver& resolve)
{
    std::shared_ptr<Acl> acl{new Acl};
    RulesByPattern rules;
    for (const auto& policy : policies) {
        if (policy->name == kRootPolicyName) {
            if (policies.size() != 1) return Error{ErrorCode::InvalidArgument, "other policies present along with root"};
            acl->m_isRoot = true;
        }
        for (const auto& rule : policy->rules) {
            if (isTemplated(rule.path)) acl->m_templatedRules.push_back({rule.path, rule.permissions, policy->name});
            else if (auto pattern = makePattern(rule.path, {})) add(rules, *std::move(pattern), rule.permissions, policy->name);
        }
    }
    acl->fill(rules, resolve);
    acl->adopt(std::move(rules));
    return std::shared_ptr<const Acl>{std::move(acl)};
}

std::shared_ptr<const Acl> Acl::filled(const TemplateResolver& resolve) const
{
    RulesByPattern rules;
    for (const auto& rule : m_rules) rules.emplace(rule.pattern, rule);
    fill(rules, resolve);
    std::shared_ptr<Acl> acl{new Acl};
    acl->m_isRoot = m_isRoot;
    acl->adopt(std::move(rules));
    return acl;
}

void Acl::fill(RulesByPattern& rules, const TemplateResolver& resolve) const
{
    for (const auto& rule : m_templatedRules) {
        if (auto pattern = makePattern(rule.path, resolve)) add(rules, *std::move(pattern), rule.permissions, rule.policyName);
    }
}

void Acl::add(RulesByPattern& rules, Pattern pattern, const Permissions& permissions, const std::string& policyName)
{
    auto& merged = rules[pattern];
    merged.pattern = std::move(pattern);
    merge(merged, permissions, policyName);
}

void Acl::adopt(RulesByPattern rules)
{
    for (auto& [pattern, rule] : rules) m_rules.push_back(std::move(rule));
    index();
}

void Acl::merge(MergedRule& into, const Permissions& from, const std::string& policyName)
{
    auto& permissions = into.permissions;
    if (permissions.capabilities & capability::kDeny) return;
    if (from.capabilities & capability::kDeny) {
        permissions = Permissions{};
        permissions.capabilities = capability::kDeny;
        into.grantedBy = {};
        return;
    }
    permissions.capabilities |= from.capabilities;
    for (std::size_t bit = 0; bit < capability::kCount; ++bit) {
        auto& names = into.grantedBy[bit];
        if ((from.capabilities >> bit) & 1 && std::ranges::find(names, policyName) == names.end()) names.push_back(policyName);
    }
    permissions.wrappingTtlMin = smallerNonZero(permissions.wrappingTtlMin, from.wrappingTtlMin);
    permissions.wrappingTtlMax = smallerNonZero(permissions.wrappingTtlMax, from.wrappingTtlMax);
    unite(permissions.allowedParameters, from.allowedParameters);
    unite(permissions.deniedParameters, from.deniedParameters);
    for (const auto& name : from.requiredParameters) {
        auto& names = permissions.requiredParameters;
        if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
}

void Acl::index()
{
    for (const auto& rule : m_rules) {
        if (!rule.pattern.wildcards.empty()) {
            m_segmentRules.push_back(&rule);
        } else if (rule.pattern.isPrefix) {
            m_prefixes.emplace(rule.pattern.text, &rule);
            m_prefixLengths.push_back(rule.pattern.text.size());
        } else {
            m_exact.emplace(rule.pattern.text, &rule);
        }
    }
    std::ranges::sort(m_prefixLengths, std::greater<>{});
    m_prefixLengths.erase(std::unique(m_prefixLengths.begin(), m_prefixLengths.end()), m_prefixLengths.end());
}

const Acl::MergedRule* Acl::ruleFor(std::string_view path, bool isList) const
{
    if (const auto found = m_exact.find(path); found != m_exact.end()) return found->second;
    if (!isList || !path.ends_with('/')) return wildcardRuleFor(path);
    if (const auto found = m_exact.find(path.substr(0, path.size() - 1)); found != m_exact.end()) return found->second;
    return listRuleFor(path);
}

bool Acl::isLessSpecific(const MergedRule& left, const MergedRule& right)
{
    const auto rank = [](const Pattern& pattern) {
        return std::tuple{pattern.firstWildcard(), !pattern.isPrefix, -static_cast<std::ptrdiff_t>(pattern.wildcards.size()), pattern.text.size(),
                          std::string_view{pattern.text}};
    };
    return rank(left.pattern) < rank(right.pattern);
}

template<class Visit>
void Acl::eachWildcardRule(std::string_view path, Visit visit) const
{
    for (const auto length : m_prefixLengths) {
        if (length > path.size()) continue;
        const auto found = m_prefixes.find(path.substr(0, length));
        if (found == m_prefixes.end()) continue;
        visit(found->second);
        break;
    }
    for (const auto* rule : m_segmentRules) {
        if (rule->pattern.matches(path)) visit(rule);
    }
}

const Acl::MergedRule* Acl::wildcardRuleFor(std::string_view path) const
{
    const MergedRule* best = nullptr;
    eachWildcardRule(path, [&best](const MergedRule* rule) {
        if (!best || isLessSpecific(*best, *rule)) best = rule;
    });
    return best;
}

const Acl::MergedRule* Acl::listRuleFor(std::string_view path) const
{
    const MergedRule* best = nullptr;
    const MergedRule* deny = nullptr;
    const MergedRule* list = nullptr;
    const auto keep = [](const MergedRule*& kept, const MergedRule* rule) {
        if (!kept || isLessSpecific(*kept, *rule)) kept = rule;
    };
    const auto visit = [&](const MergedRule* rule) {
        keep(best, rule);
        if (rule->permissions.capabilities & capability::kDeny) keep(deny, rule);
        if (rule->permissions.capabilities & capability::kList) keep(list, rule);
    };
    eachWildcardRule(path.substr(0, path.size() - 1), visit);
    eachWildcardRule(path, visit);
    if (deny && (!list || isLessSpecific(*list, *deny))) return deny;
    return list ? list : best;
}

bool Acl::meetsConditions(const Permissions& permissions, const AclRequest& request)
{
    const auto longest = permissions.wrappingTtlMax;
    const auto shortest = permissions.wrappingTtlMin;
    if (longest.count() > 0 && (!request.wrappingTtl || *request.wrappingTtl > longest)) return false;
    if (shortest.count() > 0 && (!request.wrappingTtl || *request.wrappingTtl < shortest)) return false;

    const auto operation = request.operation;
    if (operation != Operation::Read && operation != Operation::Create && operation != Operation::Update && operation != Operation::Patch) {
        return true;
    }
    const auto& allowed = permissions.allowedParameters;
    const auto& denied = permissions.deniedParameters;
    if (allowed.empty() && denied.empty() && permissions.requiredParameters.empty()) return true;

    std::vector<std::pair<std::string, const boost::json::value*>> given;
    if (request.data) {
        for (const auto& [key, value] : *request.data) given.emplace_back(lowered({key.data(), key.size()}), &value);
    }
    // The name must match exactly, as in Vault. A backend would not see a field that is written in another case.
    for (const auto& name : permissions.requiredParameters) {
        if (!request.data || !request.data->contains(name)) return false;
    }
    if (given.empty()) return true;
    if (denied.contains("*")) return false;
    for (const auto& [name, value] : given) {
        const auto values = denied.find(name);
        if (values != denied.end() && isListed(values->second, *value)) return false;
    }
    if (allowed.empty()) return true;
    const bool isOpen = allowed.contains("*");
    for (const auto& [name, value] : given) {
        const auto values = allowed.find(name);
        if (values == allowed.end() ? !isOpen : !isListed(values->second, *value)) return false;
    }
    return true;
}

Decision Acl::allow(const AclRequest& request) const
{
    if (m_isRoot) return Decision{true, true, true, kRootGrant};
    if (request.operation == Operation::Help) return Decision{true, false, false, {}};
    const auto* rule = ruleFor(request.path, request.operation == Operation::List);
    if (!rule) return {};
    const auto wanted = capabilityFor(request.operation);
    Decision decision;
    decision.hasSudo = (rule->permissions.capabilities & capability::kSudo) != 0;
    if (!(rule->permissions.capabilities & wanted) || !meetsConditions(rule->permissions, request)) return decision;
    decision.isAllowed = true;
    decision.grantingPolicies = rule->grantedBy[bitNumber(wanted)];
    return decision;
}

std::vector<std::string> Acl::capabilities(std::string_view path) const
{
    if (m_isRoot) return {std::string{kRootPolicyName}};
    const auto* rule = ruleFor(path, true);
    return capabilityNames(rule ? rule->permissions.capabilities : Capabilities{0});
}

bool Acl::hasAccessBelow(std::string_view start) const
{
    if (m_isRoot) return true;
    const auto grants = [](const MergedRule& rule) {
        return rule.permissions.capabilities != 0 && !(rule.permissions.capabilities & capability::kDeny);
    };
    // The rule that decides at `start` itself also decides for all shorter patterns. Longer patterns are checked one by one. This function asks about
    // paths below `start`, so a rule that matches `start` only without its slash does not count, unless it names exactly that.
    auto exact = m_exact.find(start);
    if (exact == m_exact.end() && start.ends_with('/')) exact = m_exact.find(start.substr(0, start.size() - 1));
    if (const auto* rule = exact == m_exact.end() ? wildcardRuleFor(start) : exact->second; rule && grants(*rule)) return true;
    return std::ranges::any_of(m_rules, [&](const MergedRule& rule) {
        const auto& pattern = rule.pattern;
        const bool isBeyond = pattern.wildcards.empty() ? pattern.text.starts_with(start) : pattern.canMatchBelow(start);
        return isBeyond && grants(rule);
    });
}

std::vector<Acl::RuleView> Acl::rules() const
{
    std::vector<RuleView> views;
    if (m_isRoot) return views;
    for (const auto& rule : m_rules) {
        const auto& pattern = rule.pattern;
        views.push_back(
            {pattern.text + (pattern.isPrefix ? "*" : ""), pattern.isPrefix || !pattern.wildcards.empty(), rule.permissions.capabilities});
    }
    return views;
}

} // namespace core::policy
