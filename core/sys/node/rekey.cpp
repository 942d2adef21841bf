#include "core/sys/node/rekey.h"

#include "core/sys/node/key_shares.h"

#include <algorithm>

namespace core::sys {
namespace {

Error refused(std::string text)
{
    return Error{ErrorCode::InvalidArgument, std::move(text)};
}

Result<> checkNonce(std::string_view given, const std::string& expected)
{
    if (equalInConstantTime(given, expected)) return {};
    return refused("incorrect nonce supplied; nonce for this rekey operation is \"" + expected + '"');
}

Result<> add(Rekey::Shares& shares, SecretBytes share)
{
    if (std::ranges::any_of(shares, [&](const auto& known) { return known == share; })) {
        return refused("given key has already been provided during this rekey operation");
    }
    shares.push_back(std::move(share));
    return {};
}

} // namespace

struct Rekey::Attempt {
    std::string nonce;
    SteadyTime startedAt;
    barrier::ShareCounts counts;
    bool needsVerification = false;
    Shares shares;
    std::optional<barrier::NewKeys> made; // waits for its verification
    std::string verificationNonce;
    SteadyTime verificationStartedAt;
    Shares verificationShares;
};

Rekey::Rekey(Services services) : m_services{std::move(services)} {}
Rekey::~Rekey() = default;

Rekey::Status Rekey::statusLocked() const
{
    Status status;
    status.required = m_services.threshold();
    if (!m_attempt) return status;
    status.isStarted = true;
    status.nonce = m_attempt->nonce;
    status.counts = m_attempt->counts;
    status.progress = static_cast<int>(m_attempt->shares.size());
    status.needsVerification = m_attempt->needsVerification;
    status.verificationNonce = m_attempt->verificationNonce;
    status.verificationProgress = static_cast<int>(m_attempt->verificationShares.size());
    return status;
}

Rekey::Status Rekey::status() const
{
    MutexLock lock{m_mutex};
    return statusLocked();
}

Result<Rekey::Status> Rekey::start(const barrier::ShareCounts& counts, bool needsVerification)
{
    if (counts.threshold > counts.shares) return refused("provided threshold greater than the total shares");
    if (auto checked = barrier::checkShareCounts(counts); !checked) {
        return std::move(checked).error().withContext("invalid rekey seal configuration");
    }
    MutexLock lock{m_mutex};
    if (m_attempt) return refused("rekey already in progress");
    m_attempt = std::make_unique<Attempt>();
    m_attempt->nonce = m_services.random->uuid();
    m_attempt->startedAt = m_services.clock->steadyNow();
    m_attempt->counts = counts;
    m_attempt->needsVerification = needsVerification;
    return statusLocked();
}

bool Rekey::mayCancel(std::string_view given, const std::string& nonce, SteadyTime since) const
{
    return equalInConstantTime(given, nonce) || m_services.clock->steadyNow() - since >= kCancelNonceTime;
}

Result<> Rekey::cancel(std::string_view nonce)
{
    MutexLock lock{m_mutex};
    if (m_attempt && !mayCancel(nonce, m_attempt->nonce, m_attempt->startedAt)) return refused("invalid request");
    m_attempt.reset();
    return {};
}

void Rekey::forget()
{
    MutexLock lock{m_mutex};
    m_attempt.reset();
}

Result<Rekey::Outcome> Rekey::provide(SecretBytes share, std::string_view nonce, std::string_view kind)
{
    MutexLock lock{m_mutex};
    if (!m_attempt) return refused("no " + std::string{kind} + " rekey in progress");
    if (m_attempt->made) return refused("rekey operation already finished; verification must be performed");
    if (auto good = checkNonce(nonce, m_attempt->nonce); !good) return std::move(good).error();
    if (m_services.isShare && m_services.isShare(share) == false) {
        return wrongShare(m_attempt->shares.size(), m_services.threshold());
    }
    if (auto added = add(m_attempt->shares, std::move(share)); !added) return std::move(added).error();
    Outcome outcome;
    if (static_cast<int>(m_attempt->shares.size()) < m_services.threshold()) {
        outcome.status = statusLocked();
        return outcome;
    }
    const Shares shares = std::exchange(m_attempt->shares, {});
    if (auto verified = m_services.verify(shares); !verified) {
        return std::move(verified).error().withContext("rekey aborted"); // it is unknown which share was wrong; the attempt continues
    }
    auto made = m_services.make(m_attempt->counts);
    if (!made) return std::move(made).error();
    if (m_attempt->needsVerification) {
        m_attempt->made = std::move(made->keys);
        m_attempt->verificationNonce = m_services.random->uuid();
        m_attempt->verificationStartedAt = m_services.clock->steadyNow();
        outcome.status = statusLocked();
    } else {
        if (auto installed = m_services.install(made->keys); !installed) return std::move(installed).error();
        outcome.status = statusLocked();
        m_attempt.reset();
    }
    outcome.isComplete = true;
    outcome.shares = std::move(made->shares);
    return outcome;
}

Result<Rekey::Outcome> Rekey::verify(SecretBytes share, std::string_view nonce)
{
    MutexLock lock{m_mutex};
    if (!m_attempt || !m_attempt->made) return refused("no rekey verification in progress");
    if (auto good = checkNonce(nonce, m_attempt->verificationNonce); !good) return std::move(good).error();
    if (m_attempt->made->set.isShare(share) == false) {
        return wrongShare(m_attempt->verificationShares.size(), m_attempt->counts.threshold);
    }
    if (auto added = add(m_attempt->verificationShares, std::move(share)); !added) return std::move(added).error();
    Outcome outcome;
    outcome.status = statusLocked();
    if (outcome.status.verificationProgress < m_attempt->counts.threshold) return outcome;
    const Shares shares = std::exchange(m_attempt->verificationShares, {});
    const auto opened = m_attempt->made->set.rootKey(shares);
    if (!opened && opened.error().code != ErrorCode::InvalidArgument) return opened.error();
    if (!opened || !(*opened == m_attempt->made->rootKey)) return refused("rekey verification failed; incorrect key shares supplied");
    if (auto installed = m_services.install(*m_attempt->made); !installed) return std::move(installed).error();
    m_attempt.reset();
    outcome.isComplete = true;
    return outcome;
}

Result<Rekey::Status> Rekey::restartVerification(std::string_view nonce)
{
    MutexLock lock{m_mutex};
    if (!m_attempt || !m_attempt->made) return refused("no rekey verification in progress");
    if (!mayCancel(nonce, m_attempt->verificationNonce, m_attempt->verificationStartedAt)) return refused("invalid request");
    m_attempt->verificationShares.clear();
    m_attempt->verificationNonce = m_services.random->uuid();
    m_attempt->verificationStartedAt = m_services.clock->steadyNow();
    return statusLocked();
}

} // namespace core::sys
