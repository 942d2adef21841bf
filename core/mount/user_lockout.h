#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace core::mount {

/// What one auth mount says about the lockout of users after wrong credentials (`user_lockout_config`; spec:
/// quotas-namespaces-misc.md §4). Zero: as the configuration file says for the method.
struct UserLockoutTuning {
    std::uint64_t threshold = 0;          // wrong credentials in a row that lock a user
    std::chrono::seconds duration{0};     // how long a user stays locked
    std::chrono::seconds counterReset{0}; // without a failure for so long, the count begins again
    bool isDisabled = false;

    bool isSet() const { return threshold != 0 || duration.count() != 0 || counterReset.count() != 0 || isDisabled; }
    bool operator==(const UserLockoutTuning&) const = default;
};

/// What a tuning changes of it.
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
