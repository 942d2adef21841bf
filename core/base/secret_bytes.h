#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace core {

/// Key material and other secrets: move-only, zeroed when it is destroyed, compared in constant time, never printed.
///
/// The process keeps itself out of swap and core files from its start; see core/server. Not thread-safe.
class SecretBytes {
public:
    SecretBytes() = default;
    /// `size` zero bytes.
    explicit SecretBytes(std::size_t size);
    /// A copy. The caller wipes its own bytes (see wipe()).
    static SecretBytes copyOf(std::string_view bytes);
    static SecretBytes copyOf(std::span<const std::byte> bytes);

    SecretBytes(SecretBytes&& other) noexcept;
    SecretBytes& operator=(SecretBytes&& other) noexcept;
    SecretBytes(const SecretBytes&) = delete;
    SecretBytes& operator=(const SecretBytes&) = delete;
    ~SecretBytes();

    /// A second copy, which must be asked for by name.
    SecretBytes clone() const;

    std::size_t size() const noexcept { return m_size; }
    bool empty() const noexcept { return m_size == 0; }
    unsigned char* data() noexcept { return m_data; }
    const unsigned char* data() const noexcept { return m_data; }
    /// The bytes as they are. Everything that is made from this view must be a secret too.
    std::string_view view() const noexcept { return {reinterpret_cast<const char*>(m_data), m_size}; }

    /// Constant time in the contents, but not in the size.
    bool operator==(const SecretBytes& other) const noexcept;

private:
    unsigned char* m_data = nullptr;
    std::size_t m_size = 0;
};

/// Overwrites memory in a way that the compiler does not remove.
void wipe(void* data, std::size_t size) noexcept;
template<class Text>
void wipe(Text& text) noexcept
{
    wipe(text.data(), text.size());
    text.clear();
}

/// Constant time in the contents. False at once if the sizes differ.
bool equalInConstantTime(std::string_view left, std::string_view right) noexcept;

} // namespace core
