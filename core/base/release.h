#pragma once

#include <string>

namespace core {

/// Empties a text and frees its memory. Assigning an empty text would keep it: where the source is short, its characters are copied
/// into the buffer that is there.
inline void release(std::string& text) noexcept
{
    std::string{}.swap(text);
}

} // namespace core
