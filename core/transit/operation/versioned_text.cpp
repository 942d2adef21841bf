#include "core/transit/operation/versioned_text.h"

#include "core/base/encoding.h"
#include "core/base/go_text.h"
#include "core/base/secret_bytes.h"

#include <charconv>

namespace core::transit {
namespace {

constexpr std::string_view kPrefix = "vault:v";

} // namespace

VersionedText VersionedText::parse(std::string_view text)
{
    VersionedText out;
    if (!text.starts_with(kPrefix)) {
        out.fault = Fault::NoPrefix;
        return out;
    }
    text.remove_prefix(kPrefix.size());
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) {
        out.fault = Fault::FieldCount;
        return out;
    }
    auto number = text.substr(0, colon);
    if (number.starts_with('+')) number.remove_prefix(1);
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), out.version);
    if (number.empty() || error != std::errc{} || end != number.data() + number.size()) out.fault = Fault::Version;
    out.payload = text.substr(colon + 1);
    return out;
}

std::string versionedText(std::int64_t version, std::string_view payload)
{
    return std::string{kPrefix}.append(std::to_string(version)).append(":").append(payload);
}

} // namespace core::transit
