#include "core/sys/trust/share_quorum.h"

namespace core::sys {

namespace {

Error refused(std::string text)
{
    return Error{ErrorCode::InvalidArgument, std::move(text)};
}

} // namespace

ShareQuorum::Status ShareQuorum::statusLocked() const
{
    return {.isStarted = !m_nonce.empty(), .nonce = m_nonce, .progress = static_cast<int>(m_shares.size()), .required = m_services.threshold()};
}

ShareQuorum::Status ShareQuorum::status() const
{
    MutexLock lock{m_mutex};
    return statusLocked();
}

Result<ShareQuorum::Status> ShareQuorum::start()
{
    MutexLock lock{m_mutex};
    if (!m_nonce.empty()) return refused("an attempt is already in progress; cancel it first");
    m_nonce = m_services.random->uuid();
    return statusLocked();
}

void ShareQuorum::cancel()
{
    MutexLock lock{m_mutex};
    m_nonce.clear();
    m_shares.clear();
}

Result<ShareQuorum::Status> ShareQuorum::provide(SecretBytes share, std::string_view nonce)
{
    MutexLock lock{m_mutex};
    if (m_nonce.empty()) return refused("no attempt is in progress");
    if (!equalInConstantTime(nonce, m_nonce)) return refused("the nonce is another attempt's");
    for (const auto& known : m_shares) {
        if (known == share) return refused("this key share has already been given in this attempt");
    }
    m_shares.push_back(std::move(share));
    const int required = m_services.threshold();
    if (static_cast<int>(m_shares.size()) < required) return statusLocked();
    if (auto verified = m_services.verify(m_shares); !verified) {
        m_shares.clear(); // it is unknown which share was wrong; the attempt continues
        return refused("the key shares do not make the key: " + verified.error().detail);
    }
    Status done = statusLocked();
    done.isComplete = true;
    m_nonce.clear();
    m_shares.clear();
    return done;
}

} // namespace core::sys
