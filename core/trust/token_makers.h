#pragma once

#include "core/barrier/scope.h"
#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "core/log/store.h"

#include <atomic>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace core::trust {

/// The other clusters whose batch tokens count here: the token keys of the present members of this cluster's sets. A secondary sends its
/// key over its link. Its primary sends all keys to all secondaries. A revocation removes the key. Thread-safe.
class TokenMakers {
public:
    enum class SetType : std::uint32_t { Performance = 1, Dr = 2 };
    struct Maker {
        std::string publicKey;
        std::string secondaryId; // from its activation token; empty: the primary
        SetType type = SetType::Performance;
        WallTime countsUntil{}; // of a key that was replaced; zero: in use
        bool operator==(const Maker&) const = default;
    };
    static constexpr std::string_view kKey = "i/core/trust/token-makers";
    static constexpr std::size_t kMakersMax = 1024;

    /// Reads the stored keys, after an unsealing, an activation or a restore. Errors: Corrupt, those of the store.
    Result<> load(log::Store& store, const barrier::Barrier& barrier) CORE_EXCLUDES(m_changeMutex, m_mutex);

    /// Nothing for a key that no longer counts.
    std::optional<Maker> find(std::string_view publicKey, WallTime now) const CORE_EXCLUDES(m_mutex);
    /// The list that a primary sends to its secondaries. `own`: the keys of this cluster.
    std::string toldTo(const std::vector<Maker>& own) const CORE_EXCLUDES(m_mutex);
    /// This cluster's own keys have changed, so the list must be sent again.
    void noteOwnKeys() { ++m_version; }
    /// Grows with each change; begins at 1.
    std::uint64_t version() const { return m_version.load(std::memory_order_acquire); }

    static constexpr std::size_t kFormerMax = 8; // former keys of one secondary

    /// A secondary of this cluster has sent its key. The key that it replaces counts until `formerUntil`, because batch tokens live longer
    /// than their key. Blocking. Errors: those of a commit.
    Result<> put(log::Store& store, const barrier::Barrier& barrier, Maker maker, WallTime now, WallTime formerUntil)
        CORE_EXCLUDES(m_changeMutex, m_mutex);
    /// The primary that this cluster follows has sent its list. Blocking. Errors: Corrupt, those of a commit.
    Result<> replaceTold(log::Store& store, const barrier::Barrier& barrier, std::string_view text) CORE_EXCLUDES(m_changeMutex, m_mutex);
    /// A member was revoked. If its key is also listed without an id, from the time when it was the primary, that ends too. Blocking.
    /// Errors: those of a commit.
    Result<> remove(log::Store& store, const barrier::Barrier& barrier, SetType type, std::string_view secondaryId)
        CORE_EXCLUDES(m_changeMutex, m_mutex);
    /// The token keys that the trust logs have revoked; replaces those of before. They count nowhere, also if a list has them: a list from another cluster
    /// can be older than the logs. Blocking if stored lists have one of them. Errors: those of a commit.
    Result<> refuse(log::Store& store, const barrier::Barrier& barrier, std::set<std::string> publicKeys) CORE_EXCLUDES(m_changeMutex, m_mutex);
    /// Revokes a member that the primary knows only by its keys. Blocking. Errors: those of a commit.
    Result<> removeKey(log::Store& store, const barrier::Barrier& barrier, std::string_view publicKey) CORE_EXCLUDES(m_changeMutex, m_mutex);

    /// This cluster's place in the set of a type.
    enum class Place { Outside, Primary, Secondary };
    /// This cluster's place in a set has changed, or the cluster starts. Keys end with the membership of their owners. `ids` are the
    /// secondaries with a seat here now, of a primary or a relay. Blocking. Errors: those of a commit.
    /// - outside: the keys of its former secondaries end; after a secondary's role also those that its primary sent
    /// - a primary that follows now: its secondaries belong to the new primary, and their keys count until that one sends its list
    /// - else: the keys of secondaries without a seat end
    Result<> follow(log::Store& store, const barrier::Barrier& barrier, SetType type, Place before, Place now, const std::set<std::string>& ids)
        CORE_EXCLUDES(m_changeMutex, m_mutex);

private:
    struct Lists {
        std::vector<Maker> makers, told;
        bool operator==(const Lists&) const = default;
    };
    static Result<Lists> read(const barrier::Scope& scope);
    Result<> change(log::Store& store, const barrier::Barrier& barrier, const std::function<void(Lists&)>& edit)
        CORE_EXCLUDES(m_changeMutex, m_mutex);

    Mutex m_changeMutex;   // held from reading the row to adopting it, so that an older row never replaces a newer one; before m_mutex
    mutable Mutex m_mutex; // leaf lock
    Lists m_lists CORE_GUARDED_BY(m_mutex);
    std::set<std::string, std::less<>> m_refused CORE_GUARDED_BY(m_mutex);
    std::atomic<std::uint64_t> m_version{1};
};

} // namespace core::trust
