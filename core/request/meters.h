#pragma once

#include "core/base/meter.h"
#include "core/base/mutex.h"
#include "core/policy/operation.h"

#include <array>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <tuple>

namespace core::request {

/// What the pipeline measures, for the metrics of this node. Thread-safe; the mutexes are leaf locks.
class Meters {
public:
    Meter requests;     // from their arrival to their answer
    Meter logins;       // those of them that made a token without one
    Meter tokenLookups; // of the requests' tokens
    Meter policyLoads;  // the policies of a request, mostly from the cache

    /// A backend has handled a request.
    void addRoute(std::string_view mountPath, policy::Operation operation, std::chrono::nanoseconds time);
    using RouteVisit = std::function<void(const std::string& mountPath, policy::Operation, const Meter::Sum&)>;
    void visitRoutes(const RouteVisit& visit) const;

    /// A token was made.
    struct TokenKind {
        std::string method;    // type of the auth method: "userpass"
        std::string mountPath; // "auth/userpass/"
        std::string tokenType; // "service", "batch"
        std::string ttl;       // see ttlLabel()
        auto operator<=>(const TokenKind&) const = default;
    };
    void addToken(const TokenKind& kind) CORE_EXCLUDES(m_tokenMutex);
    std::map<TokenKind, std::uint64_t> tokens() const CORE_EXCLUDES(m_tokenMutex);
    /// The class of lifetimes, as dashboards know them: "1m", "10m", … "30d", "+Inf".
    static std::string ttlLabel(std::chrono::seconds ttl);

private:
    static constexpr std::size_t kShardCount = 16;
    static constexpr std::size_t kMountsMax = 4096; // per shard; mounts that are gone stay until the next seal
    static constexpr std::size_t kOperationCount = 12;
    struct alignas(64) Shard {
        mutable Mutex mutex;
        std::map<std::string, std::array<Meter::Sum, kOperationCount>, std::less<>> byMount CORE_GUARDED_BY(mutex);
    };

    std::array<Shard, kShardCount> m_shards; // each thread uses one of them
    mutable Mutex m_tokenMutex;
    std::map<TokenKind, std::uint64_t> m_tokens CORE_GUARDED_BY(m_tokenMutex);
};

} // namespace core::request
