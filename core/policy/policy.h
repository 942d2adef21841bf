#pragma once

#include "core/base/result.h"

#include <boost/json/value.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace core::policy {

/// A set of capabilities. Deny is always the only one.
using Capabilities = std::uint16_t;
namespace capability {
inline constexpr Capabilities kCreate = 1 << 0;
inline constexpr Capabilities kRead = 1 << 1;
inline constexpr Capabilities kUpdate = 1 << 2;
inline constexpr Capabilities kPatch = 1 << 3;
inline constexpr Capabilities kDelete = 1 << 4;
inline constexpr Capabilities kList = 1 << 5;
inline constexpr Capabilities kSudo = 1 << 6;
inline constexpr Capabilities kDeny = 1 << 7;
inline constexpr std::size_t kCount = 8;
} // namespace capability

/// The names in alphabetical order; `deny` alone for an empty set or one with Deny.
std::vector<std::string> capabilityNames(Capabilities capabilities);

/// Allowed values by lower-case parameter name. An empty list means any value.
using ParameterValues = std::map<std::string, std::vector<boost::json::value>, std::less<>>;

/// What a rule allows (spec: engines-and-auth-api.md §10.1, §10.4).
struct Permissions {
    Capabilities capabilities = 0;
    ParameterValues allowedParameters;
    ParameterValues deniedParameters;
    std::vector<std::string> requiredParameters; // lower-cased
    std::chrono::nanoseconds wrappingTtlMin{0};  // zero: no bound
    std::chrono::nanoseconds wrappingTtlMax{0};
};

/// One path block.
struct Rule {
    std::string path; // without a leading '/', wildcards and templates as written
    Permissions permissions;
};

/// A parsed policy document. Immutable once made; shared between access-control lists.
struct Policy {
    std::string name;
    std::vector<Rule> rules;
};

/// Parses a policy document in HCL or JSON. Errors: InvalidArgument, TooLarge, each with the text that the API shows:
/// "failed to parse policy: …".
Result<Policy> parsePolicy(std::string_view name, std::string_view document);

/// The policy that grants everything; it has no rules and is known by its name.
inline constexpr std::string_view kRootPolicyName = "root";
inline constexpr std::string_view kDefaultPolicyName = "default";
inline constexpr std::string_view kResponseWrappingPolicyName = "response-wrapping";

/// The document of the `default` policy of a new cluster (spec: system-api.md §7).
std::string_view defaultPolicyDocument();
/// The document of the policy of wrapping tokens.
std::string_view responseWrappingPolicyDocument();

/// True for the policies that cannot be written or deleted: root, response-wrapping, control-group.
bool isImmutablePolicy(std::string_view name);

} // namespace core::policy
