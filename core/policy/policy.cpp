#include "core/policy/policy.h"

#include "core/base/duration.h"
#include "core/policy/hcl.h"
#include "core/policy/pattern.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <array>

namespace core::policy {
namespace {

struct NamedCapability {
    std::string_view name;
    Capabilities bit;
};

constexpr std::array<NamedCapability, capability::kCount> kCapabilities = {{{"create", capability::kCreate},
                                                                            {"delete", capability::kDelete},
                                                                            {"deny", capability::kDeny},
                                                                            {"list", capability::kList},
                                                                            {"patch", capability::kPatch},
                                                                            {"read", capability::kRead},
                                                                            {"sudo", capability::kSudo},
                                                                            {"update", capability::kUpdate}}};

constexpr Capabilities kLegacyRead = capability::kRead | capability::kList;
constexpr Capabilities kLegacyWrite = kLegacyRead | capability::kCreate | capability::kUpdate | capability::kDelete;
constexpr std::array<NamedCapability, 4> kLegacyPolicies = {
    {{"deny", capability::kDeny}, {"read", kLegacyRead}, {"write", kLegacyWrite}, {"sudo", kLegacyWrite | capability::kSudo}}};

constexpr std::array<std::string_view, 2> kTopKeys = {"name", "path"};
constexpr std::array<std::string_view, 11> kPathKeys = {
    "comment",          "policy",           "capabilities", "allowed_parameters", "denied_parameters",    "required_parameters",
    "min_wrapping_ttl", "max_wrapping_ttl", "mfa_methods",  "control_group",      "subscribe_event_types"};

Error invalid(std::string text)
{
    return Error{ErrorCode::InvalidArgument, std::move(text)};
}

std::string inQuotes(std::string_view text)
{
    return '"' + std::string{text} + '"';
}

std::string lowered(std::string_view text)
{
    std::string out{text};
    std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    return out;
}

template<class Keys>
Result<> checkKeys(const hcl::Object& object, const Keys& valid)
{
    for (const auto& entry : object) {
        if (std::ranges::find(valid, entry.key) == valid.end()) {
            return invalid("invalid key '" + entry.key + "' on line " + std::to_string(entry.position.line));
        }
    }
    return {};
}

Result<std::vector<std::string>> stringList(const hcl::Entry& entry)
{
    const auto* list = entry.value.list();
    std::vector<std::string> texts;
    for (std::size_t at = 0; list && at < list->size(); ++at) {
        const auto* text = (*list)[at].string();
        if (!text) return hcl::errorAt((*list)[at].position, entry.key + " must be a list of strings");
        texts.push_back(*text);
    }
    if (!list) return hcl::errorAt(entry.value.position, entry.key + " must be a list of strings");
    return texts;
}

// The reader has bounded the depth.
boost::json::value toJson(const hcl::Value& value)
{
    if (const auto* text = value.string()) return boost::json::value(boost::json::string{*text});
    if (const auto* boolean = value.boolean()) return boost::json::value(*boolean);
    if (const auto* number = value.number()) {
        if (number->integer) return boost::json::value(*number->integer);
        return boost::json::value(number->real);
    }
    if (const auto* list = value.list()) {
        boost::json::array array;
        for (const auto& element : *list) array.push_back(toJson(element));
        return boost::json::value(std::move(array));
    }
    if (const auto* object = value.object()) {
        boost::json::object members;
        for (const auto& entry : *object) members.insert_or_assign(entry.key, toJson(entry.value));
        return boost::json::value(std::move(members));
    }
    return nullptr;
}

Result<ParameterValues> parameterValues(const hcl::Object& body, std::string_view key)
{
    ParameterValues values;
    auto objects = hcl::blocks(body, key);
    if (!objects) return std::move(objects).error();
    for (const auto* object : *objects) {
        for (const auto& entry : *object) {
            const auto* list = entry.value.list();
            if (!list) return hcl::errorAt(entry.value.position, std::string{key} + ": the values of " + inQuotes(entry.key) + " must be a list");
            auto& target = values[lowered(entry.key)];
            target.clear();
            for (const auto& element : *list) target.push_back(toJson(element));
        }
    }
    return values;
}

Result<std::chrono::nanoseconds> wrappingTtl(const hcl::Object& body, std::string_view key)
{
    const auto* entry = hcl::find(body, key);
    if (!entry) return std::chrono::nanoseconds{0};
    const auto wrong = [&](std::string_view why) { return invalid("error parsing " + std::string{key} + ": " + std::string{why}); };
    std::string text;
    if (const auto* string = entry->value.string()) {
        text = *string;
    } else if (const auto* number = entry->value.number(); number && number->integer) {
        text = std::to_string(*number->integer);
    } else {
        return wrong("not a duration"); // neither text nor a whole number
    }
    auto ttl = parseDuration(text);
    if (!ttl) return wrong(ttl.error().detail);
    if (ttl->count() < 0) return wrong("negative duration");
    return *ttl;
}

Result<Capabilities> parseCapabilities(std::string_view label, const hcl::Object& body)
{
    Capabilities capabilities = 0;
    if (const auto* legacy = hcl::find(body, "policy")) {
        const auto* name = legacy->value.string();
        if (!name) return hcl::errorAt(legacy->value.position, "policy must be a string");
        const auto known = std::ranges::find(kLegacyPolicies, *name, &NamedCapability::name);
        if (!name->empty() && known == kLegacyPolicies.end()) {
            return invalid("path " + inQuotes(label) + ": invalid policy " + inQuotes(*name));
        }
        if (!name->empty()) capabilities = known->bit;
    }
    if (const auto* entry = hcl::find(body, "capabilities")) {
        auto names = stringList(*entry);
        if (!names) return std::move(names).error();
        for (const auto& name : *names) {
            const auto known = std::ranges::find(kCapabilities, name, &NamedCapability::name);
            if (known == kCapabilities.end()) return invalid("path " + inQuotes(label) + ": invalid capability " + inQuotes(name));
            capabilities |= known->bit;
        }
    }
    if (capabilities & capability::kDeny) return capability::kDeny;
    return capabilities;
}

Result<Permissions> parsePermissions(std::string_view label, const hcl::Object& body)
{
    auto capabilities = parseCapabilities(label, body);
    if (!capabilities) return std::move(capabilities).error();
    Permissions permissions;
    permissions.capabilities = *capabilities;

    auto allowed = parameterValues(body, "allowed_parameters");
    if (!allowed) return std::move(allowed).error();
    permissions.allowedParameters = *std::move(allowed);
    auto denied = parameterValues(body, "denied_parameters");
    if (!denied) return std::move(denied).error();
    permissions.deniedParameters = *std::move(denied);
    if (const auto* entry = hcl::find(body, "required_parameters")) {
        auto names = stringList(*entry);
        if (!names) return std::move(names).error();
        for (const auto& name : *names) permissions.requiredParameters.push_back(lowered(name));
    }

    const auto shortest = wrappingTtl(body, "min_wrapping_ttl");
    if (!shortest) return shortest.error();
    const auto longest = wrappingTtl(body, "max_wrapping_ttl");
    if (!longest) return longest.error();
    permissions.wrappingTtlMin = *shortest;
    permissions.wrappingTtlMax = *longest;
    if (longest->count() != 0 && *longest < *shortest) return invalid("max_wrapping_ttl cannot be less than min_wrapping_ttl");

    // What is denied altogether has no conditions.
    if (permissions.capabilities == capability::kDeny) return Permissions{capability::kDeny, {}, {}, {}, {}, {}};
    return permissions;
}

Result<Rule> parseRule(const hcl::Labelled& block)
{
    if (auto checked = checkKeys(*block.body, kPathKeys); !checked) {
        return std::move(checked).error().withContext("path " + inQuotes(block.label));
    }
    Rule rule;
    rule.path = block.label.starts_with('/') ? block.label.substr(1) : block.label;
    if (rule.path.find("+*") != std::string::npos) {
        return invalid("path " + inQuotes(rule.path) + ": invalid use of wildcards ('+*' is forbidden)");
    }
    if (!isBalancedTemplate(rule.path)) return invalid("failed to validate policy templating: unbalanced templating characters");
    auto permissions = parsePermissions(block.label, *block.body);
    if (!permissions) return std::move(permissions).error();
    rule.permissions = *std::move(permissions);
    return rule;
}

Result<Policy> parseDocument(std::string_view name, std::string_view document)
{
    auto root = hcl::parse(document);
    if (!root) return std::move(root).error();
    const auto& object = *root->object();
    if (auto checked = checkKeys(object, kTopKeys); !checked) return std::move(checked).error();
    auto blocks = hcl::labelledBlocks(object, "path");
    if (!blocks) return std::move(blocks).error();

    Policy policy{std::string{name}, {}};
    for (const auto& block : *blocks) {
        auto rule = parseRule(block);
        if (!rule) return std::move(rule).error();
        policy.rules.push_back(*std::move(rule));
    }
    return policy;
}

} // namespace

std::vector<std::string> capabilityNames(Capabilities capabilities)
{
    if (capabilities == 0 || (capabilities & capability::kDeny)) return {"deny"};
    std::vector<std::string> names;
    for (const auto& [name, bit] : kCapabilities) {
        if (capabilities & bit) names.emplace_back(name);
    }
    return names;
}

Result<Policy> parsePolicy(std::string_view name, std::string_view document)
{
    auto policy = parseDocument(name, document);
    if (!policy) return std::move(policy).error().withContext("failed to parse policy");
    return policy;
}

} // namespace core::policy
