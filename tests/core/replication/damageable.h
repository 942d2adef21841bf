#pragma once

#include "core/replication/forest/forest_comparison.h"
#include "core/storage/memory_engine.h"
#include "tests/core/log/faulty_disk.h"
#include "tests/core/replication/link_world.h"

namespace testing_forest {

using namespace core;
using namespace core::replication;
using testing::TestHasher;
using testing_log::FaultyFileSystem;

inline constexpr const char* kMount = "s/logical/11111111-2222-3333-4444-555555555555";

/// A store of this process on an engine that the test can change directly.
class Damageable {
public:
    Damageable()
    {
        auto owned = std::make_unique<storage::MemoryEngine>();
        engine = owned.get();
        log::Store::Options options;
        options.directory = "log";
        options.checkpointInterval = std::chrono::hours{1};
        auto opened = log::Store::open(std::move(owned), m_files, clock, m_random, options);
        if (!opened) qFatal("open: %s", toString(opened.error()).c_str());
        store = std::move(*opened);
    }
    void put(const std::string& key, const std::string& value)
    {
        auto transaction = store->begin();
        transaction.put(operationOf(key, value));
        if (!store->commitAndWait(std::move(transaction))) qFatal("commit");
    }
    void fill(int count, const std::string& prefix)
    {
        auto transaction = store->begin();
        for (int number = 0; number < count; ++number) transaction.put(operationOf(prefix + std::to_string(number), "value"));
        if (!store->commitAndWait(std::move(transaction))) qFatal("commit");
    }
    /// Changes a stored value without the store noticing.
    void spoil(const std::string& key, std::optional<std::string> value)
    {
        storage::Batch batch;
        if (value) batch.put(key, *value);
        else batch.erase(key);
        if (!engine->apply(batch)) qFatal("apply");
    }
    ForestReport compare(ForestComparison::Options options = {})
    {
        ForestComparison comparison{*store, hasher, std::move(options), progress, {}};
        auto report = comparison.run();
        if (!report) qFatal("compare: %s", toString(report.error()).c_str());
        return std::move(*report);
    }
    std::optional<std::string> valueOf(const std::string& key) const { return *store->reader().get(key); }
    log::Operation operationOf(const std::string& key, const std::string& value) const
    {
        const auto hash = hasher.keyHash(key);
        return {log::OperationKind::Put, key, value, hash, hasher.leafDigest(hash, value)};
    }
    /// The root that is computed from the stored values.
    std::string rootOfStored() const
    {
        merkle::Forest forest;
        const auto scanned = store->reader().scan({}, {}, [&](std::string_view key, std::string_view value) {
            const auto tree = merkle::treeOf(key);
            if (tree.empty()) return true;
            const auto hash = hasher.keyHash(key);
            const merkle::Forest::Change change{tree, hash, hasher.leafDigest(hash, value)};
            forest.apply({&change, 1}, LogIndex{1});
            return true;
        });
        if (!scanned) qFatal("scan");
        return forest.root({});
    }

    FakeClock clock;
    TestHasher hasher;
    ForestProgress progress;
    storage::MemoryEngine* engine = nullptr;

private:
    testing_log::Power m_power;
    FaultyFileSystem m_files{m_power};
    OsRandom m_random;

public:
    std::unique_ptr<log::Store> store; // last: it uses everything above
};

} // namespace testing_forest
