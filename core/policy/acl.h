#pragma once

#include "core/policy/operation.h"
#include "core/policy/pattern.h"
#include "core/policy/policy.h"

#include <boost/json/object.hpp>

#include <array>
#include <map>
#include <memory>
#include <span>
#include <unordered_map>

namespace core::policy {

/// The part of one request that an access-control list looks at.
struct AclRequest {
    std::string_view path; // logical, without a leading '/'; a LIST path ends in '/'
    Operation operation = Operation::Read;
    const boost::json::object* data = nullptr;           // the request's fields; null: none
    std::optional<std::chrono::nanoseconds> wrappingTtl; // when a wrapped response is asked for
};

struct Decision {
    bool isAllowed = false;
    bool isRoot = false;                           // the root policy, which skips every check
    bool hasSudo = false;                          // a sudo path needs this in addition to isAllowed
    std::span<const std::string> grantingPolicies; // names; valid as long as the list

    /// What both allow. The result is never root, because the bound must hold for everything.
    Decision within(const Decision& bound) const
    {
        return {.isAllowed = isAllowed && bound.isAllowed,
                .isRoot = false,
                .hasSudo = (isRoot || hasSudo) && (bound.isRoot || bound.hasSudo),
                .grantingPolicies = grantingPolicies};
    }
};

/// The access-control list of all policies of a token, with the precedence of Vault's rules
/// (spec: engines-and-auth-api.md §10.3).
///
/// Immutable, so requests and threads share it without locks. A look-up hashes the path once for an exact rule
/// and once per distinct length of prefix rules, and tries the rules with '+' one by one.
class Acl {
public:
    using Policies = std::vector<std::shared_ptr<const Policy>>;

    /// Rules whose templates `resolve` cannot fill are left out.
    /// Errors: InvalidArgument ("other policies present along with root").
    static Result<std::shared_ptr<const Acl>> create(const Policies& policies, const TemplateResolver& resolve = {});

    /// True if the policies have rules with templates.
    bool hasTemplates() const { return !m_templatedRules.empty(); }
    /// The same list with its templates filled in. So the policies are parsed once for all tokens, and not once for each entity.
    std::shared_ptr<const Acl> filled(const TemplateResolver& resolve) const;

    Decision allow(const AclRequest& request) const;

    /// The capabilities at a path, sorted; {"root"} for the root policy, {"deny"} if there are none.
    std::vector<std::string> capabilities(std::string_view path) const;

    /// True when anything is allowed at some path that begins with `start`, such as a mount's path.
    bool hasAccessBelow(std::string_view start) const;

    bool isRoot() const { return m_isRoot; }

    /// A rule of the list after merging, for showing the list to its owner.
    struct RuleView {
        std::string path;    // as in a policy, wildcards included
        bool isGlob = false; // ends in '*', or has '+' segments
        Capabilities capabilities = 0;
    };
    /// Sorted by path; empty for the root policy.
    std::vector<RuleView> rules() const;

private:
    /// The permissions of all policies at one pattern, and the policies that granted each capability (by bit number).
    struct MergedRule {
        Pattern pattern;
        Permissions permissions;
        std::array<std::vector<std::string>, capability::kCount> grantedBy;
    };

    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };
    using RulesByText = std::unordered_map<std::string, const MergedRule*, TextHash, std::equal_to<>>;

    struct TemplatedRule {
        std::string path;
        Permissions permissions;
        std::string policyName;
    };
    using RulesByPattern = std::map<Pattern, MergedRule>;

    Acl() = default;
    void fill(RulesByPattern& rules, const TemplateResolver& resolve) const;
    static void add(RulesByPattern& rules, Pattern pattern, const Permissions& permissions, const std::string& policyName);
    void adopt(RulesByPattern rules);
    static void merge(MergedRule& into, const Permissions& from, const std::string& policyName);
    void index();
    const MergedRule* ruleFor(std::string_view path, bool isList) const;
    const MergedRule* wildcardRuleFor(std::string_view path) const;
    const MergedRule* listRuleFor(std::string_view path) const;
    /// The longest prefix rule that matches, and every rule with '+' that does.
    template<class Visit>
    void eachWildcardRule(std::string_view path, Visit visit) const;
    /// Of two patterns that match one path, the more specific wins (§10.3 step 3).
    static bool isLessSpecific(const MergedRule& left, const MergedRule& right);
    static bool meetsConditions(const Permissions& permissions, const AclRequest& request);

    bool m_isRoot = false;
    std::vector<TemplatedRule> m_templatedRules;
    std::vector<MergedRule> m_rules; // sorted by pattern; the indexes below point into it
    RulesByText m_exact;
    RulesByText m_prefixes;
    std::vector<std::size_t> m_prefixLengths; // of m_prefixes, longest first
    std::vector<const MergedRule*> m_segmentRules;
};

} // namespace core::policy
