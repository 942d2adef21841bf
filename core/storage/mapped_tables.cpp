#include "core/storage/mapped_tables.h"

#include "core/base/mutex.h"
#include "core/storage/leveldb_engine.h"

#include <leveldb/env.h>

#include <set>
#include <sys/mman.h>

namespace core::storage {
namespace {

class MappedTable;

struct MappedTables {
    Mutex mutex; // leaf lock; held while pages are given back, so that no table is unmapped at the same time
    std::set<const MappedTable*> all CORE_GUARDED_BY(mutex);
};

/// LevelDB's thread never ends, so this object lives as long as the process.
MappedTables& tables()
{
    static auto* instance = new MappedTables;
    return *instance;
}

class MappedTable final : public leveldb::RandomAccessFile {
public:
    MappedTable(std::unique_ptr<leveldb::RandomAccessFile> file, char* begin, std::size_t size)
        : m_file{std::move(file)}
        , m_begin{begin}
        , m_size{size}
    {
        ::munlock(m_begin, m_size);
        MutexLock lock{tables().mutex};
        tables().all.insert(this);
    }
    ~MappedTable() override
    {
        MutexLock lock{tables().mutex};
        tables().all.erase(this);
    }
    leveldb::Status Read(std::uint64_t offset, std::size_t size, leveldb::Slice* result, char* scratch) const override
    {
        return m_file->Read(offset, size, result, scratch);
    }
    /// The next reader gets the pages from the file again. Mostly the system still has them in its cache.
    void giveBack() const { ::madvise(m_begin, m_size, MADV_DONTNEED); }

private:
    const std::unique_ptr<leveldb::RandomAccessFile> m_file;
    char* const m_begin;
    const std::size_t m_size;
};

} // namespace

std::unique_ptr<leveldb::RandomAccessFile> knowMapping(leveldb::Env& env, const std::string& name, std::unique_ptr<leveldb::RandomAccessFile> file)
{
    std::uint64_t size = 0;
    char byte = 0;
    leveldb::Slice start;
    const bool isRead = env.GetFileSize(name, &size).ok() && size > 0 && file->Read(0, 1, &start, &byte).ok() && start.size() == 1;
    if (!isRead || start.data() == &byte) return file; // a copy: this file is read, and not mapped
    return std::make_unique<MappedTable>(std::move(file), const_cast<char*>(start.data()), size);
}

void LevelDbEngine::giveTablesBack()
{
    MutexLock lock{tables().mutex};
    for (const auto* table : tables().all) table->giveBack();
}

} // namespace core::storage
