#pragma once

#include "core/barrier/share_set.h"
#include "core/base/mutex.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace core::sys {

/// Replaces the operators' key shares, authorised by a quorum of the present ones (spec: system-api.md §6). The root key stays.
///
/// Where verification is asked for, the present shares stay good until a quorum of the new ones has been handed back. The
/// attempt lives in memory: a restart or a seal forgets it. Thread-safe; provide() and verify() block (disk).
class Rekey {
public:
    using Shares = std::vector<SecretBytes>;

    struct Services {
        Random* random = nullptr;
        /// How many shares are needed now.
        std::function<int()> threshold;
        /// Errors: InvalidArgument when the shares do not make the present key.
        std::function<Result<>(const Shares&)> verify;
        std::function<Result<barrier::ShareSet::Made>(const barrier::ShareCounts&)> make;
        /// Whether these shares open the root key of now through this set. Errors: InvalidArgument.
        std::function<Result<>(const barrier::ShareSet&, const Shares&)> verifyNew;
        std::function<Result<>(const barrier::ShareSet&)> install;
    };
    explicit Rekey(Services services);
    ~Rekey();

    struct Status {
        bool isStarted = false;
        std::string nonce;
        barrier::ShareCounts counts; // wanted
        int progress = 0;
        int required = 0;
        bool needsVerification = false;
        std::string verificationNonce; // while the new shares are being verified
        int verificationProgress = 0;
    };
    struct Outcome {
        Status status;
        bool isComplete = false;
        Shares shares; // once, when complete
    };

    Status status() const CORE_EXCLUDES(m_mutex);
    /// Errors (InvalidArgument): an attempt is running, counts; the detail is the API's text.
    Result<Status> start(const barrier::ShareCounts& counts, bool needsVerification) CORE_EXCLUDES(m_mutex);
    void cancel() CORE_EXCLUDES(m_mutex);
    /// A present share. `kind` is the API's word for the shares: barrier or recovery. Errors: InvalidArgument, those of install.
    Result<Outcome> provide(SecretBytes share, std::string_view nonce, std::string_view kind) CORE_EXCLUDES(m_mutex);
    /// A new share. Errors: InvalidArgument, those of install.
    Result<Outcome> verify(SecretBytes share, std::string_view nonce) CORE_EXCLUDES(m_mutex);
    /// Forgets the new shares handed back so far. Errors: InvalidArgument (nothing to verify).
    Result<Status> restartVerification() CORE_EXCLUDES(m_mutex);

private:
    struct Attempt;
    Status statusLocked() const CORE_REQUIRES(m_mutex);

    const Services m_services;
    mutable Mutex m_mutex; // held while shares are made: attempts are rare
    std::unique_ptr<Attempt> m_attempt CORE_GUARDED_BY(m_mutex);
};

} // namespace core::sys
