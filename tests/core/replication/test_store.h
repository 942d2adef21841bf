#pragma once

#include "core/crypto/hmac.h"
#include "core/log/store.h"
#include "core/replication/wire/link.h"

#include <map>

namespace testing {

using namespace core;

class TestHasher final : public replication::LeafHasher {
public:
    merkle::KeyHash keyHash(std::string_view key) const override { return m_key.shortMac(key); }
    merkle::LeafDigest leafDigest(const merkle::KeyHash& hash, std::string_view value) const override
    {
        return m_key.shortMac({crypto::viewOf(hash), value});
    }

    bool isAuthentic(std::string_view, std::string_view value) const override { return !value.ends_with(kDamaged); }
    static constexpr std::string_view kDamaged = " (damaged)"; // the value of a key whose authentication tag does not fit

private:
    crypto::HmacKey m_key{std::string_view{"forest key of a test"}};
};

/// A store in memory that commits at once on the calling thread. It has all that links need, without threads, so a seed decides everything.
/// It survives "crashes" of its links and can cut its log short. Not thread-safe.
class TestStore final : public log::Store, public storage::Reader {
public:
    explicit TestStore(std::string logId) : m_logId{std::move(logId)} {}

    log::Operation put(const std::string& key, const std::string& value) const
    {
        log::Operation operation{log::OperationKind::Put, key, value, m_hasher.keyHash(key), {}};
        operation.leafDigest = m_hasher.leafDigest(operation.keyHash, value);
        return operation;
    }
    log::Operation erase(const std::string& key) const { return {log::OperationKind::Delete, key, {}, m_hasher.keyHash(key), {}}; }
    LogIndex write(std::vector<log::Operation> operations)
    {
        m_applied = m_applied.next();
        std::vector<merkle::Forest::Change> changes;
        for (const auto& operation : operations) {
            const bool isPut = operation.kind == log::OperationKind::Put;
            if (isPut) m_values[operation.key] = operation.value;
            else m_values.erase(operation.key);
            const auto tree = merkle::treeOf(operation.key);
            if (tree.empty()) continue;
            if (isPut) m_keys[std::string{tree}][operation.keyHash] = operation.key;
            else m_keys[std::string{tree}].erase(operation.keyHash);
            changes.push_back({tree, operation.keyHash, isPut ? std::optional{operation.leafDigest} : std::nullopt});
            m_lastReplicated = m_applied;
            if (operation.key.starts_with("s/")) m_lastShared = m_applied;
        }
        m_forest.apply(changes, m_applied);
        m_records.push_back(std::make_shared<const std::string>(log::encodeRecord({m_applied, Epoch{1}, std::move(operations)})));
        return m_applied;
    }
    LogIndex write(const log::EncodedOperations& operations) { return write(operations.toOperations()); }
    void forgetRecordsBefore(LogIndex index)
    {
        auto end = m_records.begin();
        for (; m_first < index && end != m_records.end(); m_first = m_first.next()) ++end;
        m_records.erase(m_records.begin(), end); // all at once; one by one, each would move all that follow
    }
    const std::map<std::string, std::string>& values() const { return m_values; }
    /// Changes a stored value without the store noticing.
    void spoil(const std::string& key, std::optional<std::string> value)
    {
        if (value) m_values[key] = *value;
        else m_values.erase(key);
    }

    // storage::Reader
    Result<std::optional<std::string>> get(std::string_view key) const override
    {
        const auto found = m_values.find(std::string{key});
        return found == m_values.end() ? std::optional<std::string>{} : found->second;
    }
    Result<> scan(std::string_view from, std::string_view to, const storage::Visitor& visit) const override
    {
        for (auto it = m_values.lower_bound(std::string{from}); it != m_values.end(); ++it) {
            if ((!to.empty() && it->first >= to) || !visit(it->first, it->second)) break;
        }
        return {};
    }

    // log::Store
    std::unique_ptr<storage::Reader> snapshot() const override
    {
        auto copy = std::make_unique<TestStore>(m_logId);
        copy->m_values = m_values;
        return copy;
    }
    const storage::Reader& reader() const override { return *this; }
    LogIndex appliedIndex() const override { return m_applied; }
    LogIndex lastSharedIndex() const override { return m_lastShared; }
    LogIndex lastReplicatedIndex() const override { return m_lastReplicated; }
    void commit(log::Transaction transaction, Executor& executor, Completion done) override
    {
        auto result = commitAndWait(std::move(transaction));
        executor.post([done = std::move(done), result = std::move(result)] { done(result); });
    }
    Result<LogIndex> commitAndWait(log::Transaction transaction) override
    {
        for (const auto& [key, operation] : transaction.writes()) transaction.append(encodedOf(operation));
        const auto operations = std::move(transaction).takeEncoded();
        const auto index = write(operations);
        m_keySubscribers->publish(operations);
        return index;
    }
    void setEpoch(Epoch epoch) override { m_epoch = epoch; }
    Epoch epoch() const override { return m_epoch; }
    std::string logId() const override { return m_logId; }
    LogIndex oldestIndex() const override { return m_first; }
    Result<std::vector<log::SharedRecord>> read(LogIndex from, std::size_t bytesMax) const override
    {
        if (from < m_first) return Error{ErrorCode::NotFound, "older than the log"};
        std::vector<log::SharedRecord> records;
        std::size_t bytes = 0;
        for (auto at = from.value() - m_first.value(); at < m_records.size() && bytes < bytesMax; ++at) {
            records.push_back({m_records[at], *m_records[at]});
            bytes += m_records[at]->size();
        }
        return records;
    }
    std::unique_ptr<log::Subscription> subscribe(std::function<void(LogIndex)>) override { return nullptr; }
    std::unique_ptr<log::Subscription> subscribeToKeys(log::KeySubscribers::Notify notify) override
    {
        return m_keySubscribers->add(std::move(notify));
    }
    void setSlot(std::string_view name, LogIndex from) override { m_slots[std::string{name}] = from; }
    void eraseSlot(std::string_view name) override { m_slots.erase(std::string{name}); }
    const merkle::Forest& forest() const override { return m_forest; }
    Result<> sumUpForest(std::string_view tree) override
    {
        m_forest.sumUp(tree);
        return {};
    }
    Result<> betweenGroups(const std::function<void()>& look) override
    {
        look();
        return {};
    }
    Result<std::optional<std::string>> keyOf(std::string_view tree, const merkle::KeyHash& hash) const override
    {
        const auto keys = m_keys.find(std::string{tree});
        if (keys == m_keys.end()) return std::optional<std::string>{};
        const auto found = keys->second.find(hash);
        return found == keys->second.end() ? std::optional<std::string>{} : found->second;
    }
    Result<> replaceContents(const std::function<bool(std::string_view)>& isKept, std::vector<log::Operation> first) override
    {
        std::erase_if(m_values, [&](const auto& entry) { return !entry.first.starts_with("i/") || !isKept(entry.first); });
        m_keys.clear();
        m_forest.clear(m_applied);
        m_logId += "'";
        write(std::move(first));
        return {};
    }
    Result<> checkpoint() override { return {}; }
    Result<> recover() override { return {}; }
    void stop() override {}
    Statistics statistics() const override { return {}; }
    const std::map<std::string, LogIndex>& heldSlots() const { return m_slots; }

private:
    static log::EncodedOperations encodedOf(const log::Operation& operation)
    {
        log::EncodedOperations one;
        one.append(log::OperationView::of(operation));
        return one;
    }

    const std::shared_ptr<log::KeySubscribers> m_keySubscribers = std::make_shared<log::KeySubscribers>();
    TestHasher m_hasher;
    std::string m_logId;
    Epoch m_epoch{1};
    std::map<std::string, std::string> m_values;
    std::map<std::string, std::map<merkle::KeyHash, std::string>> m_keys;
    merkle::Forest m_forest;
    std::vector<std::shared_ptr<const std::string>> m_records;
    LogIndex m_first{1};
    LogIndex m_applied, m_lastShared, m_lastReplicated;
    std::map<std::string, LogIndex> m_slots;
};

} // namespace testing
