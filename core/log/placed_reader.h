#pragma once

#include "core/base/mutex.h"
#include "core/log/placement.h"

#include <atomic>
#include <memory>

namespace core::log {

/// What readers of a store see of its engine. Normally this is the engine itself. While a placement runs, it is a snapshot of the staged contents,
/// taken before the first old row was removed. So a reader sees the old contents or the new ones, never a mixture.
/// Thread-safe. A read costs two atomic loads more than a read of the engine. No reader waits.
class PlacedReader final : public storage::Reader {
public:
    explicit PlacedReader(const storage::Engine& engine) : m_engine{engine} {}

    Result<std::optional<std::string>> get(std::string_view key) const override;
    Result<> scan(std::string_view from, std::string_view to, const storage::Visitor& visit) const override;
    std::unique_ptr<storage::Reader> snapshot() const;

    // For the committer. Only one placement runs at a time.
    /// From now on readers see the staged contents. `record` is copied.
    void show(const RecordView& record);
    /// Call this before the engine is opened again. Until direct() every read fails with Unavailable.
    void refuse();
    /// From now on readers see the engine again, which has the new contents.
    void direct();

private:
    void redirect(std::shared_ptr<const storage::Reader> to) CORE_EXCLUDES(m_mutex);
    std::shared_ptr<const storage::Reader> redirected() const CORE_EXCLUDES(m_mutex);
    std::uint64_t generation() const;

    const storage::Engine& m_engine;
    std::atomic<std::uint64_t> m_generation{0}; // odd: redirected
    mutable Mutex m_mutex;                      // leaf lock
    std::shared_ptr<const storage::Reader> m_redirected CORE_GUARDED_BY(m_mutex);
};

} // namespace core::log
