#pragma once

#include <string>

namespace core {

/// Empties a text and frees its memory. Assigning an empty text would keep the memory: a short source is copied into the existing buffer.
inline void release(std::string& text) noexcept
{
    std::string{}.swap(text);
}

} // namespace core
