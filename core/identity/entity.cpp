#include "core/identity/entity.h"

#include <algorithm>

namespace core::identity {

std::vector<std::string> sortedOnce(std::vector<std::string> texts)
{
    std::erase(texts, "");
    std::ranges::sort(texts);
    texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
    return texts;
}

bool contains(const std::vector<std::string>& sorted, std::string_view text)
{
    return std::ranges::binary_search(sorted, text, std::less<>{});
}

} // namespace core::identity
