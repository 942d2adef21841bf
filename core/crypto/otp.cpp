#include "core/crypto/otp.h"

#include "core/base/encoding.h"

namespace core::crypto {
namespace {

Result<std::string> combine(std::string_view text, std::string_view otp)
{
    if (text.empty() || text.size() != otp.size()) {
        return Error{ErrorCode::InvalidArgument,
                     "length mismatch: token is " + std::to_string(text.size()) + " bytes, one-time password " + std::to_string(otp.size())};
    }
    std::string out{text};
    for (std::size_t at = 0; at < out.size(); ++at) out[at] = static_cast<char>(out[at] ^ otp[at]);
    return out;
}

} // namespace

Result<std::string> encodeWithOtp(std::string_view token, std::string_view otp)
{
    auto covered = combine(token, otp);
    if (!covered) return std::move(covered).error();
    std::string encoded = toBase64(*covered);
    while (encoded.ends_with('=')) encoded.pop_back();
    return encoded;
}

Result<std::string> decodeWithOtp(std::string_view encoded, std::string_view otp)
{
    auto covered = fromBase64(encoded);
    if (!covered) return std::move(covered).error().withContext("encoded token");
    return combine(*covered, otp);
}

} // namespace core::crypto
