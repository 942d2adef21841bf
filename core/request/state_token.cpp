#include "core/request/state_token.h"

#include "core/base/encoding.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace core::request {
namespace {

constexpr std::size_t kTextBytesMax = 1024;
constexpr unsigned kIndexBits = 40;
constexpr std::size_t kKeysMax = 4; // bounds the hashes for a text that is signed with none of them

SecretBytes derivedKey(const SecretBytes& termKey)
{
    crypto::Digest digest = crypto::HmacKey{termKey}.mac("holdfast index state v2");
    auto key = SecretBytes::copyOf(crypto::viewOf(digest));
    wipe(digest.data(), digest.size());
    return key;
}

std::optional<std::uint64_t> numberOf(std::string_view text)
{
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

} // namespace

std::uint64_t sharedNumber(Epoch epoch, LogIndex index)
{
    // A number that does not fit must not wrap around, because then a newer state would look older.
    constexpr std::uint64_t indexMax = (std::uint64_t{1} << kIndexBits) - 1;
    constexpr std::uint64_t epochMax = (std::uint64_t{1} << (64 - kIndexBits)) - 1;
    return std::min(epoch.value(), epochMax) << kIndexBits | std::min(index.value(), indexMax);
}

StateSigner::StateSigner(const barrier::Keyring& keyring)
{
    std::optional<WallTime> replacedAt;
    const auto& terms = keyring.terms();
    for (auto term = terms.rbegin(); term != terms.rend() && m_keys.size() < kKeysMax; ++term) {
        m_keys.push_back({crypto::HmacKey{derivedKey(term->key)}, replacedAt});
        replacedAt = term->installedAt;
    }
}

std::string StateSigner::write(const State& state) const
{
    const std::string text = "v1:" + state.clusterId + ":" + std::to_string(state.local) + ":" + std::to_string(state.shared);
    return toBase64(text + ":" + toHex(crypto::viewOf(m_keys.front().key.mac(text))));
}

bool StateSigner::isSigned(std::string_view text, std::string_view mac, WallTime now) const
{
    return std::ranges::any_of(m_keys, [&](const Key& each) {
        if (each.replacedAt && now - *each.replacedAt >= kFormerFor) return false;
        return equalInConstantTime(mac, toHex(crypto::viewOf(each.key.mac(text))));
    });
}

std::optional<State> StateSigner::read(std::string_view text, WallTime now) const
{
    // The header is a client's input. Its size is checked before it is decoded.
    if (text.size() > kTextBytesMax) return std::nullopt;
    const auto decoded = fromBase64(text);
    if (!decoded) return std::nullopt;
    std::array<std::string_view, 5> parts;
    std::string_view rest = *decoded;
    for (auto& part : parts) {
        const auto colon = rest.find(':');
        part = rest.substr(0, colon);
        rest = colon == std::string_view::npos ? std::string_view{} : rest.substr(colon + 1);
    }
    if (parts[0] != "v1" || !rest.empty() || parts[4].empty()) return std::nullopt;
    const auto signedText = std::string_view{*decoded}.substr(0, decoded->size() - parts[4].size() - 1);
    if (!isSigned(signedText, parts[4], now)) return std::nullopt;
    const auto local = numberOf(parts[2]);
    const auto shared = numberOf(parts[3]);
    if (!local || !shared) return std::nullopt;
    return State{std::string{parts[1]}, *local, *shared};
}

} // namespace core::request
