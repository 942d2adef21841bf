#pragma once

#include "core/base/mutex.h"
#include "core/storage/engine.h"

#include <atomic>
#include <map>

namespace core::storage {

/// An engine in memory, for `-dev`, for `inmem` storage and for tests. Its contents are lost with the process.
///
/// A snapshot shares the contents; the first batch after it copies them.
class MemoryEngine final : public Engine {
public:
    MemoryEngine();

    Result<std::optional<std::string>> get(std::string_view key) const override;
    Result<> scan(std::string_view from, std::string_view to, const Visitor& visit) const override;
    Result<> apply(const Batch& batch) override;
    Result<> flush() override { return {}; }
    Result<> recover() override { return {}; }
    std::unique_ptr<Reader> snapshot() const override;
    std::uint64_t sizeBytes() const override;

    struct Contents {
        std::map<std::string, std::string, std::less<>> values;
        std::atomic<std::uint32_t> snapshotCount{0};
    };

private:
    mutable SharedMutex m_mutex;                                   // leaf lock
    std::shared_ptr<Contents> m_contents CORE_GUARDED_BY(m_mutex); // not changed while a snapshot uses it
    std::uint64_t m_bytes CORE_GUARDED_BY(m_mutex) = 0;
};

} // namespace core::storage
