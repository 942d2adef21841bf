#pragma once

#include "core/barrier/seal.h"
#include "core/base/clock.h"
#include "core/base/mutex.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace core::sys {

/// Replaces the root key and the operators' key shares, authorised by a quorum of the present ones (spec: system-api.md §6).
///
/// With verification, the present shares stay valid until a quorum of the new ones was given back. The
/// attempt is in memory, so a restart or a seal ends it. Thread-safe. provide() and verify() block (disk).
///
/// Cancelling an attempt within kCancelNonceTime of its start needs its nonce, as in Vault from 1.17.18 on. The same is true for
/// its verification. So a stranger cannot end the attempt of the key holders, and a forgotten attempt can still be ended.
class Rekey {
public:
    using Shares = std::vector<SecretBytes>;

    static constexpr std::chrono::minutes kCancelNonceTime{10};

    struct Services {
        Random* random = nullptr;
        const Clock* clock = nullptr;
        /// The number of shares that are needed now.
        std::function<int()> threshold;
        /// Errors: InvalidArgument if the shares do not make the present key.
        std::function<Result<>(const Shares&)> verify;
        /// True if it is one of the present shares. Empty: unknown before there is a quorum.
        std::function<std::optional<bool>(const SecretBytes&)> isShare;
        std::function<Result<barrier::Seal::Rekeyed>(const barrier::ShareCounts&)> make;
        std::function<Result<>(const barrier::NewKeys&)> install;
    };
    explicit Rekey(Services services);
    ~Rekey();

    struct Status {
        bool isStarted = false;
        std::string nonce;
        barrier::ShareCounts counts; // requested
        int progress = 0;
        int required = 0;
        bool needsVerification = false;
        std::string verificationNonce; // while the new shares are being verified
        int verificationProgress = 0;
    };
    struct Outcome {
        Status status;
        bool isComplete = false;
        Shares shares; // only in the answer that completes the attempt
    };

    Status status() const CORE_EXCLUDES(m_mutex);
    /// Errors (InvalidArgument): an attempt is running, counts; the detail is the API's text.
    Result<Status> start(const barrier::ShareCounts& counts, bool needsVerification) CORE_EXCLUDES(m_mutex);
    /// Ends the attempt, if there is one. Errors: InvalidArgument (the nonce is needed and was not given).
    Result<> cancel(std::string_view nonce) CORE_EXCLUDES(m_mutex);
    /// Ends it without a nonce, because the node is being sealed.
    void forget() CORE_EXCLUDES(m_mutex);
    /// Gives one present share. `kind` is the API's word for the shares: barrier or recovery. Errors: InvalidArgument, those of install.
    Result<Outcome> provide(SecretBytes share, std::string_view nonce, std::string_view kind) CORE_EXCLUDES(m_mutex);
    /// Gives back one new share. Errors: InvalidArgument, those of install.
    Result<Outcome> verify(SecretBytes share, std::string_view nonce) CORE_EXCLUDES(m_mutex);
    /// Forgets the new shares that were given back so far. Errors: InvalidArgument (nothing to verify, or the nonce is needed and was not given).
    Result<Status> restartVerification(std::string_view nonce) CORE_EXCLUDES(m_mutex);

private:
    struct Attempt;
    Status statusLocked() const CORE_REQUIRES(m_mutex);
    bool mayCancel(std::string_view given, const std::string& nonce, SteadyTime since) const;

    const Services m_services;
    mutable Mutex m_mutex; // held while shares are made; that is fine because attempts are rare
    std::unique_ptr<Attempt> m_attempt CORE_GUARDED_BY(m_mutex);
};

} // namespace core::sys
