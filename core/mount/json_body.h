#pragma once

#include "core/base/result.h"

#include <boost/json/value.hpp>

#include <cstddef>
#include <string_view>

namespace core::mount {

/// The limits for JSON and forms from outside. Names and meaning are those of Vault's listener keys, which the comments give.
struct JsonLimits {
    std::size_t depthMax = 500;                // max_json_depth: levels of objects and arrays
    std::size_t stringBytesMax = 1'048'576;    // max_json_string_value_length: of a text, a number or a key
    std::size_t objectEntryCountMax = 10'000;  // max_json_object_entry_count
    std::size_t arrayElementCountMax = 10'000; // max_json_array_element_count
    std::size_t tokenCountMax = 500'000;       // max_json_token: brackets, keys and scalars together

    bool operator==(const JsonLimits&) const = default;
};

/// The deepest JSON that a listener can be configured to accept. Parsing, copying and destroying are recursive, so this bounds the stack. simdjson,
/// which reads values in place, stops at 1,024.
inline constexpr std::size_t kJsonDepthLimit = 1'000;
/// For JSON that this program wrote itself around a client's JSON. It must never be stricter than the listener was.
inline constexpr std::size_t kJsonDepthStored = kJsonDepthLimit + 20;

/// Parses JSON from outside, and counts while it parses: nothing beyond a limit is built. A repeated key in one object is refused, because two
/// readers could then see two values. `tokenCount` gets the number of tokens, also for refused text. Errors: InvalidArgument; the detail is for the
/// client and names the limit, its value, and the key.
Result<boost::json::value> parseBoundedJson(std::string_view text, const JsonLimits& limits, std::size_t* tokenCount = nullptr);

/// "the array at "a" holds more than 10 elements (limit max_json_array_element_count = 10)": all these refusals have this form.
Error limitExceeded(std::string_view what, std::string_view key, std::string_view unit, std::string_view limitName, std::size_t limit);

} // namespace core::mount
