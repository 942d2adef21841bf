#include "core/log/placed_reader.h"

#include <algorithm>
#include <utility>

namespace core::log {
namespace {

using storage::Reader;
using storage::Visitor;

constexpr std::size_t kLeafBytes = sizeof(merkle::KeyHash) + sizeof(merkle::LeafDigest);

/// The contents that a placement will make, read from the staged rows.
class StagedReader final : public Reader {
public:
    StagedReader(const storage::Engine& engine, const RecordView& record)
        : m_bytes{record.bytes()}
        , m_before{engine.snapshot()}
        , m_prefix{prefixOf(RecordView::ofTrusted(m_bytes))}
        , m_classes{classesOf(RecordView::ofTrusted(m_bytes))}
    {
        bool isFirst = true;
        RecordView::ofTrusted(m_bytes).forEach([&](const OperationView& operation) {
            if (!std::exchange(isFirst, false)) m_overrides.insert_or_assign(std::string{operation.key}, operation.value);
        });
    }

    Result<std::optional<std::string>> get(std::string_view key) const override
    {
        if (!isReplaced(key)) return m_before->get(key);
        if (const auto at = m_overrides.find(key); at != m_overrides.end()) return std::optional{std::string{at->second}};
        if (key.starts_with("i/")) return std::optional<std::string>{};
        auto row = m_before->get(m_prefix + std::string{key});
        if (row && *row) (*row)->erase(0, std::min((*row)->size(), kLeafBytes));
        return row;
    }

    Result<> scan(std::string_view from, std::string_view to, const Visitor& visit) const override
    {
        for (const std::string_view folder : {"i/", "l/", "m/", "s/"}) {
            const auto end = storage::endOfPrefix(folder);
            const auto begin = std::max(from, folder);
            const auto stop = to.empty() ? std::string_view{end} : std::min(to, std::string_view{end});
            if (begin >= stop) continue;
            bool isWanted = true;
            auto done = isReplaced(folder)
                            ? scanStaged(begin, stop, visit, isWanted)
                            : m_before->scan(begin, stop, [&](std::string_view key, std::string_view value) { return isWanted = visit(key, value); });
            if (!done || !isWanted) return done;
        }
        return {};
    }

private:
    static std::string prefixOf(const RecordView& record)
    {
        std::size_t at = 0;
        return std::string{readOperation(record.operationBytes(), at).key};
    }
    static std::string classesOf(const RecordView& record)
    {
        std::size_t at = 0;
        return std::string{readOperation(record.operationBytes(), at).value};
    }
    bool isReplaced(std::string_view key) const { return !key.empty() && (key[0] == 'i' || m_classes.find(key[0]) != std::string::npos); }

    Result<> scanStaged(std::string_view from, std::string_view to, const Visitor& visit, bool& isWanted) const
    {
        auto at = m_overrides.lower_bound(from);
        const auto giveOverrides = [&](std::string_view before) {
            for (; isWanted && at != m_overrides.end() && at->first < before; ++at) isWanted = visit(at->first, at->second);
        };
        auto scanned = m_before->scan(m_prefix + std::string{from}, m_prefix + std::string{to}, [&](std::string_view row, std::string_view value) {
            const auto key = row.substr(m_prefix.size());
            giveOverrides(key);
            if (!isWanted) return false;
            if (at != m_overrides.end() && at->first == key) return true; // the row of the record replaces it
            return isWanted = visit(key, value.substr(std::min(value.size(), kLeafBytes)));
        });
        if (scanned && isWanted) giveOverrides(to);
        return scanned;
    }

    const std::string m_bytes; // of the record
    const std::unique_ptr<Reader> m_before;
    const std::string m_prefix, m_classes;
    std::map<std::string, std::string_view, std::less<>> m_overrides;
};

class RefusingReader final : public Reader {
public:
    Result<std::optional<std::string>> get(std::string_view) const override { return refusal(); }
    Result<> scan(std::string_view, std::string_view, const Visitor&) const override { return refusal(); }

private:
    static Error refusal() { return {ErrorCode::Unavailable, "the contents of the storage are being replaced"}; }
};

/// A reader that several owners share.
class SharedReader final : public Reader {
public:
    explicit SharedReader(std::shared_ptr<const Reader> shared) : m_shared{std::move(shared)} {}
    Result<std::optional<std::string>> get(std::string_view key) const override { return m_shared->get(key); }
    Result<> scan(std::string_view from, std::string_view to, const Visitor& visit) const override { return m_shared->scan(from, to, visit); }

private:
    const std::shared_ptr<const Reader> m_shared;
};

} // namespace

/// Odd while a placement runs. The fence makes sure that the number is read after the data, or the check would prove nothing.
std::uint64_t PlacedReader::generation() const
{
    std::atomic_thread_fence(std::memory_order_acquire); // after what was read
    return m_generation.load(std::memory_order_acquire);
}

std::shared_ptr<const Reader> PlacedReader::redirected() const
{
    MutexLock lock{m_mutex};
    return m_redirected;
}

// A read of the engine is valid only if no placement began before the read ended. Otherwise:
// 1. A reader checks and finds no placement.
// 2. A placement begins and removes the key.
// 3. The reader reads the engine and finds nothing, though both the old and the new contents have the key.
// So each read compares the generation before and after, and repeats if it changed.

Result<std::optional<std::string>> PlacedReader::get(std::string_view key) const
{
    for (;;) {
        const auto before = m_generation.load(std::memory_order_acquire);
        if (before % 2 == 1) {
            if (const auto other = redirected()) return other->get(key);
            continue; // the placement has just ended
        }
        auto value = m_engine.get(key);
        if (generation() == before) return value;
    }
}

Result<> PlacedReader::scan(std::string_view from, std::string_view to, const Visitor& visit) const
{
    for (;;) {
        const auto before = m_generation.load(std::memory_order_acquire);
        if (before % 2 == 1) {
            if (const auto other = redirected()) return other->scan(from, to, visit);
            continue;
        }
        // A scan shows what was there when it began, and it began before its first key. So one check at the first key is enough.
        bool hasVisited = false;
        auto scanned = m_engine.scan(from, to, [&](std::string_view key, std::string_view value) {
            if (!hasVisited && generation() != before) return false;
            hasVisited = true;
            return visit(key, value);
        });
        if (hasVisited || generation() == before) return scanned;
    }
}

std::unique_ptr<Reader> PlacedReader::snapshot() const
{
    for (;;) {
        const auto before = m_generation.load(std::memory_order_acquire);
        if (before % 2 == 1) {
            if (auto other = redirected()) return std::make_unique<SharedReader>(std::move(other));
            continue;
        }
        auto snapshot = m_engine.snapshot();
        if (generation() == before) return snapshot;
    }
}

void PlacedReader::redirect(std::shared_ptr<const Reader> to)
{
    MutexLock lock{m_mutex};
    m_redirected.swap(to);
    if (m_generation.load(std::memory_order_relaxed) % 2 == 0) m_generation.fetch_add(1, std::memory_order_seq_cst);
}

void PlacedReader::show(const RecordView& record)
{
    redirect(std::make_shared<StagedReader>(m_engine, record));
}

void PlacedReader::refuse()
{
    redirect(std::make_shared<RefusingReader>());
}

// The old reader is destroyed after the mutex is released: it can hold a large snapshot.
void PlacedReader::direct()
{
    std::shared_ptr<const Reader> gone;
    MutexLock lock{m_mutex};
    if (m_generation.load(std::memory_order_relaxed) % 2 == 1) m_generation.fetch_add(1, std::memory_order_seq_cst);
    gone.swap(m_redirected);
}

} // namespace core::log
