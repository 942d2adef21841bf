#include "core/base/assert.h"
#include "core/http/target.h"
#include "core/mount/json_body.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <cstdint>

namespace {

using namespace core;
namespace json = boost::json;

constexpr mount::JsonLimits kLimits{.depthMax = 8, .stringBytesMax = 32, .objectEntryCountMax = 6, .arrayElementCountMax = 6, .tokenCountMax = 40};

/// Whether an accepted value keeps every limit.
void check(const json::value& value, std::size_t depth)
{
    if (const auto* text = value.if_string()) CORE_ASSERT(text->size() <= kLimits.stringBytesMax);
    if (const auto* array = value.if_array()) {
        CORE_ASSERT(depth < kLimits.depthMax && array->size() <= kLimits.arrayElementCountMax);
        for (const auto& element : *array) check(element, depth + 1);
    }
    if (const auto* object = value.if_object()) {
        CORE_ASSERT(depth < kLimits.depthMax && object->size() <= kLimits.objectEntryCountMax);
        for (const auto& [key, element] : *object) {
            CORE_ASSERT(key.size() <= kLimits.stringBytesMax);
            check(element, depth + 1);
        }
    }
}

} // namespace

// Bytes as the JSON of a body, and as a form. Accepted values keep the limits and equal what Boost's own parser reads.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    std::size_t tokenCount = 0;
    const auto value = mount::parseBoundedJson(text, kLimits, &tokenCount);
    CORE_ASSERT(tokenCount <= kLimits.tokenCountMax + 1);
    json::error_code failed;
    const auto expected = json::parse(text, failed);
    if (value) {
        check(*value, 0);
        CORE_ASSERT(!failed && *value == expected);
    } else {
        CORE_ASSERT(!value.error().detail.empty() && value.error().detail.size() < 400);
    }

    const auto form = http::fieldsOfForm(text, kLimits);
    if (form) check(*form, 0);
    if (const auto target = http::splitTarget(text)) {
        if (const auto fields = http::fieldsOf(target->query, kLimits)) check(*fields, 0);
    }
    return 0;
}
