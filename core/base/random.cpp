#include "core/base/random.h"

#include "core/base/assert.h"
#include "core/base/encoding.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/random.h>

namespace core {

SecretBytes Random::secret(std::size_t size)
{
    SecretBytes out{size};
    fill(std::as_writable_bytes(std::span{out.data(), out.size()}));
    return out;
}

std::string Random::bytes(std::size_t size)
{
    std::string out(size, '\0');
    fill(std::as_writable_bytes(std::span{out.data(), out.size()}));
    return out;
}

std::uint64_t Random::number()
{
    std::uint64_t out = 0;
    fill(std::as_writable_bytes(std::span{&out, 1}));
    return out;
}

std::string Random::base62(std::size_t length)
{
    std::string out;
    out.reserve(length);
    while (out.size() < length) {
        unsigned char pool[64];
        fill(std::as_writable_bytes(std::span{pool}));
        for (const auto byte : pool) {
            if (byte < 248 && out.size() < length) out.push_back(kBase62Alphabet[byte % 62]); // 248 = 4 * 62
        }
        wipe(pool, sizeof pool);
    }
    return out;
}

std::string Random::uuid()
{
    std::string raw = bytes(16);
    raw[6] = static_cast<char>((raw[6] & 0x0f) | 0x40);
    raw[8] = static_cast<char>((raw[8] & 0x3f) | 0x80);
    std::string text = toHex(raw);
    for (const std::size_t at : {8, 13, 18, 23}) text.insert(at, 1, '-');
    return text;
}

void OsRandom::fill(std::span<std::byte> out)
{
    while (!out.empty()) {
        const auto count = ::getrandom(out.data(), std::min<std::size_t>(out.size(), 256), 0);
        if (count < 0) {
            CORE_ASSERT(errno == EINTR);
            continue;
        }
        out = out.subspan(static_cast<std::size_t>(count));
    }
}

void SeededRandom::fill(std::span<std::byte> out)
{
    while (!out.empty()) {
        const std::uint64_t word = m_engine();
        const auto count = std::min(out.size(), sizeof word);
        std::memcpy(out.data(), &word, count);
        out = out.subspan(count);
    }
}

} // namespace core
