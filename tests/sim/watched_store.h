#pragma once

#include "core/log/local_store.h"
#include "tests/sim/model.h"

namespace sim {

/// The real store. It reports everything that it answers to the model. Commits are queued and made in an event of their own, so several get
/// into one group.
class WatchedStore final : public log::Store {
public:
    /// `beforeReplacement` is called when the contents are about to be replaced.
    WatchedStore(World& world, ClusterModel& model, log::LocalStore& store, std::function<void()> beforeReplacement);
    ~WatchedStore() override;

    /// Makes the queued commits now.
    void runQueued();

    const storage::Reader& reader() const override { return m_store.reader(); }
    std::unique_ptr<storage::Reader> snapshot() const override { return m_store.snapshot(); }
    LogIndex appliedIndex() const override { return m_store.appliedIndex(); }
    LogIndex lastSharedIndex() const override { return m_store.lastSharedIndex(); }
    LogIndex lastReplicatedIndex() const override { return m_store.lastReplicatedIndex(); }
    void commit(log::Transaction transaction, Executor& executor, Completion done) override;
    Result<LogIndex> commitAndWait(log::Transaction transaction) override;
    void setEpoch(Epoch epoch) override { m_store.setEpoch(epoch); }
    Epoch epoch() const override { return m_store.epoch(); }
    std::string logId() const override { return m_store.logId(); }
    LogIndex oldestIndex() const override { return m_store.oldestIndex(); }
    Result<std::vector<log::SharedRecord>> read(LogIndex from, std::size_t bytesMax) const override { return m_store.read(from, bytesMax); }
    std::unique_ptr<log::Subscription> subscribe(std::function<void(LogIndex)> notify) override { return m_store.subscribe(std::move(notify)); }
    std::unique_ptr<log::Subscription> subscribeToKeys(log::KeySubscribers::Notify notify) override
    {
        return m_store.subscribeToKeys(std::move(notify));
    }
    void setSlot(std::string_view name, LogIndex from) override { m_store.setSlot(name, from); }
    void eraseSlot(std::string_view name) override { m_store.eraseSlot(name); }
    const merkle::Forest& forest() const override { return m_store.forest(); }
    Result<> betweenGroups(const std::function<void()>& look) override { return m_store.betweenGroups(look); }
    Result<> sumUpForest(std::string_view tree) override { return m_store.sumUpForest(tree); }
    Result<std::optional<std::string>> keyOf(std::string_view tree, const merkle::KeyHash& hash) const override { return m_store.keyOf(tree, hash); }
    Result<> replaceContents(const std::function<bool(std::string_view)>& isKept, std::vector<log::Operation> first) override;
    Result<> checkpoint() override { return m_store.checkpoint(); }
    Result<> recover() override { return m_store.recover(); }
    void stop() override { m_store.stop(); }
    Statistics statistics() const override { return m_store.statistics(); }

private:
    /// Runs completions where the commit was made. They are posted on from there.
    class AtOnce final : public Executor {
    public:
        void post(Task task) override { task(); }
    };
    void note(const ClusterModel::Change& change, const Result<LogIndex>& result);
    void runSoon();

    World& m_world;
    ClusterModel& m_model;
    log::LocalStore& m_store;
    std::function<void()> m_beforeReplacement;
    AtOnce m_atOnce;
    bool m_isRunDue = false;
    std::shared_ptr<bool> m_isAlive = std::make_shared<bool>(true);
};

} // namespace sim
