#pragma once

#include "core/base/mutex.h"
#include "core/base/random.h"
#include "core/base/result.h"
#include "core/base/secret_bytes.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace core::sys {

/// Makes a root token or a DR operation token from a quorum of key shares (spec: system-api.md §5, replication-api.md §4).
///
/// Both kinds share one attempt. The token leaves the server only XORed with the one-time password. The attempt is in memory, so a restart
/// or a seal ends it. Thread-safe.
class RootGeneration {
public:
    enum class Kind { RootToken, DrOperationToken };

    struct Services {
        Random* random = nullptr;
        std::function<int()> threshold;
        /// Errors: InvalidArgument if the shares do not make the key.
        std::function<Result<>(const std::vector<SecretBytes>& shares)> verify;
        /// True if it is one of the present shares. Empty: unknown before there is a quorum.
        std::function<std::optional<bool>(const SecretBytes& share)> isShare = {};
        /// Makes and stores the token; blocking.
        std::function<Result<std::string>(Kind)> makeToken;
    };

    struct Status {
        bool isStarted = false;
        bool isComplete = false;
        std::string nonce;
        int progress = 0;
        int required = 0;
        std::string encodedToken;
        std::string otp; // only in the answer to start() that made it
        std::size_t otpLength = 0;
    };

    explicit RootGeneration(Services services) : m_services{std::move(services)} {}

    Status status(Kind kind) const CORE_EXCLUDES(m_mutex);
    /// `otp` empty: one is made. Errors (InvalidArgument): an attempt is running, the password's length is wrong.
    Result<Status> start(Kind kind, std::string otp) CORE_EXCLUDES(m_mutex);
    /// Ends the attempt; false: there was none.
    bool cancel() CORE_EXCLUDES(m_mutex);
    /// `share` decoded. Errors (InvalidArgument), with the API's text in the detail.
    Result<Status> provide(Kind kind, SecretBytes share, std::string_view nonce) CORE_EXCLUDES(m_mutex);

private:
    Status statusLocked(Kind kind) const CORE_REQUIRES(m_mutex);
    void clear() CORE_REQUIRES(m_mutex);

    const Services m_services;
    mutable Mutex m_mutex; // held while a token is made; that is fine because attempts are rare
    bool m_isStarted CORE_GUARDED_BY(m_mutex) = false;
    Kind m_kind CORE_GUARDED_BY(m_mutex) = Kind::RootToken;
    std::string m_nonce CORE_GUARDED_BY(m_mutex);
    std::string m_otp CORE_GUARDED_BY(m_mutex);
    std::vector<SecretBytes> m_shares CORE_GUARDED_BY(m_mutex);
};

/// "hvs." and 24 characters.
inline constexpr std::size_t kOtpLength = 28;

} // namespace core::sys
