#pragma once

#include "core/barrier/scope.h"
#include "core/log/changed_keys.h"
#include "core/policy/acl_cache.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core::policy {

/// The policy documents of the cluster, `s/sys/policy/<name>`, and the access-control lists made from them.
///
/// Lists are cached until changed() is called for a policy. Thread-safe.
class PolicyStore {
public:
    /// Writes the policies of a new cluster, `default` and `response-wrapping`, unless they exist.
    Result<> initialize(const barrier::Scope& scope) const;

    /// The document. An empty optional if there is no such policy, an empty text for `root`. Names are folded to lower case everywhere.
    Result<std::optional<std::string>> document(const barrier::Scope& scope, std::string_view name) const;
    Result<bool> exists(const barrier::Scope& scope, std::string_view name) const;
    /// All names, sorted, including `root`, without those that only the server itself gives to tokens.
    Result<std::vector<std::string>> names(const barrier::Scope& scope) const;

    /// Errors: InvalidArgument, TooLarge (with the API's text), ReadOnly.
    Result<> put(const barrier::Scope& scope, std::string_view name, std::string_view document) const;
    /// Succeeds also if there is no such policy. Errors: InvalidArgument (with the API's text), ReadOnly.
    Result<> erase(const barrier::Scope& scope, std::string_view name) const;

    /// The access-control list of these policies together. Names without a policy grant nothing.
    Result<std::shared_ptr<const Acl>> acl(const barrier::Scope& scope, std::vector<std::string> names);

    /// Subscriber of the store: drops the lists if one of these keys is a policy's.
    void changed(const log::ChangedKeys& keys);
    void invalidate() { m_lists.invalidate(); }

private:
    AclCache m_lists;
};

/// The folder of the documents, below `s/`.
inline constexpr std::string_view kPolicyFolder = "sys/policy/";

} // namespace core::policy
