#include "core/sys/access/lockout_fields.h"

namespace core::sys {

using mount::Response;

LockoutFields readLockoutFields(mount::Fields& fields, std::string_view type)
{
    LockoutFields read;
    const auto* given = fields.object("user_lockout_config");
    if (!given) return read;
    if (!auth::UserLockout::isCounted(type)) {
        const auto what = type.empty() ? std::string{"secrets engines"} : "auth type \"" + std::string{type} + "\"";
        read.refusal = Response::badRequest("tuning of user lockout configuration for " + what + " not allowed");
        return read;
    }
    mount::Fields config{*given};
    auto& change = read.change.emplace();
    bool isNegative = false;
    // Vault's server reads this name. Vault's pages say lockout_counter_reset, which its server ignores.
    for (const auto& [name, into] : {std::pair{"lockout_duration", &change.duration}, {"lockout_counter_reset_duration", &change.counterReset}}) {
        if (const auto value = config.duration(name)) *into = std::chrono::ceil<std::chrono::seconds>(*value);
        isNegative = isNegative || (*into && (*into)->count() < 0);
    }
    if (const auto threshold = config.integer("lockout_threshold")) {
        isNegative = isNegative || *threshold < 0;
        change.threshold = static_cast<std::uint64_t>(*threshold);
    }
    change.isDisabled = config.boolean("lockout_disable");
    read.refusal = config.refusal();
    if (!read.refusal && isNegative) read.refusal = Response::badRequest("user_lockout_config: numbers and durations must not be negative");
    return read;
}

void addLockoutMembers(boost::json::object& into, const mount::UserLockoutTuning& tuning)
{
    if (!tuning.isSet()) return;
    into["user_lockout_threshold"] = tuning.threshold;
    into["user_lockout_duration"] = tuning.duration.count();
    into["user_lockout_counter_reset_duration"] = tuning.counterReset.count();
    into["user_lockout_disable"] = tuning.isDisabled;
}

} // namespace core::sys
