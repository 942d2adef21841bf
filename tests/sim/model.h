#pragma once

#include "core/log/store.h"
#include "tests/sim/world.h"

#include <deque>
#include <map>
#include <memory>

namespace sim {

/// A hash over what links carry, changed by a put or an erase in constant time, of this module's own making (nothing of the
/// forest is in it): equal contents have equal sums.
struct ContentSum {
    using Parts = std::map<std::string, std::uint64_t, std::less<>>;

    std::uint64_t shared = 0;
    std::uint64_t local = 0;
    /// Of the shared part: each mount's (its row and its data), by uuid, and that of the paths filters.
    std::shared_ptr<const Parts> mounts = std::make_shared<const Parts>();
    std::uint64_t filters = 0;

    std::uint64_t mount(std::string_view uuid) const;
    /// Of the shared part what is in no mount and is no filter: what every performance link carries.
    std::uint64_t rest() const;
    /// Whether this is all that is shared in `primary`, or with a filter between: each mount wholly, or nothing of it.
    bool isOf(const ContentSum& primary, bool isFiltered) const;
};

/// The uuid of the mount that a shared key is the row or the data of; empty for other keys. A view into `key`.
std::string_view mountUuidOf(std::string_view key);

using Contents = std::map<std::string, std::string, std::less<>>;

/// What each log of each cluster has held at each index.
class Histories {
public:
    void begin(const std::string& logId, LogIndex index, ContentSum sum, Duration at);
    void append(const std::string& logId, LogIndex index, ContentSum sum, Duration at);
    /// Nothing when the log or the place in it is unknown.
    std::optional<ContentSum> at(const std::string& logId, LogIndex index) const;
    /// When the first change behind the place was made that a link of everything would carry; nothing: there was none.
    std::optional<Duration> firstBehind(const std::string& logId, LogIndex index, bool isWithLocal) const;
    /// A log that ends before what it once held.
    void cutBehind(const std::string& logId, LogIndex last);

private:
    struct History {
        LogIndex first;
        std::vector<ContentSum> sums;
        std::vector<Duration> times;
    };
    std::map<std::string, History> m_histories;
};

/// What one cluster must hold, by what its store has answered; knows nothing of engine, log or forest.
class ClusterModel {
public:
    ClusterModel(World& world, int cluster, Histories& histories) : m_world{world}, m_cluster{cluster}, m_histories{histories} {}

    struct Change {
        bool isReplacement = false;
        Contents kept; // of a replacement: what stays
        std::vector<log::Operation> operations;
    };
    /// A commit was answered.
    void committed(const Change& change, LogIndex index, const std::string& logId);
    /// A commit failed in a way that leaves open whether a crash right now brings it back.
    void doubtful(Change change);
    /// Writes go on: what failed before is not in the log.
    void settled() { m_doubtful.clear(); }

    /// After a restart: the contents must be what was answered, and of what was under way the beginning.
    void checkRestarted(const log::Store& store);
    /// The store shows exactly the model.
    void checkEqual(const log::Store& store);

    const Contents& contents() const { return m_contents; }
    ContentSum sum() const { return m_sum; }
    LogIndex index() const { return m_index; }
    /// Another number after mounts or filters were changed.
    std::uint64_t tableVersion() const { return m_tableVersion; }
    const std::string& logId() const { return m_logId; }

private:
    void apply(const Change& change);
    void put(const std::string& key, const std::string& value);
    void erase(const std::string& key);
    void flip(const std::string& key, const std::string& value);
    static Contents read(const log::Store& store);
    std::string difference(const Contents& found) const;

    World& m_world;
    const int m_cluster;
    Histories& m_histories;
    Contents m_contents;
    ContentSum m_sum;
    std::uint64_t m_tableVersion = 1;
    LogIndex m_index;
    std::string m_logId;
    std::vector<Change> m_doubtful;
};

} // namespace sim
