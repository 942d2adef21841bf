#include "core/crypto/jws.h"

namespace core::crypto {

std::optional<CompactJws> splitJws(std::string_view text, std::size_t bytesMax)
{
    constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    const auto first = text.find('.');
    const auto last = text.rfind('.');
    if (text.size() > bytesMax || first == std::string_view::npos || first == last || first == 0 || text.find('.', first + 1) != last ||
        text.find_first_not_of(kAlphabet) != std::string_view::npos) {
        return std::nullopt;
    }
    return CompactJws{text.substr(0, first), text.substr(first + 1, last - first - 1), text.substr(last + 1), text.substr(0, last)};
}

} // namespace core::crypto
