#pragma once

#include "core/base/mutex.h"
#include "core/log/store.h"
#include "core/mount/router.h"
#include "core/quota/rule_set.h"

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

namespace core::quota {

/// The role in the metadata of a login's token; empty: none.
std::string roleOf(const std::map<std::string, std::string>& metadata);

/// The error of a request that would make a lease or a token above the limit. Its status is 429.
std::string leaseLimitText(std::string_view path);

/// How many leases of this cluster each lease-count quota has. In memory, because each cluster counts its own.
///
/// A lease is counted by its row in the lease index (core/lease). Each change of a row is looked at after its commit, under the lock of its shard: the row
/// is there, so it is counted, or it is not, so it is no longer counted. So it does not matter in which order two changes of one row arrive. The rows
/// that are older than the rules are visited by tick(). Without any such quota a commit costs one atomic read. Thread-safe.
class LeaseCounts {
public:
    /// What a lease is, for the quotas.
    struct Lease {
        bool isCounted = true; // a root token is not
        std::string role;      // of the login that made it
    };
    struct Services {
        const log::Store& store;
        const mount::Router& router;
        std::function<Lease(std::string_view leaseId)> leaseOf;
    };
    explicit LeaseCounts(Services services) : m_services{std::move(services)} {}

    /// Replaces the rules, and begins to count again if they have changed.
    void set(std::vector<Rule> rules) CORE_EXCLUDES(m_mutex);
    bool isEmpty() const { return m_isEmpty.load(std::memory_order_acquire); }
    /// Call it with each key that a commit here or from the primary has changed.
    void changed(std::string_view physicalKey) CORE_EXCLUDES(m_mutex);
    /// Visits the next rows, at most `limit`, if counting has begun again.
    void visitRows(std::size_t limit) CORE_EXCLUDES(m_visitMutex, m_mutex);

    /// True if the path must get no new lease or token. Requests that run at the same time can exceed the limit by their number.
    bool isFull(std::string_view path, std::string_view role) const CORE_EXCLUDES(m_mutex);
    /// The number of leases of each rule, by its name.
    std::vector<std::pair<std::string, std::uint64_t>> counts() const CORE_EXCLUDES(m_mutex);
    /// Null: there is no such rule.
    std::optional<std::uint64_t> countOf(std::string_view ruleName) const CORE_EXCLUDES(m_mutex);

private:
    static constexpr std::size_t kShardCount = 16;
    struct Shard {
        Mutex mutex;                                                                  // only the store is read while it is held
        std::unordered_map<std::uint64_t, std::size_t> ruleOf CORE_GUARDED_BY(mutex); // by the hash of the lease's id
    };
    /// Counting with the rules of one moment.
    struct Counting {
        explicit Counting(std::vector<Rule> rules) : set{std::move(rules)}, counts(set.all().size()) {}
        const RuleSet set;
        std::vector<std::atomic<std::int64_t>> counts; // one for each rule
        std::array<Shard, kShardCount> shards;
        std::string visitedUpTo; // physical key; used below m_visitMutex
        std::atomic<bool> isComplete{false};
    };
    std::shared_ptr<Counting> counting() const CORE_EXCLUDES(m_mutex);
    const Rule* ruleOf(const Counting& counting, std::string_view path, std::string_view role) const;
    void count(Counting& counting, std::string_view physicalKey) const;

    const Services m_services;
    std::atomic<bool> m_isEmpty{true};
    Mutex m_visitMutex;                                            // one visit at a time; taken before m_mutex and the locks of the shards
    mutable Mutex m_mutex;                                         // leaf lock
    std::shared_ptr<Counting> m_counting CORE_GUARDED_BY(m_mutex); // null: there are no rules
};

} // namespace core::quota
