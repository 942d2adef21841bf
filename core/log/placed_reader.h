#pragma once

#include "core/base/mutex.h"
#include "core/log/placement.h"

#include <atomic>
#include <memory>

namespace core::log {

/// What readers of a store see of its engine: the engine itself, but while a placement is on its way the staged contents as they are
/// going to be, of a moment before the first of the old ones went. So a reader sees the old contents or the new ones, never a mixture.
///
/// Thread-safe. A read costs two loads of an atomic number more than one of the engine; nobody waits.
class PlacedReader final : public storage::Reader {
public:
    explicit PlacedReader(const storage::Engine& engine) : m_engine{engine} {}

    Result<std::optional<std::string>> get(std::string_view key) const override;
    Result<> scan(std::string_view from, std::string_view to, const storage::Visitor& visit) const override;
    std::unique_ptr<storage::Reader> snapshot() const;

    // The committer, one placement at a time
    /// From here on the staged contents are read. `record` is copied.
    void show(const RecordView& record);
    /// The engine is about to be opened anew: until direct() reads end with Unavailable.
    void refuse();
    /// The engine has the new contents.
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
