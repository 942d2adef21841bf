#pragma once

#include <string>
#include <string_view>

namespace core {

inline constexpr std::size_t kNameBytesMax = 512;

/// What is wrong with a name that somebody wants to give to a mount, a policy, a role, a user, a device, a secondary or a configuration,
/// or with an id given by hand; empty: nothing. A name is UTF-8 of 1 to kNameBytesMax bytes, without control characters, marks of
/// direction and other invisible characters, without a blank of any width at either end, and without a segment `.` or `..` (segments end at '/').
///
/// `what` begins the sentence: "the policy name". Only new names are checked: things that have a bad name can be read, renamed and deleted.
std::string nameRefusal(std::string_view what, std::string_view name);

} // namespace core
