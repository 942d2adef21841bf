#include "core/barrier/store_format.h"

#include "core/storage/engine.h"

#include <algorithm>
#include <charconv>

namespace core::barrier {
namespace {

constexpr std::size_t kProgramBytesMax = 64; // bounds what a damaged row can put into an error

bool isProgram(std::string_view text)
{
    return text.size() <= kProgramBytesMax && std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

std::string programText(const StoreFormat& format)
{
    return format.program.empty() ? "a program that stores no version" : "Holdfast " + format.program;
}

} // namespace

StoreFormat StoreFormat::current()
{
    return {kStoreFormat, HOLDFAST_VERSION};
}

std::string StoreFormat::encode() const
{
    return std::to_string(number) + " " + program;
}

Result<StoreFormat> StoreFormat::decode(std::string_view text)
{
    StoreFormat format;
    const char* const end = text.data() + text.size();
    const auto [next, failed] = std::from_chars(text.data(), end, format.number);
    const bool isNumber = failed == std::errc{} && format.number > 0 && next != end && *next == ' ';
    if (isNumber) format.program = std::string{next + 1, end};
    if (!isNumber || !isProgram(format.program)) return Error{ErrorCode::Corrupt, "the store's format number is damaged"};
    return format;
}

Result<StoreFormat> StoreFormat::of(const storage::Reader& reader)
{
    const auto text = reader.get(kStoreFormatKey);
    if (!text) return text.error();
    return *text ? decode(**text) : Result<StoreFormat>{StoreFormat{}};
}

Result<> StoreFormat::check(std::string_view what, const StoreFormat& known) const
{
    if (number <= known.number) return {};
    return Error{ErrorCode::Unsupported, std::string{what} + " has format " + std::to_string(number) + ", written by " + programText(*this) +
                                             "; this program, " + programText(known) + ", reads formats up to " + std::to_string(known.number) +
                                             ". Start the newer program. There is no way back but a snapshot that the older program saved"};
}

} // namespace core::barrier
