#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace core::crypto {

inline constexpr std::size_t kDigestBytes = 32;
using Digest = std::array<unsigned char, kDigestBytes>;

/// The bytes of a digest (or of its short form) as text for maps and frames. Valid as long as the array.
template<std::size_t size>
std::string_view viewOf(const std::array<unsigned char, size>& bytes)
{
    return {reinterpret_cast<const char*>(bytes.data()), size};
}

/// SHA-256 in steps. Not thread-safe. A copy continues from the same point.
class Sha256 {
public:
    Sha256();
    Sha256(const Sha256&) = default;
    Sha256& operator=(const Sha256&) = default;
    ~Sha256(); // wipes the state: the hashed data can be secret

    void update(std::string_view bytes);
    /// The digest of all data so far. Call nothing else on the object afterwards.
    Digest finish();

private:
    static constexpr std::size_t kStateBytes = 112;
    alignas(8) std::array<unsigned char, kStateBytes> m_state;
};

Digest sha256(std::string_view bytes);
/// The digest as 32 raw bytes.
std::string sha256Bytes(std::string_view bytes);
/// The digest as 64 characters, lower case.
std::string sha256Hex(std::string_view bytes);

} // namespace core::crypto
