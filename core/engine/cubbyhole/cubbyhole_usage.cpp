#include "core/engine/cubbyhole/cubbyhole_usage.h"

#include <algorithm>
#include <charconv>

namespace core::engine {

CubbyholeUsage::CubbyholeUsage(const barrier::Scope& scope, const token::TokenEntry& token)
    : m_rows{scope.local("sys/cubbyhole-usage/")}
    , m_folder{scope.local("sys/cubbyhole/" + token.cubbyholeId + "/")}
    , m_id{token.cubbyholeId}
{}

Result<CubbyholeUsage::Amount> CubbyholeUsage::count() const
{
    Amount amount;
    const auto visited = m_folder.forEach({}, [&](std::string_view path, std::string_view value) {
        ++amount.entries;
        amount.bytes += path.size() + value.size();
        return true;
    });
    if (!visited) return visited.error();
    return amount;
}

Result<CubbyholeUsage::Amount> CubbyholeUsage::load() const
{
    auto stored = m_rows.get(m_id);
    if (!stored) return stored.error();
    if (!*stored) return count();
    const std::string& text = **stored; // "entries bytes"
    const auto* end = text.data() + text.size();
    Amount amount;
    auto [middle, error] = std::from_chars(text.data(), end, amount.entries);
    if (error == std::errc{} && middle != end) error = std::from_chars(middle + 1, end, amount.bytes).ec;
    if (error != std::errc{} || middle == end) return Error{ErrorCode::Corrupt, "stored use of a cubbyhole"};
    return amount;
}

Result<bool> CubbyholeUsage::change(std::string_view path, const std::optional<std::string_view>& value)
{
    auto before = m_folder.get(path);
    if (!before) return before.error();
    auto amount = load();
    if (!amount) return amount.error();
    const std::uint64_t oldBytes = *before ? path.size() + (*before)->size() : 0;
    const std::uint64_t newBytes = value ? path.size() + value->size() : 0;
    const std::uint64_t entries = amount->entries - (*before ? 1 : 0) + (value ? 1 : 0);
    const std::uint64_t bytes = amount->bytes - std::min(amount->bytes, oldBytes) + newBytes;
    // A cubbyhole from before the limits can be above them. It is allowed to shrink.
    const bool isFull = (entries > kCubbyholeEntriesMax && entries > amount->entries) || (bytes > kCubbyholeBytesMax && bytes > amount->bytes);
    if (isFull) return false;
    if (!*before && !value) return true;
    if (auto stored = m_rows.put(m_id, std::to_string(entries) + " " + std::to_string(bytes)); !stored) return stored.error();
    return true;
}

Result<> CubbyholeUsage::erase()
{
    return m_rows.erase(m_id);
}

} // namespace core::engine
