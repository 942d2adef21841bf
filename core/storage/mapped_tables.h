#pragma once

#include <memory>
#include <string>

namespace leveldb {
class Env;
class RandomAccessFile;
} // namespace leveldb

namespace core::storage {

/// LevelDB maps its tables into memory, and what was read of them stays in the process's memory until the table goes: with many or
/// large values that is all of the database. These files know where they are mapped, so that their pages can be given back.
///
/// Wraps `file`, which is `name` in `env`, where it is mapped; else gives it back as it is. The pages are not locked in memory, whatever
/// mlockall() said: they hold what is on disk, sealed.
std::unique_ptr<leveldb::RandomAccessFile> knowMapping(leveldb::Env& env, const std::string& name, std::unique_ptr<leveldb::RandomAccessFile> file);

} // namespace core::storage
