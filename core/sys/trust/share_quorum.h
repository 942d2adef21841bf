#pragma once

#include "core/base/mutex.h"
#include "core/base/random.h"
#include "core/base/result.h"
#include "core/base/secret_bytes.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace core::sys {

/// Collects key shares for one decision, one after another (as generate-root does). The attempt is in memory, so a restart or a seal
/// ends it. Thread-safe.
class ShareQuorum {
public:
    struct Services {
        Random* random = nullptr;
        std::function<int()> threshold;
        /// Errors: InvalidArgument if the shares do not make the key.
        std::function<Result<>(const std::vector<SecretBytes>& shares)> verify;
    };
    struct Status {
        bool isStarted = false;
        bool isComplete = false;
        std::string nonce; // of a running attempt
        int progress = 0;
        int required = 0;
    };

    explicit ShareQuorum(Services services) : m_services{std::move(services)} {}

    Status status() const CORE_EXCLUDES(m_mutex);
    /// Errors: InvalidArgument (an attempt is running).
    Result<Status> start() CORE_EXCLUDES(m_mutex);
    void cancel() CORE_EXCLUDES(m_mutex);
    /// The status is complete only once; then the attempt is over. Errors: InvalidArgument, with the API's text in the detail.
    Result<Status> provide(SecretBytes share, std::string_view nonce) CORE_EXCLUDES(m_mutex);

private:
    Status statusLocked() const CORE_REQUIRES(m_mutex);

    const Services m_services;
    mutable Mutex m_mutex;                        // held while shares are verified; that is fine because attempts are rare
    std::string m_nonce CORE_GUARDED_BY(m_mutex); // empty: no attempt
    std::vector<SecretBytes> m_shares CORE_GUARDED_BY(m_mutex);
};

} // namespace core::sys
