#include "core/server/config/config_file_reader.h"

namespace core::server {

Result<> readLockoutStanza(ConfigSection& stanza, const policy::hcl::Labelled& block, auth::LockoutSettings& settings)
{
    if (block.label != "all" && !auth::UserLockout::isCounted(block.label)) {
        stanza.failAt(block.position, "user_lockout: unknown method \"" + std::string{block.label} + "\" (all, userpass, ldap or approle)");
    }
    auto& read = settings.stanzas[std::string{block.label}];
    std::uint64_t threshold = 0;
    stanza.readInteger("lockout_threshold", threshold, 0, std::numeric_limits<std::uint32_t>::max());
    std::chrono::nanoseconds duration{0};
    std::chrono::nanoseconds counterReset{0};
    stanza.read("lockout_duration", duration);
    stanza.read("lockout_counter_reset", counterReset);
    // To know whether the key is set, it is read into two different values. If both are equal afterwards, it is set.
    bool onTop = true;
    bool below = false;
    stanza.read("disable_lockout", onTop);
    stanza.read("disable_lockout", below);
    if (onTop == below) read.isDisabled = onTop;
    if (duration.count() < 0) stanza.fail("lockout_duration", "must not be negative");
    if (counterReset.count() < 0) stanza.fail("lockout_counter_reset", "must not be negative");
    if (threshold > 0) read.threshold = threshold;
    // Less than a second counts as a second, because zero would mean "not set".
    if (duration.count() > 0) read.duration = std::chrono::ceil<std::chrono::seconds>(duration);
    if (counterReset.count() > 0) read.counterReset = std::chrono::ceil<std::chrono::seconds>(counterReset);
    return stanza.finish();
}

} // namespace core::server
