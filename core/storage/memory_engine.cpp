#include "core/storage/memory_engine.h"

#include <utility>
#include <vector>

namespace core::storage {

namespace {

constexpr std::uint64_t kNodeBytes = 112; // a map node with two short strings
constexpr std::size_t kScanChunk = 256;

std::optional<std::string> find(const MemoryEngine::Contents& contents, std::string_view key)
{
    const auto at = contents.values.find(key);
    if (at == contents.values.end()) return std::nullopt;
    return at->second;
}

bool isBefore(std::string_view key, std::string_view to)
{
    return to.empty() || key < to;
}

class MemorySnapshot final : public Reader {
public:
    explicit MemorySnapshot(std::shared_ptr<MemoryEngine::Contents> contents) : m_contents{std::move(contents)}
    {
        m_contents->snapshotCount.fetch_add(1, std::memory_order_relaxed);
    }
    ~MemorySnapshot() override { m_contents->snapshotCount.fetch_sub(1, std::memory_order_release); }

    Result<std::optional<std::string>> get(std::string_view key) const override { return find(*m_contents, key); }

    Result<> scan(std::string_view from, std::string_view to, const Visitor& visit) const override
    {
        const auto& values = m_contents->values;
        for (auto at = values.lower_bound(from); at != values.end() && isBefore(at->first, to); ++at) {
            if (!visit(at->first, at->second)) break;
        }
        return {};
    }

private:
    std::shared_ptr<MemoryEngine::Contents> m_contents;
};

} // namespace

MemoryEngine::MemoryEngine() : m_contents{std::make_shared<Contents>()} {}

Result<std::optional<std::string>> MemoryEngine::get(std::string_view key) const
{
    ReadLock lock{m_mutex};
    return find(*m_contents, key);
}

Result<> MemoryEngine::scan(std::string_view from, std::string_view to, const Visitor& visit) const
{
    // The visitor can read and write the engine, so it runs without the lock. A range that fits into one chunk needs no snapshot, and so no copy at
    // the next write.
    std::vector<std::pair<std::string, std::string>> chunk;
    std::unique_ptr<Reader> rest;
    {
        ReadLock lock{m_mutex};
        const auto& values = m_contents->values;
        auto at = values.lower_bound(from);
        for (; at != values.end() && isBefore(at->first, to) && chunk.size() < kScanChunk; ++at) chunk.emplace_back(*at);
        if (at != values.end() && isBefore(at->first, to)) rest = std::make_unique<MemorySnapshot>(m_contents);
    }
    for (const auto& [key, value] : chunk) {
        if (!visit(key, value)) return {};
    }
    if (!rest) return {};
    return rest->scan(chunk.back().first + '\0', to, visit);
}

Result<> MemoryEngine::apply(const Batch& batch)
{
    WriteLock lock{m_mutex};
    if (m_contents->snapshotCount.load(std::memory_order_acquire) > 0) {
        auto copy = std::make_shared<Contents>();
        copy->values = m_contents->values;
        m_contents = std::move(copy);
    }
    auto& contents = m_contents->values;
    std::uint64_t bytes = m_bytes;
    batch.forEach([&](const Batch::Operation& operation) {
        const auto at = contents.find(operation.key);
        if (at != contents.end()) {
            bytes -= at->first.size() + at->second.size() + kNodeBytes;
            if (!operation.value) {
                contents.erase(at);
                return;
            }
            at->second.assign(*operation.value);
        } else {
            if (!operation.value) return;
            contents.emplace(operation.key, *operation.value);
        }
        bytes += operation.key.size() + operation.value->size() + kNodeBytes;
    });
    m_bytes = bytes;
    return {};
}

std::unique_ptr<Reader> MemoryEngine::snapshot() const
{
    ReadLock lock{m_mutex};
    return std::make_unique<MemorySnapshot>(m_contents);
}

std::uint64_t MemoryEngine::sizeBytes() const
{
    ReadLock lock{m_mutex};
    return m_bytes;
}

} // namespace core::storage
