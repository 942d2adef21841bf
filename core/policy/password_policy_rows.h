#pragma once

#include "core/barrier/scope.h"
#include "core/policy/password_policy.h"

#include <optional>

namespace core::policy {

/// The folder of the documents of password policies, below `s/`. Values are the texts as they were written.
inline constexpr std::string_view kPasswordPolicyFolder = "sys/password_policy/";

/// The document, or empty. Names keep their case.
Result<std::optional<std::string>> passwordPolicyDocument(const barrier::Scope& scope, std::string_view name);
/// Names and folders (with a '/'), sorted.
Result<std::vector<std::string>> passwordPolicyNames(const barrier::Scope& scope);
/// Stores a document that is known to be right. Errors: InvalidArgument (the name), those of the storage.
Result<> putPasswordPolicy(const barrier::Scope& scope, std::string_view name, std::string_view document);
Result<> erasePasswordPolicy(const barrier::Scope& scope, std::string_view name);

/// A password by the policy of that name; by the standard policy if the name is empty. Errors: NotFound ("no password policy found"), those of
/// PasswordPolicy.
Result<SecretBytes> generatePassword(const barrier::Scope& scope, std::string_view policyName, Random& random, const Clock& clock);

} // namespace core::policy
