#include "core/sys/node/root_generation.h"

#include "core/crypto/otp.h"
#include "core/sys/node/key_shares.h"

namespace core::sys {
namespace {

Error refused(std::string text)
{
    return Error{ErrorCode::InvalidArgument, std::move(text)};
}

} // namespace

RootGeneration::Status RootGeneration::statusLocked(Kind kind) const
{
    Status status;
    status.otpLength = kOtpLength;
    status.required = m_services.threshold();
    if (m_isStarted && m_kind == kind) {
        status.isStarted = true;
        status.nonce = m_nonce;
        status.progress = static_cast<int>(m_shares.size());
    }
    return status;
}

RootGeneration::Status RootGeneration::status(Kind kind) const
{
    MutexLock lock{m_mutex};
    return statusLocked(kind);
}

Result<RootGeneration::Status> RootGeneration::start(Kind kind, std::string otp)
{
    MutexLock lock{m_mutex};
    if (m_isStarted) return refused("root generation already in progress");
    const bool isMade = otp.empty();
    if (!isMade && otp.size() != kOtpLength) return refused("OTP string is wrong length");
    m_isStarted = true;
    m_kind = kind;
    m_nonce = m_services.random->uuid();
    m_otp = isMade ? m_services.random->base62(kOtpLength) : std::move(otp);
    Status status = statusLocked(kind);
    if (isMade) status.otp = m_otp;
    return status;
}

void RootGeneration::clear()
{
    m_isStarted = false;
    m_nonce.clear();
    wipe(m_otp);
    m_shares.clear();
}

bool RootGeneration::cancel()
{
    MutexLock lock{m_mutex};
    const bool wasStarted = m_isStarted;
    clear();
    return wasStarted;
}

Result<RootGeneration::Status> RootGeneration::provide(Kind kind, SecretBytes share, std::string_view nonce)
{
    MutexLock lock{m_mutex};
    if (!m_isStarted) return refused("no root generation in progress");
    if (m_kind != kind) {
        return refused("incorrect strategy supplied; a generate root operation of another type is already in progress");
    }
    if (!equalInConstantTime(nonce, m_nonce)) {
        return refused("incorrect nonce supplied; nonce for this root generation operation is \"" + m_nonce + "\"");
    }
    for (const auto& known : m_shares) {
        if (known == share) return refused("given key has already been provided during this generation operation");
    }
    if (m_services.isShare && m_services.isShare(share) == false) return wrongShare(m_shares.size(), m_services.threshold());
    m_shares.push_back(std::move(share));
    if (static_cast<int>(m_shares.size()) < m_services.threshold()) return statusLocked(kind);

    if (auto verified = m_services.verify(m_shares); !verified) {
        m_shares.clear(); // it is unknown which share was wrong; the attempt and its password stay
        return refused("root generation aborted: " + verified.error().detail);
    }
    auto token = m_services.makeToken(kind);
    if (!token) {
        clear();
        return std::move(token).error();
    }
    auto encoded = crypto::encodeWithOtp(*token, m_otp);
    wipe(*token);
    if (!encoded) {
        clear();
        return std::move(encoded).error();
    }
    Status status = statusLocked(kind);
    status.isComplete = true;
    status.encodedToken = std::move(*encoded);
    clear();
    return status;
}

} // namespace core::sys
