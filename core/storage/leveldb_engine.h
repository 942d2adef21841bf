#pragma once

#include "core/base/mutex.h"
#include "core/storage/engine.h"
#include "core/storage/value_cache.h"

#include <atomic>
#include <filesystem>

namespace core::storage {

/// The embedded engine of one node, on LevelDB. Data is durable only after flush(); see README.md.
class LevelDbEngine final : public Engine {
public:
    struct Options {
        std::filesystem::path directory;
        std::size_t cacheBytes = 64u << 20;
        std::size_t writeBufferBytes = 8u << 20;
        std::size_t valueCacheBytes = 4u << 20; // for values that single reads have found
    };

    /// Opens or creates. Errors: FailedPrecondition (another process has it open), Corrupt (names what is damaged),
    /// NoSpace, Io.
    static Result<std::unique_ptr<LevelDbEngine>> open(Options options);
    ~LevelDbEngine() override;

    Result<std::optional<std::string>> get(std::string_view key) const override;
    Result<> scan(std::string_view from, std::string_view to, const Visitor& visit) const override;
    Result<> apply(const Batch& batch) override;
    Result<> flush() override;
    Result<> recover() override;
    std::unique_ptr<Reader> snapshot() const override;
    std::uint64_t sizeBytes() const override;

    /// Returns to the system the memory that holds pages of table files, for all engines (mapped_tables.h). Quick. Pages that are needed later are
    /// read from the file again. Thread-safe.
    static void giveTablesBack();

private:
    struct Database;
    class Snapshot;
    explicit LevelDbEngine(Options options);
    Result<> openDatabase() CORE_REQUIRES(m_mutex);
    Result<> openDatabase(bool isParanoid) CORE_REQUIRES(m_mutex);

    const Options m_options;
    mutable ValueCache m_values;
    mutable SharedMutex m_mutex; // exclusive only while recover() replaces the database
    std::unique_ptr<Database> m_database CORE_GUARDED_BY(m_mutex);
    mutable std::atomic<std::uint32_t> m_userCount{0}; // iterators and snapshots, which recover() must not destroy

    Mutex m_writeMutex; // before m_mutex
    bool m_isFailed CORE_GUARDED_BY(m_writeMutex) = false;
};

} // namespace core::storage
