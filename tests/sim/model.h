#pragma once

#include "core/log/store.h"
#include "tests/sim/world.h"

#include <deque>
#include <map>
#include <memory>

namespace sim {

/// A hash over the content that links carry. A put or an erase changes it in constant time. It uses nothing of the forest. Equal contents
/// have equal sums.
struct ContentSum {
    using Parts = std::map<std::string, std::uint64_t, std::less<>>;

    std::uint64_t shared = 0;
    std::uint64_t local = 0;
    /// The shared part by mount: row and data of each, by uuid, and the paths filters.
    std::shared_ptr<const Parts> mounts = std::make_shared<const Parts>();
    std::uint64_t filters = 0;

    std::uint64_t mount(std::string_view uuid) const;
    /// The shared part without mounts and filters: every performance link carries it.
    std::uint64_t rest() const;
    /// Whether this is all shared content of `primary`. With a filter in between: each mount completely, or nothing of it.
    bool isOf(const ContentSum& primary, bool isFiltered) const;
};

/// The uuid of the mount that a shared key belongs to, as its row or its data; empty for other keys. A view into `key`.
std::string_view mountUuidOf(std::string_view key);

using Contents = std::map<std::string, std::string, std::less<>>;

/// The content of each log of each cluster at each index.
class Histories {
public:
    void begin(const std::string& logId, LogIndex index, ContentSum sum, Duration at);
    void append(const std::string& logId, LogIndex index, ContentSum sum, Duration at);
    /// Nothing if the log or the place is not known.
    std::optional<ContentSum> at(const std::string& logId, LogIndex index) const;
    /// When the first change after the place was made that an unfiltered link would carry. Nothing: there was none.
    std::optional<Duration> firstBehind(const std::string& logId, LogIndex index, bool isWithLocal) const;
    /// A log that now ends earlier than before.
    void cutBehind(const std::string& logId, LogIndex last);

private:
    struct History {
        LogIndex first;
        std::vector<ContentSum> sums;
        std::vector<Duration> times;
    };
    std::map<std::string, History> m_histories;
};

/// What one cluster must hold, by the answers of its store. Knows nothing of engine, log or forest.
class ClusterModel {
public:
    ClusterModel(World& world, int cluster, Histories& histories) : m_world{world}, m_cluster{cluster}, m_histories{histories} {}

    struct Change {
        bool isReplacement = false;
        Contents kept; // of a replacement: the rows that stay
        std::vector<log::Operation> operations;
    };
    /// A commit was answered with success.
    void committed(const Change& change, LogIndex index, const std::string& logId);
    /// A commit failed, and a crash now could still bring it back.
    void doubtful(Change change);
    /// Writes continue, so the failed commit is not in the log.
    void settled() { m_doubtful.clear(); }

    /// After a restart: the contents must be everything that was answered, plus a first part of what was under way.
    void checkRestarted(const log::Store& store);
    /// The store must show exactly the model.
    void checkEqual(const log::Store& store);

    const Contents& contents() const { return m_contents; }
    ContentSum sum() const { return m_sum; }
    LogIndex index() const { return m_index; }
    /// Grows after each change of mounts or filters.
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
