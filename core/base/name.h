#pragma once

#include <string>
#include <string_view>

namespace core {

inline constexpr std::size_t kNameBytesMax = 512;

/// Checks a new name: of a mount, a policy, a role, a user, a device, a secondary, a configuration, or an id that a client chooses. Returns what is
/// wrong with it; empty: nothing. A name has
/// - valid UTF-8, 1 to kNameBytesMax bytes;
/// - no control characters, no marks of direction, no other invisible characters;
/// - no blank of any width at either end;
/// - no segment `.` or `..` (segments end at '/').
/// `what` begins the sentence: "the policy name". Only new names are checked. Things that already have a bad name can be read, renamed and deleted.
std::string nameRefusal(std::string_view what, std::string_view name);

} // namespace core
