#include "core/merkle/leaf.h"

namespace core::merkle {

std::string_view treeOf(std::string_view key)
{
    if (key.size() < 2 || key[1] != '/' || (key[0] != 's' && key[0] != 'l')) return {};
    for (const std::string_view area : {std::string_view{"logical/"}, std::string_view{"auth/"}}) {
        const auto rest = key.substr(2);
        if (!rest.starts_with(area)) continue;
        const auto end = rest.find('/', area.size());
        if (end != std::string_view::npos && end > area.size()) return key.substr(0, 2 + end);
    }
    return key.substr(0, 1);
}

} // namespace core::merkle
