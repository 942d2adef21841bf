#pragma once

#include "core/barrier/scope.h"
#include "core/policy/acl_cache.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core::policy {

/// The policy documents of the cluster, `s/sys/policy/<name>`, and the access-control lists made from them.
///
/// Lists are cached. Whoever commits or applies a transaction that touches a key which concerns() claims calls
/// invalidate() afterwards, whether the write came from a request here or from the primary. Thread-safe.
class PolicyStore {
public:
    /// What a new cluster begins with: `default` and `response-wrapping`, unless they are there.
    Result<> initialize(const barrier::Scope& scope) const;

    /// The document; nothing when there is no such policy, empty for `root`. Names are folded to lower case everywhere.
    Result<std::optional<std::string>> document(const barrier::Scope& scope, std::string_view name) const;
    Result<bool> exists(const barrier::Scope& scope, std::string_view name) const;
    /// All names, sorted, `root` among them; not those that only the server itself gives to tokens.
    Result<std::vector<std::string>> names(const barrier::Scope& scope) const;

    /// Errors: InvalidArgument, TooLarge (with the API's text), ReadOnly.
    Result<> put(const barrier::Scope& scope, std::string_view name, std::string_view document) const;
    /// Success too when there is none. Errors: InvalidArgument (with the API's text), ReadOnly.
    Result<> erase(const barrier::Scope& scope, std::string_view name) const;

    /// The list that these policies make together; names without a policy grant nothing.
    Result<std::shared_ptr<const Acl>> acl(const barrier::Scope& scope, std::vector<std::string> names);

    /// Whether a stored key belongs to a policy, by its physical form.
    static bool concerns(std::string_view physicalKey);
    void invalidate() { m_lists.invalidate(); }

private:
    AclCache m_lists;
};

/// The folder of the documents, below `s/`.
inline constexpr std::string_view kPolicyFolder = "sys/policy/";

} // namespace core::policy
