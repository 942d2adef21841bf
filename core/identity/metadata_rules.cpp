#include "core/identity/metadata_rules.h"

#include "core/base/go_text.h"

#include <algorithm>

namespace core::identity {
namespace {

constexpr std::string_view kReservedPrefix = "vault-";

bool isKeyCharacter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view{"=/+_-"}.find(c) != std::string_view::npos;
}

std::string limitOf(std::size_t bytes)
{
    return " is too long (limit: " + std::to_string(bytes) + " characters)";
}

std::string pairFault(std::string_view key, std::string_view value)
{
    if (key.empty()) return "key cannot be blank";
    if (key.size() > kMetadataKeyBytesMax) return "key" + limitOf(kMetadataKeyBytesMax);
    if (!std::ranges::all_of(key, isKeyCharacter)) return "key contains invalid characters";
    if (key.starts_with(kReservedPrefix)) return "key prefix \"" + std::string{kReservedPrefix} + "\" is reserved for internal use";
    if (value.size() > kMetadataValueBytesMax) return "value" + limitOf(kMetadataValueBytesMax);
    return {};
}

std::string lengthFault(const char* what, std::string_view key, std::size_t length, std::size_t longest, bool canBeEmpty)
{
    if (length <= longest && (canBeEmpty || length > 0)) return {};
    return "length of " + std::string{what} + " \"" + std::string{key.substr(0, longest)} + "\" is " + std::to_string(length) +
           (canBeEmpty ? " but must be at most " : " but must be 0 < length <= ") + std::to_string(longest);
}

} // namespace

std::string metadataFault(const TextMap& metadata)
{
    if (metadata.size() > kMetadataPairsMax) {
        return "invalid entity metadata: metadata cannot contain more than " + std::to_string(kMetadataPairsMax) + " key/value pairs";
    }
    for (const auto& [key, value] : metadata) {
        auto fault = pairFault(key, value);
        if (fault.empty()) continue;
        return "invalid entity metadata: failed to load metadata pair (\"" + key + "\", \"" + value + "\"): " + fault;
    }
    return {};
}

std::string customMetadataFault(const TextMap& metadata)
{
    if (metadata.size() > kMetadataPairsMax) {
        return "custom_metadata has " + std::to_string(metadata.size()) + " pairs; at most " + std::to_string(kMetadataPairsMax) + " are possible";
    }
    for (const auto& [key, value] : metadata) {
        if (auto fault = lengthFault("key", key, key.size(), kMetadataKeyBytesMax, false); !fault.empty()) return "invalid custom_metadata: " + fault;
        if (auto fault = lengthFault("value for key", key, value.size(), kMetadataValueBytesMax, true); !fault.empty()) {
            return "invalid custom_metadata: " + fault;
        }
        if (!isGoPrintable(key)) return "invalid custom_metadata: a key contains unprintable characters";
        if (!isGoPrintable(value)) return "invalid custom_metadata: the value for key \"" + key + "\" contains unprintable characters";
    }
    return {};
}

} // namespace core::identity
