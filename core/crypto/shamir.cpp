#include "core/crypto/shamir.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>

namespace core::crypto {
namespace {

using Element = std::uint8_t;

/// The product in GF(2^8), by shifts and masks. A table would reveal the secret to an attacker who watches the cache.
Element multiply(Element left, Element right)
{
    unsigned product = 0;
    for (int bit = 7; bit >= 0; --bit) {
        const unsigned overflow = 0u - (product >> 7 & 1u);
        product = (product << 1 & 0xffu) ^ (overflow & 0x1bu);
        product ^= (0u - (static_cast<unsigned>(right) >> bit & 1u)) & left;
    }
    return static_cast<Element>(product);
}

/// The inverse, as the power of 254. The inverse of 0 is 0.
Element invert(Element value)
{
    Element square = multiply(value, value);
    Element out = square;
    for (int power = 2; power < 8; ++power) {
        square = multiply(square, square);
        out = multiply(out, square);
    }
    return out;
}

Error invalid(const char* text)
{
    return Error{ErrorCode::InvalidArgument, text};
}

/// 255 different x in random order, so that a share does not reveal how many were made before it.
std::array<Element, 255> shuffledPoints(Random& random)
{
    std::array<Element, 255> points;
    std::iota(points.begin(), points.end(), Element{1});
    for (std::size_t at = points.size() - 1; at > 0; --at) std::swap(points[at], points[random.number() % (at + 1)]);
    return points;
}

} // namespace

Result<std::vector<SecretBytes>> splitSecret(const SecretBytes& secret, std::size_t shares, std::size_t threshold, Random& random)
{
    if (shares < threshold) return invalid("parts cannot be less than threshold");
    if (shares > 255) return invalid("parts cannot exceed 255");
    if (threshold < 2) return invalid("threshold must be at least 2");
    if (secret.empty()) return invalid("cannot split an empty secret");

    const auto points = shuffledPoints(random);
    std::vector<SecretBytes> out;
    out.reserve(shares);
    for (std::size_t share = 0; share < shares; ++share) {
        out.emplace_back(secret.size() + 1);
        out.back().data()[secret.size()] = points[share];
    }
    for (std::size_t at = 0; at < secret.size(); ++at) {
        // Every coefficient can be zero. Excluding a value would reveal something about the secret to the holders.
        const SecretBytes coefficients = random.secret(threshold - 1);
        for (std::size_t share = 0; share < shares; ++share) {
            Element y = 0;
            for (std::size_t power = coefficients.size(); power-- > 0;) {
                y = multiply(y, points[share]) ^ coefficients.data()[power];
            }
            out[share].data()[at] = multiply(y, points[share]) ^ secret.data()[at];
        }
    }
    return out;
}

Result<SecretBytes> combineShares(std::span<const SecretBytes> shares)
{
    if (shares.size() < 2) return invalid("less than two parts cannot be used to reconstruct the secret");
    const std::size_t shareBytes = shares.front().size();
    if (shareBytes < 2) return invalid("parts must be at least two bytes");
    std::array<bool, 256> isUsed{};
    for (const auto& share : shares) {
        if (share.size() != shareBytes) return invalid("all parts must be the same length");
        bool& isTaken = isUsed[share.data()[shareBytes - 1]];
        if (isTaken) return invalid("duplicate part detected");
        isTaken = true;
    }

    SecretBytes secret{shareBytes - 1};
    for (std::size_t left = 0; left < shares.size(); ++left) {
        // The basis polynomial of Lagrange for this share at 0. Subtraction and addition are both XOR.
        const Element x = shares[left].data()[shareBytes - 1];
        Element basis = 1;
        for (std::size_t right = 0; right < shares.size(); ++right) {
            const Element other = shares[right].data()[shareBytes - 1];
            if (right != left) basis = multiply(basis, multiply(other, invert(static_cast<Element>(x ^ other))));
        }
        for (std::size_t at = 0; at < secret.size(); ++at) {
            secret.data()[at] ^= multiply(shares[left].data()[at], basis);
        }
    }
    return secret;
}

} // namespace core::crypto
