#pragma once

#include "core/quota/address_buckets.h"
#include "core/quota/rule_set.h"
#include "core/quota/settings.h"

#include <atomic>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace core::quota {

/// Counts the requests of each client address against the rate limits of this cluster, on this node. Thread-safe.
///
/// Without any rate limit a request costs one atomic read. With one it costs a look-up in an immutable set of rules, which each thread keeps until the rules
/// change, and one in the buckets of the address.
class RateLimits {
public:
    /// `seed` is random, and different in each process.
    explicit RateLimits(std::uint64_t seed) : m_buckets{seed} {}

    /// Replaces the rules. What did not change keeps its buckets.
    void set(std::vector<Rule> rules, Settings settings) CORE_EXCLUDES(m_mutex);

    struct Asked {
        std::string_view path;         // "secret/data/app"
        std::string_view mountPath;    // "secret/"; empty: no mount
        std::string_view relativePath; // "data/app"
        std::string_view role;         // of a login, if needsRole()
        std::string_view address;
    };
    struct Verdict {
        bool isRefused = false;
        bool isAudited = false; // the refusal goes to the audit devices
        std::vector<std::pair<std::string, std::string>> headers;
    };
    bool isEmpty() const { return m_isEmpty.load(std::memory_order_acquire); }
    bool needsRole(std::string_view mountPath) const CORE_EXCLUDES(m_mutex);
    /// Counts the request.
    Verdict count(const Asked& asked, SteadyTime now) CORE_EXCLUDES(m_mutex);

    /// Call it about once a minute.
    void tick(SteadyTime now) { m_buckets.forgetIdle(now, std::chrono::minutes{3}); }
    /// How many requests each rule has refused, by its name.
    std::vector<std::pair<std::string, std::uint64_t>> refusals() const CORE_EXCLUDES(m_mutex);

private:
    struct Counted {
        Limit limit;
        std::atomic<std::uint64_t> refusals{0};
    };
    /// The rules of one moment.
    struct Rules {
        Rules(std::vector<Rule> rules, Settings itsSettings) : set{std::move(rules)}, settings{std::move(itsSettings)} {}
        const RuleSet set;
        const Settings settings;
        std::vector<std::shared_ptr<Counted>> counted; // one for each rule
    };
    /// Null before the first set(). Valid until this thread calls it again.
    const Rules* rules() const CORE_EXCLUDES(m_mutex);

    AddressBuckets m_buckets;
    std::atomic<bool> m_isEmpty{true};
    std::atomic<std::uint64_t> m_version{0};
    mutable Mutex m_mutex; // leaf lock
    std::shared_ptr<const Rules> m_rules CORE_GUARDED_BY(m_mutex);
    std::uint64_t m_nextId CORE_GUARDED_BY(m_mutex) = 1;
};

} // namespace core::quota
