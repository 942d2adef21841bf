#pragma once

#include <optional>
#include <string_view>

namespace core::policy {

/// What a request does, in the audit log's words (spec: conventions.md §7). POST and PUT are Create where the engine's
/// existence check says that nothing is there yet, else Update (spec: engines-and-auth-api.md §10.2).
enum class Operation { Create, Read, Update, Patch, Delete, List, Help, Revoke, Renew, Rollback };

/// "create", "read", … "rollback".
std::string_view toString(Operation operation);
/// The reverse; empty for other text.
std::optional<Operation> operationFromText(std::string_view text);

} // namespace core::policy
