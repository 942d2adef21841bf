#pragma once

#include "core/base/result.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core::engine {

/// A member of a JSON object: its key unescaped, its value as the text it was written in.
struct JsonMember {
    std::string key;
    std::string_view text; // a view of the text that was split
};

/// The members of a JSON object in order, one level deep. Values are not changed, so numbers of any size survive.
/// The text must have passed a JSON parser before: inner values are skipped, not validated.
/// Errors: InvalidArgument (not an object).
Result<std::vector<JsonMember>> splitJsonObject(std::string_view text);

/// The text of one member, the last one if the key is repeated. Errors: InvalidArgument (not an object).
Result<std::optional<std::string_view>> jsonMemberText(std::string_view text, std::string_view key);

/// JSON merge patch (RFC 7396) on texts: null removes, objects recurse, everything else replaces.
/// Errors: InvalidArgument (an object that cannot be split).
Result<std::string> mergeJsonText(std::string_view target, std::string_view patch);

/// True if the text is a JSON object, judged only by its first character.
bool isJsonObjectText(std::string_view text);
std::string_view trimJsonText(std::string_view text);

} // namespace core::engine
