#include "core/storage/leveldb_engine.h"

#include "core/base/memory_wait.h"
#include "core/base/writable_folders.h"
#include "core/storage/mapped_tables.h"

#include <leveldb/cache.h>
#include <leveldb/db.h>
#include <leveldb/env.h>
#include <leveldb/filter_policy.h>
#include <leveldb/write_batch.h>

#include <cerrno>
#include <cstdarg>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <system_error>
#include <unistd.h>

namespace core::storage {

namespace {

constexpr int kBloomBitsPerKey = 10;
constexpr std::size_t kRoomBytesBeside = 1u << 20; // for LevelDB's log and manifest
// Above every key. Compacting this empty range moves nothing, but writes the memtable to a table.
constexpr char kAboveEveryKey[] = "\xff\xff\xff\xff\xff\xff\xff\xff";

leveldb::Slice toSlice(std::string_view text)
{
    return {text.data(), text.size()};
}

std::string_view toView(const leveldb::Slice& slice)
{
    return {slice.data(), slice.size()};
}

/// LevelDB reports a full disk and a held lock only in its text, together with the file's name.
Error toError(const leveldb::Status& status, const std::filesystem::path& directory)
{
    const std::string text = status.ToString();
    const auto says = [&](std::string_view part) { return text.find(part) != std::string::npos; };
    if (status.IsCorruption()) return {ErrorCode::Corrupt, "storage " + directory.string() + ": " + text};
    if (says("No space left") || says("Disk quota exceeded")) return {ErrorCode::NoSpace, text};
    if (says("/LOCK") && (says("Resource temporarily unavailable") || says("already held by process"))) {
        return {ErrorCode::FailedPrecondition, "storage " + directory.string() + " is in use by another process (" + text + ")"};
    }
    for (const auto* refusal : {"Read-only file system", "Permission denied", "Operation not permitted"}) {
        if (says(refusal))
            return {ErrorCode::PermissionDenied, "storage " + directory.string() + " cannot be written: " + refusal + " (" + text + ")" +
                                                     writableFoldersText(std::make_error_code(std::errc::permission_denied))};
    }
    if (says("/LOCK")) return {ErrorCode::Io, "storage " + directory.string() + " cannot be written (" + text + ")"};
    return {ErrorCode::Io, "storage " + directory.string() + ": " + text};
}

/// LevelDB has one background thread, which catches no exceptions. A compaction that ends half-way would leave writers waiting without end. So that
/// thread waits for memory.
class WaitingEnv final : public leveldb::EnvWrapper {
public:
    WaitingEnv() : leveldb::EnvWrapper{leveldb::Env::Default()} {}

    void Schedule(void (*function)(void*), void* argument) override
    {
        const MemoryWait wait;
        target()->Schedule(&run, new Call{function, argument});
    }

    leveldb::Status NewRandomAccessFile(const std::string& name, leveldb::RandomAccessFile** out) override
    {
        leveldb::RandomAccessFile* opened = nullptr;
        const auto status = target()->NewRandomAccessFile(name, &opened);
        *out = status.ok() ? knowMapping(*target(), name, std::unique_ptr<leveldb::RandomAccessFile>{opened}).release() : nullptr;
        return status;
    }

private:
    struct Call {
        void (*function)(void*);
        void* argument;
    };
    static void run(void* scheduled)
    {
        const MemoryWait wait;
        const std::unique_ptr<Call> call{static_cast<Call*>(scheduled)};
        call->function(call->argument);
    }
};

leveldb::Env* waitingEnv()
{
    static WaitingEnv env; // LevelDB's thread never ends, so this object must live as long as the process
    return &env;
}

/// How long a read waits for memory. LevelDB counts references by hand, so an exception through it would keep files open for good.
constexpr std::chrono::milliseconds kReadWait{1000};

/// LevelDB's own log would contain keys. All that matters reaches us as a status.
class SilentLogger final : public leveldb::Logger {
public:
    void Logv(const char*, std::va_list) override {}
};

Result<std::optional<std::string>> getFrom(leveldb::DB& db, const leveldb::Snapshot* snapshot, std::string_view key,
                                           const std::filesystem::path& directory)
{
    const MemoryWait wait{kReadWait};
    leveldb::ReadOptions options;
    options.verify_checksums = true;
    options.snapshot = snapshot;
    std::string value;
    const auto status = db.Get(options, toSlice(key), &value);
    if (status.ok()) return std::optional<std::string>{std::move(value)};
    if (status.IsNotFound()) return std::optional<std::string>{};
    return toError(status, directory);
}

std::unique_ptr<leveldb::Iterator> iteratorOf(leveldb::DB& db, const leveldb::Snapshot* snapshot)
{
    const MemoryWait wait{kReadWait};
    leveldb::ReadOptions options;
    options.verify_checksums = true;
    options.fill_cache = false; // a long scan would remove what single reads need
    options.snapshot = snapshot;
    return std::unique_ptr<leveldb::Iterator>{db.NewIterator(options)};
}

Result<> scanWith(leveldb::Iterator& iterator, std::string_view from, std::string_view to, const Visitor& visit,
                  const std::filesystem::path& directory)
{
    const MemoryWait wait{kReadWait};
    for (iterator.Seek(toSlice(from)); iterator.Valid(); iterator.Next()) {
        const auto key = toView(iterator.key());
        if (!to.empty() && key >= to) break;
        if (!visit(key, toView(iterator.value()))) return {};
    }
    if (!iterator.status().ok()) return toError(iterator.status(), directory);
    return {};
}

/// Checks whether `bytes` more can be written here. A disk, a quota or a limit of the process can prevent it.
Result<> checkRoom(const std::filesystem::path& directory, std::size_t bytes)
{
    const std::string path = directory / "room";
    const int file = ::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    const int failure = file < 0 ? errno : ::posix_fallocate(file, 0, static_cast<off_t>(bytes));
    if (file >= 0) {
        ::close(file);
        ::unlink(path.c_str());
    }
    if (failure == 0) return {};
    return Error{ErrorCode::NoSpace, "storage " + directory.string() + ": no room for another " + std::to_string(bytes) +
                                         " bytes: " + std::generic_category().message(failure)};
}

Error closedError(const std::filesystem::path& directory)
{
    return {ErrorCode::Io, "storage " + directory.string() + " could not be reopened"};
}

/// What remains for readers after recover() has closed the database and could not open it again.
class ClosedReader final : public Reader {
public:
    explicit ClosedReader(std::filesystem::path directory) : m_directory{std::move(directory)} {}
    Result<std::optional<std::string>> get(std::string_view) const override { return closedError(m_directory); }
    Result<> scan(std::string_view, std::string_view, const Visitor&) const override { return closedError(m_directory); }

private:
    std::filesystem::path m_directory;
};

/// Counts one user of the database for as long as it lives.
class Use {
public:
    explicit Use(std::atomic<std::uint32_t>& count) : m_count{&count} { m_count->fetch_add(1, std::memory_order_relaxed); }
    ~Use() { m_count->fetch_sub(1, std::memory_order_release); }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

private:
    std::atomic<std::uint32_t>* m_count;
};

} // namespace

struct LevelDbEngine::Database {
    // The order matters: the database uses the other members until it is closed.
    SilentLogger logger;
    std::unique_ptr<leveldb::Cache> cache;
    std::unique_ptr<const leveldb::FilterPolicy> filter;
    std::optional<leveldb::WriteBatch> batch; // by the writer only
    std::unique_ptr<leveldb::DB> db;
};

class LevelDbEngine::Snapshot final : public Reader {
public:
    Snapshot(leveldb::DB& db, std::atomic<std::uint32_t>& userCount, std::filesystem::path directory)
        : m_use{userCount}
        , m_db{db}
        , m_snapshot{db.GetSnapshot()}
        , m_directory{std::move(directory)}
    {}
    ~Snapshot() override { m_db.ReleaseSnapshot(m_snapshot); }

    Result<std::optional<std::string>> get(std::string_view key) const override { return getFrom(m_db, m_snapshot, key, m_directory); }
    Result<> scan(std::string_view from, std::string_view to, const Visitor& visit) const override
    {
        return scanWith(*iteratorOf(m_db, m_snapshot), from, to, visit, m_directory);
    }

private:
    Use m_use;
    leveldb::DB& m_db;
    const leveldb::Snapshot* m_snapshot;
    std::filesystem::path m_directory;
};

LevelDbEngine::LevelDbEngine(Options options) : m_options{std::move(options)}, m_values{m_options.valueCacheBytes} {}

LevelDbEngine::~LevelDbEngine()
{
    CORE_ASSERT(m_userCount.load(std::memory_order_acquire) == 0);
}

Result<std::unique_ptr<LevelDbEngine>> LevelDbEngine::open(Options options)
{
    std::error_code code;
    std::filesystem::create_directories(options.directory, code);
    if (code) return Error{ErrorCode::Io, "storage " + options.directory.string() + " cannot be written: " + code.message()};
    std::unique_ptr<LevelDbEngine> engine{new LevelDbEngine{std::move(options)}};
    WriteLock lock{engine->m_mutex};
    if (auto opened = engine->openDatabase(); !opened) return std::move(opened).error();
    return engine;
}

Result<> LevelDbEngine::openDatabase()
{
    auto opened = openDatabase(true);
    if (opened || opened.error().code != ErrorCode::Corrupt) return opened;
    // LevelDB's log is written without sync, so a power cut can leave holes in it. The caller redoes what they lose. The first opening makes no
    // checks and turns the good part of that log into tables. Any other damage is found by the second opening.
    if (auto recovered = openDatabase(false); !recovered) return recovered;
    m_database.reset();
    return openDatabase(true);
}

Result<> LevelDbEngine::openDatabase(bool isParanoid)
{
    auto database = std::make_unique<Database>();
    database->cache.reset(leveldb::NewLRUCache(m_options.cacheBytes));
    database->filter.reset(leveldb::NewBloomFilterPolicy(kBloomBitsPerKey));
    leveldb::Options options;
    options.env = waitingEnv();
    options.create_if_missing = true;
    // Without these checks a compaction would read unchecked. Damaged blocks would then get new, correct checksums, or abort the process.
    options.paranoid_checks = isParanoid;
    options.compression = leveldb::kNoCompression; // sealed values do not shrink
    options.write_buffer_size = m_options.writeBufferBytes;
    options.block_cache = database->cache.get();
    options.filter_policy = database->filter.get();
    options.info_log = &database->logger;
    leveldb::DB* db = nullptr;
    const auto status = leveldb::DB::Open(options, m_options.directory.string(), &db);
    if (!status.ok()) return toError(status, m_options.directory);
    database->db.reset(db);
    m_database = std::move(database);
    return {};
}

Result<std::optional<std::string>> LevelDbEngine::get(std::string_view key) const
{
    ReadLock lock{m_mutex};
    if (!m_database) return closedError(m_options.directory);
    auto kept = m_values.find(key);
    if (kept.value) return std::move(kept.value);
    auto found = getFrom(*m_database->db, nullptr, key, m_options.directory);
    if (found && *found) m_values.offer(kept.ticket, key, **found);
    return found;
}

Result<> LevelDbEngine::scan(std::string_view from, std::string_view to, const Visitor& visit) const
{
    // Visitors can read the engine too, so they run without the lock.
    std::optional<Use> use;
    std::unique_ptr<leveldb::Iterator> iterator;
    {
        ReadLock lock{m_mutex};
        if (!m_database) return closedError(m_options.directory);
        use.emplace(m_userCount);
        iterator = iteratorOf(*m_database->db, nullptr);
    }
    auto scanned = scanWith(*iterator, from, to, visit, m_options.directory);
    iterator.reset();
    return scanned;
}

Result<> LevelDbEngine::apply(const Batch& batch)
{
    MutexLock writing{m_writeMutex};
    ReadLock lock{m_mutex};
    if (m_isFailed || !m_database) return Error{ErrorCode::Io, "storage " + m_options.directory.string() + " has failed before"};
    constexpr std::size_t kKeptBytes = 2u << 20; // of the buffer, which grows by doubling and keeps its memory when it is cleared
    auto& kept = m_database->batch;
    if (!kept) kept.emplace();
    leveldb::WriteBatch& writes = *kept;
    writes.Clear();
    batch.forEach([&](const Batch::Operation& operation) {
        if (operation.value) {
            writes.Put(toSlice(operation.key), toSlice(*operation.value));
        } else {
            writes.Delete(toSlice(operation.key));
        }
    });
    const ValueCache::Change change{m_values, batch};
    const auto status = m_database->db->Write(leveldb::WriteOptions{}, &writes);
    if (writes.ApproximateSize() > kKeptBytes) kept.reset();
    if (status.ok()) return {};
    m_isFailed = true; // its log can end in half a record, and nothing must be written behind that
    return toError(status, m_options.directory);
}

Result<> LevelDbEngine::flush()
{
    ReadLock lock{m_mutex};
    if (!m_database) return closedError(m_options.directory);
    leveldb::DB& db = *m_database->db;
    // A synced write would cover only LevelDB's present log, and not an older one whose memtable is still being written. Compacting a range waits
    // until all memtables are tables on disk.
    const leveldb::Slice above{kAboveEveryKey, sizeof kAboveEveryKey - 1};
    db.CompactRange(&above, &above);
    // CompactRange() reports no errors, but after an error no write succeeds. This write also syncs batches that were applied in the meantime.
    leveldb::WriteBatch nothing;
    nothing.Delete(above);
    leveldb::WriteOptions synced;
    synced.sync = true;
    const auto status = db.Write(synced, &nothing);
    if (!status.ok()) return toError(status, m_options.directory);
    return {};
}

Result<> LevelDbEngine::recover()
{
    MutexLock writing{m_writeMutex};
    WriteLock lock{m_mutex};
    if (m_userCount.load(std::memory_order_acquire) > 0) {
        return Error{ErrorCode::Unavailable, "storage " + m_options.directory.string() + " cannot be reopened while it is being read"};
    }
    // Opening writes the contents of the log to tables. If there is no room for them, the present database must stay open for reading.
    if (auto checked = checkRoom(m_options.directory, m_options.writeBufferBytes + kRoomBytesBeside); !checked) return checked;
    m_values.clear();
    m_database.reset(); // gives up the lock file
    if (auto opened = openDatabase(); !opened) return opened;
    m_isFailed = false;
    return {};
}

std::unique_ptr<Reader> LevelDbEngine::snapshot() const
{
    ReadLock lock{m_mutex};
    if (!m_database) return std::make_unique<ClosedReader>(m_options.directory);
    return std::make_unique<Snapshot>(*m_database->db, m_userCount, m_options.directory);
}

std::uint64_t LevelDbEngine::sizeBytes() const
{
    ReadLock lock{m_mutex};
    if (!m_database) return 0;
    const leveldb::Range everything{leveldb::Slice{}, leveldb::Slice{kAboveEveryKey, sizeof kAboveEveryKey - 1}};
    std::uint64_t bytes = 0;
    m_database->db->GetApproximateSizes(&everything, 1, &bytes);
    return bytes;
}

} // namespace core::storage
