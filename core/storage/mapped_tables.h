#pragma once

#include <memory>
#include <string>

namespace leveldb {
class Env;
class RandomAccessFile;
} // namespace leveldb

namespace core::storage {

/// LevelDB maps its tables into memory. Pages that were read stay in the process's memory until the table is deleted. With many or large values this
/// is the whole database. The files here know where they are mapped, so that their pages can be given back.
///
/// Wraps `file`, which is `name` in `env`, if it is mapped; otherwise returns it unchanged. The pages are not locked in memory, even after
/// mlockall(). They hold only what is on the disk, and that is sealed.
std::unique_ptr<leveldb::RandomAccessFile> knowMapping(leveldb::Env& env, const std::string& name, std::unique_ptr<leveldb::RandomAccessFile> file);

} // namespace core::storage
