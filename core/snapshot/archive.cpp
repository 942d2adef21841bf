#include "core/snapshot/archive.h"

#include "core/base/bytes.h"
#include "core/base/encoding.h"
#include "core/base/private_file.h"
#include "core/crypto/digest.h"
#include "core/snapshot/archive_format.h"
#include "core/snapshot/entry_root.h"

#include <boost/json/serialize.hpp>

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <memory>
#include <system_error>
#include <unistd.h>

namespace core::snapshot {
namespace {

namespace json = boost::json;

struct WriterDeleter {
    void operator()(::archive* a) const { ::archive_write_free(a); }
};
using Writer = std::unique_ptr<::archive, WriterDeleter>;

Error writeError(::archive* a)
{
    const int code = ::archive_errno(a);
    const auto* text = ::archive_error_string(a);
    // The library's own text does not say why the system refused.
    const bool isSystems = code > 0 && code < 4096;
    return Error{code == ENOSPC || code == EDQUOT || code == EFBIG ? ErrorCode::NoSpace : ErrorCode::Io,
                 "writing the snapshot: " + (isSystems ? std::generic_category().message(code) : std::string{text != nullptr ? text : "unknown"})};
}

void appendEntry(std::string& out, const Entry& entry)
{
    appendLittleEndian(out, static_cast<std::uint32_t>(entry.key.size()));
    appendLittleEndian(out, static_cast<std::uint32_t>(entry.value.size()));
    out.append(reinterpret_cast<const char*>(entry.keyHash.data()), entry.keyHash.size());
    out.append(reinterpret_cast<const char*>(entry.leafDigest.data()), entry.leafDigest.size());
    out.append(entry.key).append(entry.value);
}

Result<> beginPart(::archive* a, std::string_view name, std::uint64_t size)
{
    std::unique_ptr<::archive_entry, decltype(&::archive_entry_free)> entry{::archive_entry_new(), &::archive_entry_free};
    ::archive_entry_set_pathname(entry.get(), std::string{name}.c_str());
    ::archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size));
    ::archive_entry_set_filetype(entry.get(), AE_IFREG);
    ::archive_entry_set_perm(entry.get(), 0600);
    if (::archive_write_header(a, entry.get()) != ARCHIVE_OK) return writeError(a);
    return {};
}

Result<> writeData(::archive* a, std::string_view data)
{
    while (!data.empty()) {
        const auto count = ::archive_write_data(a, data.data(), data.size());
        if (count <= 0) return writeError(a);
        data.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

Result<> writePart(::archive* a, std::string_view name, std::string_view data)
{
    if (auto begun = beginPart(a, name, data.size()); !begun) return begun;
    return writeData(a, data);
}

json::object toJson(const Sets& sets)
{
    json::array members;
    for (const auto& each : sets.members) {
        if (members.size() == Sets::kMemberCountMax) break;
        members.push_back(json::object{{"type", each.type}, {"id", each.id}, {"api_address", each.apiAddress}});
    }
    return {{"performance_set_id", sets.performanceSetId}, {"dr_set_id", sets.drSetId}, {"members", std::move(members)}};
}

json::object toJson(const Meta& meta)
{
    return {{"format", 1},
            {"id", meta.id},
            {"cluster_id", meta.clusterId},
            {"cluster_name", meta.clusterName},
            {"created_at", meta.createdAt},
            {"version", meta.version},
            {"store_format", meta.storeFormat},
            {"index", meta.index},
            {"key_count", meta.keyCount},
            {"state_bytes", meta.stateBytes},
            {"root", meta.root},
            {"forest_root", meta.forestRoot},
            {"replication", toJson(meta.sets)}};
}

} // namespace

Result<Meta> writeArchive(const std::filesystem::path& file, Meta meta, const EntrySource& entries, const Sealing& sealing)
{
    // The first pass counts the bytes and computes their checksum, because tar needs the size before the data.
    std::string buffer;
    crypto::Sha256 hash;
    meta.keyCount = meta.stateBytes = 0;
    RootOfEntries root;
    auto counted = entries([&](const Entry& entry) -> Result<> {
        root.add(entry);
        buffer.clear();
        appendEntry(buffer, entry);
        hash.update(buffer);
        ++meta.keyCount;
        meta.stateBytes += buffer.size();
        return {};
    });
    if (!counted) return std::move(counted).error();
    const auto stateSum = hash.finish();
    meta.root = root.finish();
    const std::string metaText = json::serialize(toJson(meta));
    const std::string sums = sumsText(crypto::sha256Hex(metaText), toHex(crypto::viewOf(stateSum)));
    auto sealed = sealing.seal(sums);
    if (!sealed) return std::move(sealed).error();

    const auto partial = std::filesystem::path{file.string() + ".partial"};
    const auto created = createPrivateFile(partial);
    if (!created) return Error{created.error()};
    const int handle = *created;
    auto written = [&]() -> Result<> {
        Writer writer{::archive_write_new()};
        ::archive_write_add_filter_gzip(writer.get());
        ::archive_write_set_filter_option(writer.get(), "gzip", "compression-level", "1"); // ciphertext does not shrink
        ::archive_write_set_format_pax_restricted(writer.get());
        if (::archive_write_open_fd(writer.get(), handle) != ARCHIVE_OK) return writeError(writer.get());
        if (auto done = writePart(writer.get(), kMetaPart, metaText); !done) return done;
        if (auto done = beginPart(writer.get(), kStatePart, meta.stateBytes); !done) return done;
        buffer.clear();
        auto streamed = entries([&](const Entry& entry) -> Result<> {
            appendEntry(buffer, entry);
            if (buffer.size() < 256 * 1024) return {};
            auto done = writeData(writer.get(), buffer);
            buffer.clear();
            return done;
        });
        if (!streamed) return streamed;
        if (auto done = writeData(writer.get(), buffer); !done) return done;
        if (auto done = writePart(writer.get(), kSumsPart, sums); !done) return done;
        if (auto done = writePart(writer.get(), kSealedSumsPart, *sealed); !done) return done;
        if (::archive_write_close(writer.get()) != ARCHIVE_OK) return writeError(writer.get());
        return {};
    }();
    if (written && ::fsync(handle) != 0) written = Error{ErrorCode::Io, "cannot sync the snapshot"};
    ::close(handle);
    std::error_code failure;
    if (written) {
        std::filesystem::rename(partial, file, failure);
        if (failure) written = Error{ErrorCode::Io, "cannot rename the snapshot: " + failure.message()};
    }
    if (!written) {
        std::filesystem::remove(partial, failure);
        return std::move(written).error();
    }
    return meta;
}

} // namespace core::snapshot
