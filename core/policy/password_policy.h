#pragma once

#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace core::policy::hcl {
struct Labelled;
}

namespace core::policy {

inline constexpr std::int64_t kPasswordCharactersMin = 4;
inline constexpr std::int64_t kPasswordCharactersMax = 100;

/// How passwords are made for other systems: a length, and sets of characters of which each needs a number of them
/// (spec: leases-and-dynamic-secrets.md §9). A value; threads may share a constant one.
class PasswordPolicy {
public:
    /// Reads HCL or JSON. Errors: InvalidArgument with the API's text, without its beginning "invalid password policy: ".
    static Result<PasswordPolicy> parse(std::string_view document);
    /// The policy of those who name none: 20 characters, at least one of a-z, of A-Z, of 0-9, and a '-'.
    static const PasswordPolicy& standard();

    std::int64_t length() const { return m_length; }

    /// A password that keeps every rule. All that do are equally likely: a candidate that breaks a rule is thrown away as a whole. Takes a second
    /// at most, so it is no work for an I/O thread. Errors: InvalidArgument (more characters than one random byte can choose from), Timeout.
    Result<SecretBytes> generate(Random& random, const Clock& clock) const;

private:
    struct Rule {
        std::vector<std::string> characters;
        std::int64_t countMin = 0;
    };

    static Result<Rule> parseRule(const hcl::Labelled& block);
    /// The characters of all rules in order, each once.
    std::vector<std::string> alphabet() const;
    std::vector<std::string> faults() const;

    std::int64_t m_length = 0;
    std::vector<Rule> m_rules;
};

} // namespace core::policy
