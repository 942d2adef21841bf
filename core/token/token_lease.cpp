#include "core/token/token_lease.h"

#include "core/base/encoding.h"

namespace core::token {
namespace {

constexpr std::size_t kSaltedIdDigits = 64;

} // namespace

std::string leaseIdOf(const TokenEntry& entry, std::string_view saltedId)
{
    return entry.path + "/h" + std::string{saltedId};
}

std::optional<std::string> saltedIdOfLease(std::string_view leaseId)
{
    const auto slash = leaseId.rfind('/');
    const auto last = slash == std::string_view::npos ? std::string_view{} : leaseId.substr(slash + 1);
    if (last.size() != kSaltedIdDigits + 1 || last.front() != 'h' || !fromHex(last.substr(1))) return std::nullopt;
    return std::string{last.substr(1)};
}

} // namespace core::token
