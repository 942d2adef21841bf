#include "core/snapshot/sums_signature.h"

#include "core/base/encoding.h"
#include "core/crypto/digest.h"

#include <charconv>

namespace core::snapshot {
namespace {

constexpr std::string_view kPurpose = "snapshot";
constexpr std::string_view kLine = "signature v1 ";
constexpr std::size_t kLineBytesMax = 1024;

std::string signedBytes(std::string_view sums, std::string_view setId, WallTime signedAt)
{
    return crypto::sha256Hex(sums) + "\n" + std::string{setId} + "\n" + std::to_string(toUnixMs(signedAt));
}

/// Returns the next word of a line and removes it from the line.
std::string_view takeWord(std::string_view& rest)
{
    const auto end = std::min(rest.find(' '), rest.size());
    const auto word = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return word;
}

} // namespace

SumsSignature SumsSignature::make(const trust::SigningKey& key, std::string_view sums, std::string setId, WallTime now)
{
    const WallTime signedAt = fromUnixMs(toUnixMs(now)); // rounded as it will be stored
    auto signature = key.sign(kPurpose, signedBytes(sums, setId, signedAt));
    return {key.publicKey(), std::move(setId), signedAt, std::move(signature)};
}

bool SumsSignature::isOf(std::string_view sums) const
{
    return trust::isSignedBy(tokenKey, kPurpose, signedBytes(sums, setId, signedAt), signature);
}

std::string withSignature(std::string_view sums, const SumsSignature& signature)
{
    return std::string{sums} + std::string{kLine} + toHex(signature.tokenKey) + ' ' + std::to_string(toUnixMs(signature.signedAt)) + ' ' +
           toHex(signature.signature) + ' ' + signature.setId + '\n';
}

SignedSums splitSignature(std::string_view text)
{
    const auto at = text.rfind(kLine);
    const bool isLine =
        at != std::string_view::npos && (at == 0 || text[at - 1] == '\n') && text.ends_with('\n') && text.size() - at <= kLineBytesMax;
    if (!isLine) return {text, std::nullopt};
    auto rest = text.substr(at + kLine.size());
    rest.remove_suffix(1);
    const auto key = fromHex(takeWord(rest));
    const auto time = takeWord(rest);
    const auto signature = fromHex(takeWord(rest));
    std::int64_t ms = 0;
    const auto [end, error] = std::from_chars(time.data(), time.data() + time.size(), ms);
    const bool isGood = key && signature && error == std::errc{} && end == time.data() + time.size() && key->size() == trust::kPublicKeyBytes &&
                        signature->size() == trust::kSignatureBytes && rest.find_first_of(" \n") == std::string_view::npos;
    if (!isGood) return {text, std::nullopt};
    return {text.substr(0, at), SumsSignature{*key, std::string{rest}, fromUnixMs(ms), *signature}};
}

} // namespace core::snapshot
