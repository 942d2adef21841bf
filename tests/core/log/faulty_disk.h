#pragma once

#include "core/base/mutex.h"
#include "core/base/random.h"
#include "core/log/file_system.h"
#include "core/storage/memory_engine.h"

#include <atomic>
#include <map>
#include <optional>

namespace testing_log {

using core::Error;
using core::ErrorCode;
using core::MutexLock;
using core::Result;

/// A power cut keeps or loses unsynced writes sector by sector.
inline constexpr std::size_t kSectorBytes = 512;

/// Counts every change of the disk, and decides at which one the power fails or the call returns an error.
class Power {
public:
    enum class Step { Works, Fails, Cut, Off };

    Step spend()
    {
        MutexLock lock{m_mutex};
        if (m_isOff) return Step::Off;
        ++m_steps;
        if (m_steps == m_cutAt) {
            m_isOff = true;
            return Step::Cut;
        }
        return m_steps == m_failAt ? Step::Fails : Step::Works;
    }
    bool isOff() const
    {
        MutexLock lock{m_mutex};
        return m_isOff;
    }
    std::uint64_t steps() const
    {
        MutexLock lock{m_mutex};
        return m_steps;
    }
    void turnOff()
    {
        MutexLock lock{m_mutex};
        m_isOff = true;
    }
    void cutAfter(std::uint64_t steps) { set(steps, 0); }
    void failAfter(std::uint64_t steps) { set(0, steps); }
    void restore() { set(0, 0); }

private:
    void set(std::uint64_t cut, std::uint64_t fail)
    {
        MutexLock lock{m_mutex};
        m_isOff = false;
        m_cutAt = cut == 0 ? 0 : m_steps + cut;
        m_failAt = fail == 0 ? 0 : m_steps + fail;
    }

    mutable core::Mutex m_mutex;
    std::uint64_t m_steps = 0;
    std::uint64_t m_cutAt = 0;
    std::uint64_t m_failAt = 0;
    bool m_isOff = false;
};

inline Error brokenError(Power::Step step)
{
    return {ErrorCode::Io, step == Power::Step::Fails ? "failed on purpose" : "the power is off"};
}

/// What a power cut leaves of the writes that were not synced.
enum class Survival { Nothing, Everything, Sectors };

/// A disk with a cache. A power cut loses unsynced changes, all or some of them: file contents and folder entries.
class FaultyFileSystem final : public core::log::FileSystem {
public:
    explicit FaultyFileSystem(Power& power) : m_power{power} {}

    Result<std::unique_ptr<core::log::File>> open(const std::filesystem::path& path) override;
    Result<std::unique_ptr<core::log::File>> create(const std::filesystem::path& path) override;
    Result<> rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
    Result<> remove(const std::filesystem::path& path) override;
    Result<std::vector<std::string>> list(const std::filesystem::path& directory) override;
    Result<> createDirectory(const std::filesystem::path&) override { return {}; }
    Result<> syncDirectory(const std::filesystem::path&) override;

    /// From now on files cannot grow.
    void setFull(bool isFull)
    {
        MutexLock lock{m_mutex};
        m_isFull = isFull;
    }
    /// Sets the disk to what the next start finds after a power cut.
    void losePower(core::Random& random, Survival survival);
    /// Damages a byte on the disk.
    void damage(const std::filesystem::path& path, std::size_t offset)
    {
        MutexLock lock{m_mutex};
        auto& file = *m_entries.at(path);
        file.now.at(offset) = static_cast<char>(file.now.at(offset) ^ 0x40);
        file.durable = file.now;
    }
    std::string contents(const std::filesystem::path& path)
    {
        MutexLock lock{m_mutex};
        return m_entries.at(path)->now;
    }

private:
    struct Node {
        std::string now;
        std::string durable;
        struct Write {
            std::size_t offset;
            std::string bytes;
        };
        std::vector<Write> pending;
    };
    using Entries = std::map<std::filesystem::path, std::shared_ptr<Node>>;
    class OpenFile;

    Result<> change(std::function<void(Entries&)> entryChange)
    {
        const auto step = m_power.spend();
        if (step == Power::Step::Off || step == Power::Step::Fails) return brokenError(step);
        entryChange(m_entries);
        m_pending.push_back(std::move(entryChange));
        if (step == Power::Step::Cut) return brokenError(step);
        return {};
    }
    static void put(std::string& into, std::size_t offset, std::string_view bytes)
    {
        if (into.size() < offset + bytes.size()) into.resize(offset + bytes.size());
        into.replace(offset, bytes.size(), bytes);
    }

    Power& m_power;
    core::Mutex m_mutex;
    Entries m_entries;
    Entries m_durable;
    std::vector<std::function<void(Entries&)>> m_pending; // unsynced changes of entries, in order
    bool m_isFull = false;
};

class FaultyFileSystem::OpenFile final : public core::log::File {
public:
    OpenFile(FaultyFileSystem& disk, std::shared_ptr<Node> node) : m_disk{disk}, m_node{std::move(node)} {}

    Result<> write(std::uint64_t offset, std::string_view bytes) override
    {
        MutexLock lock{m_disk.m_mutex};
        const auto step = m_disk.m_power.spend();
        if (step == Power::Step::Off) return brokenError(step);
        if (m_disk.m_isFull && offset + bytes.size() > m_node->now.size()) return Error{ErrorCode::NoSpace, "the disk is full"};
        if (step == Power::Step::Fails) bytes = bytes.substr(0, bytes.size() / 2);
        put(m_node->now, offset, bytes);
        m_node->pending.push_back({offset, std::string{bytes}});
        if (step != Power::Step::Works) return brokenError(step);
        return {};
    }
    Result<std::size_t> read(std::uint64_t offset, std::span<char> out) const override
    {
        MutexLock lock{m_disk.m_mutex};
        if (m_disk.m_power.isOff()) return brokenError(Power::Step::Off);
        const auto& now = m_node->now;
        const auto count = offset >= now.size() ? 0 : std::min<std::size_t>(out.size(), now.size() - offset);
        if (count > 0) std::copy_n(now.data() + offset, count, out.data());
        return count;
    }
    Result<> sync() override
    {
        MutexLock lock{m_disk.m_mutex};
        const auto step = m_disk.m_power.spend();
        // As on Linux: after a failed sync the pages count as clean, and never reach the disk.
        if (step == Power::Step::Fails) m_node->pending.clear();
        if (step != Power::Step::Works) return brokenError(step);
        for (const auto& write : m_node->pending) put(m_node->durable, write.offset, write.bytes);
        m_node->pending.clear();
        return {};
    }
    Result<std::uint64_t> size() const override
    {
        MutexLock lock{m_disk.m_mutex};
        return std::uint64_t{m_node->now.size()};
    }

private:
    FaultyFileSystem& m_disk;
    std::shared_ptr<Node> m_node;
};

inline Result<std::unique_ptr<core::log::File>> FaultyFileSystem::open(const std::filesystem::path& path)
{
    MutexLock lock{m_mutex};
    if (m_power.isOff()) return brokenError(Power::Step::Off);
    const auto at = m_entries.find(path);
    if (at == m_entries.end()) return Error{ErrorCode::NotFound, path.string()};
    return std::unique_ptr<core::log::File>{std::make_unique<OpenFile>(*this, at->second)};
}

inline Result<std::unique_ptr<core::log::File>> FaultyFileSystem::create(const std::filesystem::path& path)
{
    MutexLock lock{m_mutex};
    auto node = std::make_shared<Node>();
    if (auto changed = change([path, node](Entries& entries) { entries[path] = node; }); !changed) return std::move(changed).error();
    return std::unique_ptr<core::log::File>{std::make_unique<OpenFile>(*this, std::move(node))};
}

inline Result<> FaultyFileSystem::rename(const std::filesystem::path& from, const std::filesystem::path& to)
{
    MutexLock lock{m_mutex};
    if (!m_entries.contains(from)) return Error{ErrorCode::NotFound, from.string()};
    return change([from, to](Entries& entries) {
        entries[to] = entries.at(from);
        entries.erase(from);
    });
}

inline Result<> FaultyFileSystem::remove(const std::filesystem::path& path)
{
    MutexLock lock{m_mutex};
    if (!m_entries.contains(path)) return Error{ErrorCode::NotFound, path.string()};
    return change([path](Entries& entries) { entries.erase(path); });
}

inline Result<std::vector<std::string>> FaultyFileSystem::list(const std::filesystem::path& directory)
{
    MutexLock lock{m_mutex};
    std::vector<std::string> names;
    for (const auto& [path, node] : m_entries) {
        if (path.parent_path() == directory) names.push_back(path.filename());
    }
    return names;
}

inline Result<> FaultyFileSystem::syncDirectory(const std::filesystem::path&)
{
    MutexLock lock{m_mutex};
    const auto step = m_power.spend();
    if (step != Power::Step::Works) return brokenError(step);
    m_durable = m_entries;
    m_pending.clear();
    return {};
}

inline void FaultyFileSystem::losePower(core::Random& random, Survival survival)
{
    MutexLock lock{m_mutex};
    // The changes of a folder reach the disk in order, because of its journal. Those of files reach it in any order.
    std::size_t kept = survival == Survival::Everything ? m_pending.size() : 0;
    if (survival == Survival::Sectors) kept = random.number() % (m_pending.size() + 1);
    Entries entries = m_durable;
    for (std::size_t at = 0; at < kept; ++at) m_pending[at](entries);
    for (auto& [path, node] : entries) {
        auto after = std::make_shared<Node>();
        after->durable = node->durable;
        for (const auto& write : node->pending) {
            for (std::size_t at = 0; at < write.bytes.size();) {
                const auto sector = kSectorBytes - (write.offset + at) % kSectorBytes;
                const auto bytes = std::string_view{write.bytes}.substr(at, sector);
                const bool survives = survival == Survival::Everything || (survival == Survival::Sectors && random.number() % 2 == 0);
                if (survives) put(after->durable, write.offset + at, bytes);
                at += bytes.size();
            }
        }
        after->now = after->durable;
        node = std::move(after);
    }
    m_entries = m_durable = std::move(entries);
    m_pending.clear();
    m_isFull = false;
}

/// An engine that loses its unflushed batches at a power cut: all of them or the last ones, like LevelDB's log. Its State is what is on the disk, and
/// lives longer than the engine.
class VolatileEngine final : public core::storage::Engine {
public:
    struct State {
        core::storage::MemoryEngine now;
        core::storage::Batch durable;
        std::vector<core::storage::Batch> pending;
        std::atomic<bool> isFailed{false}; // tests set both while the committer runs
        std::atomic<bool> isFull{false};
        core::Mutex mutex;
    };
    VolatileEngine(std::shared_ptr<State> state, Power& power) : m_state{std::move(state)}, m_power{power} {}

    static std::shared_ptr<State> afterPowerLoss(State& before, core::Random& random, Survival survival)
    {
        auto after = std::make_shared<State>();
        static_cast<void>(after->now.apply(before.durable).has_value());
        std::size_t kept = survival == Survival::Everything ? before.pending.size() : 0;
        if (survival == Survival::Sectors) kept = random.number() % (before.pending.size() + 1);
        for (std::size_t at = 0; at < kept; ++at) static_cast<void>(after->now.apply(before.pending[at]).has_value());
        keep(*after);
        return after;
    }
    /// The process ends, but the machine runs on, so the batches that were applied are still in its memory.
    static void afterKill(State& state) { state.isFailed = false; }

    Result<std::optional<std::string>> get(std::string_view key) const override { return m_state->now.get(key); }
    Result<> scan(std::string_view from, std::string_view to, const core::storage::Visitor& visit) const override
    {
        return m_state->now.scan(from, to, visit);
    }
    Result<> apply(const core::storage::Batch& batch) override
    {
        MutexLock lock{m_state->mutex};
        const auto step = m_power.spend();
        if (step == Power::Step::Fails) m_state->isFailed = true;
        if (step != Power::Step::Works) return brokenError(step);
        if (m_state->isFull) m_state->isFailed = true;
        if (m_state->isFailed) return Error{m_state->isFull ? ErrorCode::NoSpace : ErrorCode::Io, "the engine has failed"};
        m_state->pending.push_back(batch);
        return m_state->now.apply(batch);
    }
    Result<> flush() override
    {
        MutexLock lock{m_state->mutex};
        const auto step = m_power.spend();
        if (step == Power::Step::Fails) m_state->isFailed = true;
        if (step != Power::Step::Works) return brokenError(step);
        if (m_state->isFailed) return Error{ErrorCode::Io, "the engine has failed"};
        keep(*m_state);
        return {};
    }
    Result<> recover() override
    {
        MutexLock lock{m_state->mutex};
        if (m_state->isFull) return Error{ErrorCode::NoSpace, "the engine is full"};
        const auto step = m_power.spend();
        if (step != Power::Step::Works) return brokenError(step);
        m_state->isFailed = false;
        return {};
    }
    std::unique_ptr<core::storage::Reader> snapshot() const override { return m_state->now.snapshot(); }
    std::uint64_t sizeBytes() const override { return m_state->now.sizeBytes(); }

private:
    static void keep(State& state)
    {
        state.durable.clear();
        state.pending.clear();
        static_cast<void>(state.now
                              .scan({}, {},
                                    [&](std::string_view key, std::string_view value) {
                                        state.durable.put(key, value);
                                        return true;
                                    })
                              .has_value());
    }

    std::shared_ptr<State> m_state;
    Power& m_power;
};

} // namespace testing_log
