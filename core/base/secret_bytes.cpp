#include "core/base/secret_bytes.h"

#include <cstring>
#include <new>
#include <string.h>
#include <utility>

namespace core {

SecretBytes::SecretBytes(std::size_t size) : m_data{size == 0 ? nullptr : static_cast<unsigned char*>(::operator new(size))}, m_size{size}
{
    if (m_size != 0) std::memset(m_data, 0, m_size);
}

SecretBytes SecretBytes::copyOf(std::string_view bytes)
{
    SecretBytes copy{bytes.size()};
    if (!bytes.empty()) std::memcpy(copy.m_data, bytes.data(), bytes.size());
    return copy;
}

SecretBytes SecretBytes::copyOf(std::span<const std::byte> bytes)
{
    return copyOf(std::string_view{reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

SecretBytes::SecretBytes(SecretBytes&& other) noexcept : m_data{std::exchange(other.m_data, nullptr)}, m_size{std::exchange(other.m_size, 0)} {}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept
{
    std::swap(m_data, other.m_data);
    std::swap(m_size, other.m_size);
    return *this;
}

SecretBytes::~SecretBytes()
{
    if (m_data == nullptr) return;
    wipe(m_data, m_size);
    ::operator delete(m_data);
}

SecretBytes SecretBytes::clone() const
{
    return copyOf(view());
}

bool SecretBytes::operator==(const SecretBytes& other) const noexcept
{
    return equalInConstantTime(view(), other.view());
}

void wipe(void* data, std::size_t size) noexcept
{
    if (size != 0) ::explicit_bzero(data, size);
}

bool equalInConstantTime(std::string_view left, std::string_view right) noexcept
{
    if (left.size() != right.size()) return false;
    unsigned char difference = 0;
    for (std::size_t at = 0; at < left.size(); ++at) {
        difference = static_cast<unsigned char>(difference | (left[at] ^ right[at]));
    }
    return difference == 0;
}

} // namespace core
