#include "core/policy/operation.h"

#include <array>
#include <cstddef>

namespace core::policy {
namespace {

constexpr std::array<std::string_view, 10> kNames = {"create", "read", "update", "patch", "delete", "list", "help", "revoke", "renew", "rollback"};

} // namespace

std::string_view toString(Operation operation)
{
    return kNames[static_cast<std::size_t>(operation)];
}

std::optional<Operation> operationFromText(std::string_view text)
{
    for (std::size_t at = 0; at < kNames.size(); ++at) {
        if (kNames[at] == text) return static_cast<Operation>(at);
    }
    return std::nullopt;
}

} // namespace core::policy
