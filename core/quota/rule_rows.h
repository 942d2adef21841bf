#pragma once

#include "core/barrier/scope.h"
#include "core/quota/rule.h"
#include "core/quota/settings.h"

#include <optional>
#include <vector>

/// The rows of quotas, below `s/sys/quotas/`. Every function works in the caller's transaction. Errors: those of the views, Corrupt.
namespace core::quota {

Result<std::vector<Rule>> rules(const barrier::Scope& scope, Kind kind);
Result<std::optional<Rule>> rule(const barrier::Scope& scope, Kind kind, std::string_view name);
Result<> put(const barrier::Scope& scope, const Rule& rule);
Result<> erase(const barrier::Scope& scope, Kind kind, std::string_view name);
/// Erases the quotas of a mount that is disabled.
Result<> eraseBelow(const barrier::Scope& scope, std::string_view mountPath);
/// Lets the quotas of a mount follow it to another path.
Result<> moveBelow(const barrier::Scope& scope, std::string_view from, std::string_view to);

Result<Settings> settings(const barrier::Scope& scope);
Result<> put(const barrier::Scope& scope, const Settings& settings);

/// Whether a stored key belongs to a quota, by its physical form.
bool concerns(std::string_view physicalKey);

} // namespace core::quota
