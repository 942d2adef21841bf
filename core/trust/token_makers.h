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

/// Whose batch tokens count here besides this cluster's own: the token keys of the present members of the sets that it is in.
/// A secondary tells its key over its link; its primary tells all keys to all. A revocation removes the key. Thread-safe.
class TokenMakers {
public:
    enum class SetType : std::uint32_t { Performance = 1, Dr = 2 };
    struct Maker {
        std::string publicKey;
        std::string secondaryId; // as in its activation token; empty: the primary
        SetType type = SetType::Performance;
        WallTime countsUntil{}; // of a key that was replaced; zero: it is in use
        bool operator==(const Maker&) const = default;
    };
    static constexpr std::string_view kKey = "i/core/trust/token-makers";
    static constexpr std::size_t kMakersMax = 1024;

    /// Reads what is stored; after an unsealing, an activation, a restore. Errors: Corrupt, those of the store.
    Result<> load(log::Store& store, const barrier::Barrier& barrier) CORE_EXCLUDES(m_mutex);

    /// Nothing for a key that counts no more.
    std::optional<Maker> find(std::string_view publicKey, WallTime now) const CORE_EXCLUDES(m_mutex);
    /// What a primary tells its secondaries; `own` are the keys of this cluster.
    std::string toldTo(const std::vector<Maker>& own) const CORE_EXCLUDES(m_mutex);
    /// This cluster's own keys are others now: they are told again.
    void noteOwnKeys() { ++m_version; }
    /// Changes with each change, from 1 on.
    std::uint64_t version() const { return m_version.load(std::memory_order_acquire); }

    static constexpr std::size_t kFormerMax = 8; // keys of one secondary that were replaced

    /// A secondary of this cluster told its key. The one that it replaces counts until `formerUntil`, because batch tokens outlive it.
    /// Blocking. Errors: those of a commit.
    Result<> put(log::Store& store, const barrier::Barrier& barrier, Maker maker, WallTime now, WallTime formerUntil) CORE_EXCLUDES(m_mutex);
    /// The primary that this cluster follows told what there is. Blocking. Errors: Corrupt, those of a commit.
    Result<> replaceTold(log::Store& store, const barrier::Barrier& barrier, std::string_view text) CORE_EXCLUDES(m_mutex);
    /// A member was revoked. Its key may also be listed without an id, from the time when it was the primary: then that ends too.
    /// Blocking. Errors: those of a commit.
    Result<> remove(log::Store& store, const barrier::Barrier& barrier, SetType type, std::string_view secondaryId) CORE_EXCLUDES(m_mutex);
    /// A member was revoked that the primary knows by its keys only. Blocking. Errors: those of a commit.
    Result<> removeKey(log::Store& store, const barrier::Barrier& barrier, std::string_view publicKey) CORE_EXCLUDES(m_mutex);

    /// What this cluster is in the set of a type.
    enum class Place { Outside, Primary, Secondary };
    /// The cluster's place in a set has changed, or it starts: keys of members end with their membership. `ids` are those that have a
    /// seat here now, as secondaries of a primary or of a relay. Blocking. Errors: those of a commit.
    /// - outside: the keys of its former secondaries end; of a former secondary also those that its primary told
    /// - a primary that follows now: its secondaries are secondaries of the new primary; their keys count until that one tells its list
    /// - else: the keys of those without a seat end
    Result<> follow(log::Store& store, const barrier::Barrier& barrier, SetType type, Place before, Place now, const std::set<std::string>& ids)
        CORE_EXCLUDES(m_mutex);

private:
    struct Lists {
        std::vector<Maker> makers, told;
        bool operator==(const Lists&) const = default;
    };
    static Result<Lists> read(const barrier::Scope& scope);
    Result<> change(log::Store& store, const barrier::Barrier& barrier, const std::function<void(Lists&)>& edit) CORE_EXCLUDES(m_mutex);

    mutable Mutex m_mutex; // leaf lock
    Lists m_lists CORE_GUARDED_BY(m_mutex);
    std::atomic<std::uint64_t> m_version{1};
};

} // namespace core::trust
