#include "core/merkle/leaf.h"

namespace core::merkle {

namespace {

constexpr std::string_view kFilterFolder = "core/replication/filters/";

} // namespace

std::string_view treeOf(std::string_view key)
{
    if (key.size() < 2 || key[1] != '/' || (key[0] != 's' && key[0] != 'l')) return {};
    const auto rest = key.substr(2);
    for (const std::string_view area : {std::string_view{"logical/"}, std::string_view{"auth/"}}) {
        if (!rest.starts_with(area)) continue;
        const auto end = rest.find('/', area.size());
        if (end != std::string_view::npos && end > area.size()) return key.substr(0, 2 + end);
    }
    if (!rest.starts_with("core/")) return key.substr(0, 1);
    for (const std::string_view table : {std::string_view{"core/mounts/"}, std::string_view{"core/auth/"}}) {
        if (rest.starts_with(table) && rest.size() > table.size()) return key;
    }
    if (rest.starts_with(kFilterFolder)) return key.substr(0, 2 + kFilterFolder.size() - 1);
    return key.substr(0, 1);
}

} // namespace core::merkle
