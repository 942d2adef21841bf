#include "tests/sim/watched_store.h"

namespace sim {

WatchedStore::WatchedStore(World& world, ClusterModel& model, log::LocalStore& store, std::function<void()> beforeReplacement)
    : m_world{world}
    , m_model{model}
    , m_store{store}
    , m_beforeReplacement{std::move(beforeReplacement)}
{}

WatchedStore::~WatchedStore()
{
    *m_isAlive = false;
}

void WatchedStore::note(const ClusterModel::Change& change, const Result<LogIndex>& result)
{
    if (result) return m_model.committed(change, *result, m_store.logId());
    switch (result.error().code) {
    case ErrorCode::Conflict:
    case ErrorCode::InvalidArgument:
    case ErrorCode::TooLarge: return; // it never reached the disk
    default: m_model.doubtful(change);
    }
}

void WatchedStore::runQueued()
{
    m_store.runQueued();
}

void WatchedStore::runSoon()
{
    if (std::exchange(m_isRunDue, true)) return;
    m_world.after(m_world.between(Duration{0}, std::chrono::microseconds{1500}), [this, alive = m_isAlive] {
        if (!*alive) return;
        m_isRunDue = false;
        m_store.runQueued();
    });
}

void WatchedStore::commit(log::Transaction transaction, Executor& executor, Completion done)
{
    ClusterModel::Change change;
    change.operations = transaction.encoded().toOperations();
    for (const auto& [key, operation] : transaction.writes()) change.operations.push_back(operation);
    m_store.commit(std::move(transaction), m_atOnce, [this, change = std::move(change), &executor, done = std::move(done)](Result<LogIndex> result) {
        note(change, result);
        executor.post([done, result = std::move(result)] { done(result); });
    });
    runSoon();
}

Result<LogIndex> WatchedStore::commitAndWait(log::Transaction transaction)
{
    std::optional<Result<LogIndex>> outcome;
    commit(std::move(transaction), m_atOnce, [&outcome](Result<LogIndex> result) { outcome = std::move(result); });
    m_store.runQueued();
    return std::move(*outcome);
}

Result<> WatchedStore::replaceContents(const std::function<bool(std::string_view)>& isKept, std::vector<log::Operation> first)
{
    m_beforeReplacement();
    m_store.runQueued();
    ClusterModel::Change change;
    change.isReplacement = true;
    for (const auto& [key, value] : m_model.contents()) {
        if (key.starts_with("i/") && isKept(key)) change.kept.emplace(key, value);
    }
    change.operations = first;
    auto replaced = m_store.replaceContents(isKept, std::move(first));
    note(change, replaced ? Result<LogIndex>{m_store.appliedIndex()} : Result<LogIndex>{replaced.error()});
    return replaced;
}

} // namespace sim
