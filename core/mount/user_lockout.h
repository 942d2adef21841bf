#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace core::mount {

/// How one auth mount locks users after wrong credentials (`user_lockout_config`; spec: quotas-namespaces-misc.md §4). Zero: use the method's value
/// from the configuration file.
struct UserLockoutTuning {
    std::uint64_t threshold = 0;          // wrong credentials in a row that lock a user
    std::chrono::seconds duration{0};     // how long a user stays locked
    std::chrono::seconds counterReset{0}; // after this time without a failure, the count starts again
    bool isDisabled = false;

    bool isSet() const { return threshold != 0 || duration.count() != 0 || counterReset.count() != 0 || isDisabled; }
    bool operator==(const UserLockoutTuning&) const = default;
};

/// What a tuning changes.
struct UserLockoutChange {
    std::optional<std::uint64_t> threshold;
    std::optional<std::chrono::seconds> duration;
    std::optional<std::chrono::seconds> counterReset;
    std::optional<bool> isDisabled;

    void applyTo(UserLockoutTuning& tuning) const
    {
        tuning.threshold = threshold.value_or(tuning.threshold);
        tuning.duration = duration.value_or(tuning.duration);
        tuning.counterReset = counterReset.value_or(tuning.counterReset);
        tuning.isDisabled = isDisabled.value_or(tuning.isDisabled);
    }
};

} // namespace core::mount
