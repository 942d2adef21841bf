#include "core/snapshot/throw_away_store.h"

#include "core/storage/leveldb_engine.h"
#include "core/storage/memory_engine.h"

namespace core::snapshot {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kCommitBytes = 8u << 20;
constexpr std::string_view kPrefix = "holdfast-";

} // namespace

Result<TemporaryFolder> makeScratchFolder(const fs::path& parent)
{
    std::error_code why;
    const auto above = parent.empty() ? fs::temp_directory_path(why) : parent;
    if (!why) fs::create_directories(above, why);
    if (why) return Error{ErrorCode::Io, "cannot create " + above.string() + ": " + why.message()};
    return TemporaryFolder::create(above / kPrefix);
}

Result<std::unique_ptr<ThrowAwayStore>> ThrowAwayStore::open(const fs::path& parent, const Clock& clock, Random& random)
{
    std::unique_ptr<ThrowAwayStore> made{new ThrowAwayStore};
    made->m_files = std::make_unique<log::PosixFileSystem>();
    std::unique_ptr<storage::Engine> engine;
    log::Store::Options options;
    if (parent.empty()) {
        engine = std::make_unique<storage::MemoryEngine>();
    } else {
        auto folder = makeScratchFolder(parent);
        if (!folder) return std::move(folder).error();
        made->m_folder = std::move(*folder);
        auto opened = storage::LevelDbEngine::open({.directory = made->m_folder.path() / "db", .cacheBytes = 8u << 20});
        if (!opened) return std::move(opened).error();
        engine = std::move(*opened);
        options.directory = made->m_folder.path() / "log";
        options.retentionBytes = options.unclaimedBytes = options.segmentBytes;
    }
    auto store = log::Store::open(std::move(engine), *made->m_files, clock, random, options);
    if (!store) return std::move(store).error();
    made->m_store = std::move(*store);
    return made;
}

ThrowAwayStore::~ThrowAwayStore()
{
    if (m_store) m_store->stop();
}

Result<> ThrowAwayStore::add(log::Operation operation)
{
    m_pendingBytes += operation.key.size() + operation.value.size();
    m_pending.push_back(std::move(operation));
    return m_pendingBytes < kCommitBytes ? Result<>{} : flush();
}

Result<> ThrowAwayStore::flush()
{
    if (m_pending.empty()) return {};
    auto transaction = m_store->begin();
    for (auto& operation : m_pending) transaction.put(std::move(operation));
    m_pending.clear();
    m_pendingBytes = 0;
    auto committed = m_store->commitAndWait(std::move(transaction));
    if (!committed) return std::move(committed).error();
    return {};
}

void ThrowAwayStore::clear(const fs::path& parent)
{
    std::error_code why;
    std::vector<fs::path> left;
    for (const auto& entry : fs::directory_iterator{parent, why}) {
        if (entry.path().filename().string().starts_with(kPrefix)) left.push_back(entry.path());
    }
    for (const auto& path : left) fs::remove_all(path, why);
}

} // namespace core::snapshot
