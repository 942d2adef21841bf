#include "core/snapshot/archive.h"

#include "core/base/bytes.h"
#include "core/base/encoding.h"
#include "core/crypto/digest.h"
#include "core/merkle/forest.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <map>
#include <memory>
#include <system_error>
#include <unistd.h>

namespace core::snapshot {
namespace {

namespace json = boost::json;

constexpr std::size_t kEntryBytesMax = 64u << 20;
constexpr std::size_t kSmallPartBytesMax = 1u << 20;
// Ciphertext and digests do not shrink: what unpacks to far more was made to fill a disk.
constexpr std::uintmax_t kUnpackedBytesFloor = 64u << 20;
constexpr std::uintmax_t kUnpackedRatioMax = 16;
constexpr std::string_view kMeta = "meta.json";
constexpr std::string_view kState = "state.bin";
constexpr std::string_view kSums = "SHA256SUMS";
constexpr std::string_view kSealedSums = "SHA256SUMS.sealed";

struct WriterDeleter {
    void operator()(::archive* a) const { ::archive_write_free(a); }
};
struct ReaderDeleter {
    void operator()(::archive* a) const { ::archive_read_free(a); }
};
using Writer = std::unique_ptr<::archive, WriterDeleter>;
using ArchiveReader = std::unique_ptr<::archive, ReaderDeleter>;

Error writeError(::archive* a)
{
    const int code = ::archive_errno(a);
    const auto* text = ::archive_error_string(a);
    // The library's own text does not say why the system refused.
    const bool isSystems = code > 0 && code < 4096;
    return Error{code == ENOSPC || code == EDQUOT || code == EFBIG ? ErrorCode::NoSpace : ErrorCode::Io,
                 "writing the snapshot: " + (isSystems ? std::generic_category().message(code) : std::string{text != nullptr ? text : "unknown"})};
}

// An entry in state.bin: kind and lengths little-endian, then hash, digest, key and value.
constexpr std::size_t kEntryHeadBytes = 4 + 4 + 16 + 16;

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

json::object toJson(const Meta& meta)
{
    return {{"format", 1},
            {"id", meta.id},
            {"cluster_id", meta.clusterId},
            {"cluster_name", meta.clusterName},
            {"created_at", meta.createdAt},
            {"version", meta.version},
            {"index", meta.index},
            {"key_count", meta.keyCount},
            {"state_bytes", meta.stateBytes},
            {"root", meta.root},
            {"forest_root", meta.forestRoot}};
}

Result<Meta> metaFromJson(std::string_view text)
{
    json::error_code error;
    const auto value = json::parse(text, error);
    const auto damaged = Error{ErrorCode::Corrupt, "the snapshot's meta.json is not what it must be"};
    if (error || !value.is_object()) return damaged;
    const auto& object = value.as_object();
    Meta meta;
    const auto readText = [&](const char* name, std::string& out) {
        const auto* member = object.if_contains(name);
        if (member == nullptr || !member->is_string()) return false;
        out = member->as_string();
        return true;
    };
    const auto readNumber = [&](const char* name, std::uint64_t& out) {
        const auto* member = object.if_contains(name);
        if (member == nullptr || !(member->is_int64() || member->is_uint64())) return false;
        out = member->is_int64() ? static_cast<std::uint64_t>(member->as_int64()) : member->as_uint64();
        return true;
    };
    std::uint64_t format = 0;
    if (!readNumber("format", format) || format != 1) {
        return Error{ErrorCode::Corrupt, "the snapshot is of a format that this version does not read"};
    }
    if (!readText("id", meta.id) || !readText("cluster_id", meta.clusterId) || !readText("root", meta.root) ||
        !readText("cluster_name", meta.clusterName) || !readText("created_at", meta.createdAt) ||
        !readText("version", meta.version) || !readNumber("index", meta.index) ||
        !readNumber("key_count", meta.keyCount) || !readNumber("state_bytes", meta.stateBytes)) {
        return damaged;
    }
    readText("forest_root", meta.forestRoot); // of later versions only
    return meta;
}

/// The forest's root over entries that come in any order: a tree's digest is the XOR of its leaves'.
class RootOfEntries {
public:
    void add(const Entry& entry)
    {
        const auto tree = merkle::treeOf(entry.key);
        if (tree.empty()) return;
        auto at = m_trees.find(tree);
        if (at == m_trees.end()) at = m_trees.emplace(std::string{tree}, merkle::Forest::TreeState{.tree = std::string{tree}}).first;
        for (std::size_t n = 0; n < entry.leafDigest.size(); ++n) at->second.digest[n] ^= entry.leafDigest[n];
        ++at->second.leafCount;
    }
    std::string finish() const
    {
        merkle::Forest::State state;
        for (const auto& [name, tree] : m_trees) state.trees.push_back(tree);
        return merkle::Forest::rootOf(state);
    }

private:
    std::map<std::string, merkle::Forest::TreeState, std::less<>> m_trees;
};

/// Reads state.bin in pieces and cuts it into entries.
class EntryReader {
public:
    explicit EntryReader(const std::function<Result<>(Entry&&)>& visit) : m_visit{visit} {}

    Result<> feed(std::string_view data)
    {
        m_buffer.append(data);
        std::size_t at = 0;
        while (m_buffer.size() - at >= kEntryHeadBytes) {
            const std::string_view rest = std::string_view{m_buffer}.substr(at);
            const std::size_t keyBytes = readLittleEndian<std::uint32_t>(rest);
            const std::size_t valueBytes = readLittleEndian<std::uint32_t>(rest.substr(4));
            if (keyBytes == 0 || keyBytes + valueBytes > kEntryBytesMax) {
                return Error{ErrorCode::Corrupt, "an entry of the snapshot's state.bin is too large"};
            }
            if (rest.size() < kEntryHeadBytes + keyBytes + valueBytes) break;
            Entry entry;
            std::memcpy(entry.keyHash.data(), rest.data() + 8, 16);
            std::memcpy(entry.leafDigest.data(), rest.data() + 24, 16);
            entry.key = rest.substr(kEntryHeadBytes, keyBytes);
            entry.value = rest.substr(kEntryHeadBytes + keyBytes, valueBytes);
            at += kEntryHeadBytes + keyBytes + valueBytes;
            if (auto visited = m_visit(std::move(entry)); !visited) return visited;
        }
        m_buffer.erase(0, at);
        return {};
    }
    bool isComplete() const { return m_buffer.empty(); }

private:
    const std::function<Result<>(Entry&&)>& m_visit;
    std::string m_buffer;
};

Error damaged(std::string_view part)
{
    return Error{ErrorCode::Corrupt, "the snapshot's " + std::string{part} + " is damaged"};
}

/// Goes through the parts of an archive once, in order.
Result<> forEachPart(const std::filesystem::path& file,
                     const std::function<Result<>(std::string_view name, ::archive* reader)>& visit)
{
    ArchiveReader reader{::archive_read_new()};
    ::archive_read_support_filter_gzip(reader.get());
    ::archive_read_support_format_tar(reader.get());
    if (::archive_read_open_filename(reader.get(), file.c_str(), 256 * 1024) != ARCHIVE_OK) {
        return Error{ErrorCode::Corrupt, "the snapshot is not a gzip-compressed archive"};
    }
    while (true) {
        ::archive_entry* entry = nullptr;
        const int status = ::archive_read_next_header(reader.get(), &entry);
        if (status == ARCHIVE_EOF) return {};
        if (status != ARCHIVE_OK) return damaged("archive");
        const auto* name = ::archive_entry_pathname(entry);
        if (auto visited = visit(name != nullptr ? name : "", reader.get()); !visited) return visited;
    }
}

Result<> readPart(::archive* reader, std::string_view name, const std::function<Result<>(std::string_view)>& feed)
{
    std::string buffer(256 * 1024, '\0');
    while (true) {
        const auto count = ::archive_read_data(reader, buffer.data(), buffer.size());
        if (count == 0) return {};
        if (count < 0) return damaged(name);
        if (auto fed = feed(std::string_view{buffer}.substr(0, static_cast<std::size_t>(count))); !fed) return fed;
    }
}

Result<std::string> readSmallPart(::archive* reader, std::string_view name)
{
    std::string out;
    auto done = readPart(reader, name, [&](std::string_view data) -> Result<> {
        if (out.size() + data.size() > kSmallPartBytesMax) return damaged(name);
        out.append(data);
        return {};
    });
    if (!done) return std::move(done).error();
    return out;
}

std::string sumsText(std::string_view metaSum, std::string_view stateSum)
{
    std::string out;
    out.append(metaSum).append("  ").append(kMeta).append("\n").append(stateSum).append("  ").append(kState).append("\n");
    return out;
}

} // namespace

Result<Meta> writeArchive(const std::filesystem::path& file, Meta meta, const EntrySource& entries, const Sealing& sealing)
{
    // First pass: how much there is, and its checksum; tar wants the size before the data.
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
    const int handle = ::open(partial.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    if (handle < 0) {
        return Error{errno == ENOSPC ? ErrorCode::NoSpace : ErrorCode::Io,
                     "cannot create " + partial.string() + ": " + std::generic_category().message(errno)};
    }
    auto written = [&]() -> Result<> {
        Writer writer{::archive_write_new()};
        ::archive_write_add_filter_gzip(writer.get());
        ::archive_write_set_filter_option(writer.get(), "gzip", "compression-level", "1"); // ciphertext does not shrink
        ::archive_write_set_format_pax_restricted(writer.get());
        if (::archive_write_open_fd(writer.get(), handle) != ARCHIVE_OK) return writeError(writer.get());
        if (auto done = writePart(writer.get(), kMeta, metaText); !done) return done;
        if (auto done = beginPart(writer.get(), kState, meta.stateBytes); !done) return done;
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
        if (auto done = writePart(writer.get(), kSums, sums); !done) return done;
        if (auto done = writePart(writer.get(), kSealedSums, *sealed); !done) return done;
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

Result<OpenedArchive> readArchive(const std::filesystem::path& file, const Sealing& sealing,
                                  const std::function<Result<>(Entry&&)>& visit)
{
    std::error_code why;
    const auto unpackedBytesMax = std::max(kUnpackedBytesFloor, std::filesystem::file_size(file, why) * kUnpackedRatioMax);
    if (why) return Error{ErrorCode::Io, "cannot read the snapshot: " + why.message()};
    std::uintmax_t unpackedBytes = 0;
    std::string metaText, sums, sealedSums, stateSum;
    const std::function<Result<>(Entry&&)> ignore = [](Entry&&) -> Result<> { return {}; };
    auto checked = forEachPart(file, [&](std::string_view name, ::archive* reader) -> Result<> {
        if (name == kState) {
            // One part of each name: the checksum is of the last, and the entries of all would be given.
            if (!stateSum.empty()) return damaged("archive");
            crypto::Sha256 hash;
            EntryReader entries{ignore};
            auto done = readPart(reader, name, [&](std::string_view data) -> Result<> {
                unpackedBytes += data.size();
                if (unpackedBytes > unpackedBytesMax) return Error{ErrorCode::TooLarge, "the snapshot unpacks to more than one can hold"};
                hash.update(data);
                return entries.feed(data);
            });
            if (!done) return done;
            if (!entries.isComplete()) return damaged(name);
            const auto sum = hash.finish();
            stateSum = toHex(crypto::viewOf(sum));
            return {};
        }
        std::string* part = name == kMeta ? &metaText : name == kSums ? &sums : name == kSealedSums ? &sealedSums : nullptr;
        if (part == nullptr) return Error{ErrorCode::Corrupt, "the snapshot holds a part of unknown name"};
        if (!part->empty()) return damaged("archive");
        auto read = readSmallPart(reader, name);
        if (!read) return std::move(read).error();
        *part = std::move(*read);
        return {};
    });
    if (!checked) return std::move(checked).error();
    if (metaText.empty() || sums.empty() || stateSum.empty()) return Error{ErrorCode::Corrupt, "the snapshot is cut off"};
    if (sums != sumsText(crypto::sha256Hex(metaText), stateSum)) {
        return Error{ErrorCode::Corrupt, "the snapshot's checksums do not fit its contents"};
    }
    OpenedArchive opened;
    auto meta = metaFromJson(metaText);
    if (!meta) return std::move(meta).error();
    opened.meta = std::move(*meta);
    const auto openedSums = sealing.open(sealedSums);
    opened.isSealedByUs = openedSums.has_value() && *openedSums == sums;

    EntryReader entries{visit};
    auto visited = forEachPart(file, [&](std::string_view name, ::archive* reader) -> Result<> {
        if (name != kState) return {};
        return readPart(reader, name, [&](std::string_view data) { return entries.feed(data); });
    });
    if (!visited) return std::move(visited).error();
    return opened;
}

} // namespace core::snapshot
