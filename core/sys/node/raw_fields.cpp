#include "core/sys/node/raw_fields.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace core::sys::raw {
namespace {

bool equalFolded(std::string_view left, std::string_view right)
{
    return left.size() == right.size() && std::equal(left.begin(), left.end(), right.begin(), [](char a, char b) {
               return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
           });
}

} // namespace

const boost::json::value* field(const mount::Request& request, std::string_view name)
{
    for (const auto& [key, value] : request.data) {
        if (equalFolded({key.data(), key.size()}, name)) return &value;
    }
    return nullptr;
}

std::string textField(const mount::Request& request, std::string_view name)
{
    const auto* value = field(request, name);
    if (value == nullptr || !value->is_string()) return {};
    return std::string{value->as_string()};
}

bool flag(const mount::Request& request, std::string_view name)
{
    const auto* value = field(request, name);
    if (value == nullptr) return false;
    if (value->is_bool()) return value->as_bool();
    return value->is_string() && (value->as_string() == "true" || value->as_string() == "1");
}

std::optional<int> numberField(const mount::Request& request, std::string_view name, int fallback)
{
    const auto* value = field(request, name);
    if (value == nullptr || value->is_null()) return fallback;
    if (value->is_int64() && value->as_int64() >= -1'000'000 && value->as_int64() <= 1'000'000) {
        return static_cast<int>(value->as_int64());
    }
    if (value->is_string()) {
        const std::string text{value->as_string()};
        int number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error == std::errc{} && end == text.data() + text.size()) return number;
    }
    return std::nullopt;
}

mount::Response refusal(const Error& error)
{
    switch (error.code) {
    case ErrorCode::InvalidArgument:
    case ErrorCode::FailedPrecondition:
    case ErrorCode::AlreadyExists: return mount::Response::badRequest(error.detail);
    case ErrorCode::Sealed: return mount::Response::error(503, "Vault is sealed");
    default: return mount::Response::error(500, error.detail);
    }
}

} // namespace core::sys::raw
