#include "core/snapshot/archive.h"

#include "core/barrier/store_format.h"
#include "core/base/bytes.h"
#include "core/base/encoding.h"
#include "core/crypto/digest.h"
#include "core/replication/wire/program_version.h"
#include "core/snapshot/archive_format.h"
#include "core/snapshot/archive_parts.h"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

namespace core::snapshot {
namespace {

namespace json = boost::json;

constexpr std::size_t kEntryBytesMax = 64u << 20;
constexpr std::size_t kSmallPartBytesMax = 1u << 20;
constexpr std::size_t kReadBytes = 256u << 10;
// Ciphertext and digests do not shrink. A file that unpacks to far more was made to fill a disk.
constexpr std::uintmax_t kUnpackedBytesFloor = 64u << 20;
constexpr std::uintmax_t kUnpackedRatioMax = 16;

constexpr std::size_t kMetaTextBytesMax = 512;

std::string textOf(const json::object& object, const char* name)
{
    const auto* value = object.if_contains(name);
    if (value == nullptr || !value->is_string() || value->get_string().size() > kMetaTextBytesMax) return {};
    return std::string{value->get_string()};
}

/// Only later versions write this. A field of another form is ignored.
Sets setsFromJson(const json::object& object)
{
    Sets sets{textOf(object, "performance_set_id"), textOf(object, "dr_set_id"), {}};
    const auto* members = object.if_contains("members");
    if (members == nullptr || !members->is_array()) return sets;
    for (const auto& each : members->get_array()) {
        if (!each.is_object() || sets.members.size() == Sets::kMemberCountMax) break;
        Sets::Member member{textOf(each.get_object(), "type"), textOf(each.get_object(), "id"), textOf(each.get_object(), "api_address")};
        const bool isAddress = member.apiAddress.starts_with("http://") || member.apiAddress.starts_with("https://");
        const bool isPlain = std::ranges::all_of(member.apiAddress, [](char c) { return c > ' ' && c < 0x7f && c != '@' && c != '?' && c != '#'; });
        if (!isAddress || !isPlain) member.apiAddress.clear();
        if (member.type == "performance" || member.type == "dr") sets.members.push_back(std::move(member));
    }
    return sets;
}

Result<Meta> metaFromJson(std::string_view text)
{
    json::error_code error;
    const auto value = json::parse(text, error);
    const auto damaged = Error{ErrorCode::Corrupt, "the snapshot's meta.json is damaged"};
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
        return Error{ErrorCode::Corrupt, "the snapshot has a format that this version cannot read"};
    }
    if (!readText("id", meta.id) || !readText("cluster_id", meta.clusterId) || !readText("root", meta.root) ||
        !readText("cluster_name", meta.clusterName) || !readText("created_at", meta.createdAt) || !readText("version", meta.version) ||
        !readNumber("index", meta.index) || !readNumber("key_count", meta.keyCount) || !readNumber("state_bytes", meta.stateBytes)) {
        return damaged;
    }
    readText("forest_root", meta.forestRoot); // only later versions write this
    std::uint64_t storeFormat = 1;            // the same
    readNumber("store_format", storeFormat);
    meta.storeFormat = static_cast<std::uint32_t>(std::min<std::uint64_t>(storeFormat, std::numeric_limits<std::uint32_t>::max()));
    if (auto known = barrier::StoreFormat{meta.storeFormat, replication::programFromWire(meta.version)}.check("the snapshot"); !known)
        return known.error();
    if (const auto* sets = object.if_contains("replication"); sets != nullptr && sets->is_object()) meta.sets = setsFromJson(sets->get_object());
    return meta;
}

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

Result<ArchiveParts> openParts(const std::filesystem::path& file)
{
    std::error_code why;
    const auto bytes = std::filesystem::file_size(file, why);
    if (why) return Error{ErrorCode::Io, "cannot read the snapshot: " + why.message()};
    return ArchiveParts::open(file, std::max(kUnpackedBytesFloor, bytes * kUnpackedRatioMax));
}

Result<> readPart(ArchiveParts& parts, const std::function<Result<>(std::string_view)>& feed)
{
    std::vector<char> buffer(kReadBytes);
    for (;;) {
        const auto count = parts.read(buffer);
        if (!count) return count.error();
        if (*count == 0) return {};
        if (auto fed = feed({buffer.data(), *count}); !fed) return fed;
    }
}

/// The checked parts of an archive, without the entries.
struct Checked {
    std::string meta, sums, sealedSums;
    std::string stateSum;
    std::uint64_t keyCount = 0, stateBytes = 0;
};

Result<> checkState(ArchiveParts& parts, Checked& checked)
{
    crypto::Sha256 hash;
    const std::function<Result<>(Entry &&)> count = [&checked](Entry&&) -> Result<> {
        ++checked.keyCount;
        return {};
    };
    EntryReader entries{count};
    auto done = readPart(parts, [&](std::string_view data) -> Result<> {
        hash.update(data);
        checked.stateBytes += data.size();
        return entries.feed(data);
    });
    if (!done) return done;
    if (!entries.isComplete()) return damaged(kStatePart);
    const auto sum = hash.finish();
    checked.stateSum = toHex(crypto::viewOf(sum));
    return {};
}

/// Reads the whole file once. Each name can occur only once: of two parts, the checksum would be that of the last one, but both would give entries.
Result<Checked> checkParts(const std::filesystem::path& file)
{
    auto parts = openParts(file);
    if (!parts) return std::move(parts).error();
    Checked checked;
    std::vector<std::string> seen;
    for (;;) {
        auto part = parts->next();
        if (!part) return std::move(part).error();
        if (!*part) break;
        const auto& name = (*part)->name;
        if (std::ranges::find(seen, name) != seen.end()) return Error{ErrorCode::Corrupt, "the snapshot holds a part twice"};
        seen.push_back(name);
        if (name == kStatePart) {
            if (auto done = checkState(*parts, checked); !done) return std::move(done).error();
            continue;
        }
        std::string* to = name == kMetaPart         ? &checked.meta
                          : name == kSumsPart       ? &checked.sums
                          : name == kSealedSumsPart ? &checked.sealedSums
                                                    : nullptr;
        if (to == nullptr) return Error{ErrorCode::Corrupt, "the snapshot holds a part of unknown name"};
        if ((*part)->bytes == 0 || (*part)->bytes > kSmallPartBytesMax) return damaged(name);
        auto done = readPart(*parts, [to](std::string_view data) -> Result<> {
            to->append(data);
            return {};
        });
        if (!done) return std::move(done).error();
    }
    if (checked.meta.empty() || checked.sums.empty() || checked.stateSum.empty()) return Error{ErrorCode::Corrupt, "the snapshot is cut off"};
    return checked;
}

} // namespace

Result<> readEntries(const std::filesystem::path& file, const std::function<Result<>(Entry&&)>& visit)
{
    auto parts = openParts(file);
    if (!parts) return std::move(parts).error();
    for (;;) {
        auto part = parts->next();
        if (!part) return std::move(part).error();
        if (!*part) return {};
        if ((*part)->name != kStatePart) continue;
        EntryReader entries{visit};
        return readPart(*parts, [&](std::string_view data) { return entries.feed(data); });
    }
}

Result<OpenedArchive> readArchive(const std::filesystem::path& file, const Sealing& sealing, const std::function<Result<>(Entry&&)>& visit)
{
    auto checked = checkParts(file);
    if (!checked) return std::move(checked).error();
    if (checked->sums != sumsText(crypto::sha256Hex(checked->meta), checked->stateSum)) {
        return Error{ErrorCode::Corrupt, "the snapshot's checksums do not match its contents"};
    }
    OpenedArchive opened;
    auto meta = metaFromJson(checked->meta);
    if (!meta) return std::move(meta).error();
    opened.meta = std::move(*meta);
    if (opened.meta.keyCount != checked->keyCount || opened.meta.stateBytes != checked->stateBytes) {
        return Error{ErrorCode::Corrupt, "the snapshot holds " + std::to_string(checked->keyCount) + " entries of " +
                                             std::to_string(checked->stateBytes) + " bytes, its meta.json says " +
                                             std::to_string(opened.meta.keyCount) + " of " + std::to_string(opened.meta.stateBytes)};
    }
    opened.sums = std::move(checked->sums);
    opened.sealedSums = std::move(checked->sealedSums);
    opened.isSealedByUs = isSealedBy(sealing, opened, opened.signature);
    if (auto visited = readEntries(file, visit); !visited) return std::move(visited).error();
    return opened;
}

bool isSealedBy(const Sealing& sealing, const OpenedArchive& archive, std::optional<SumsSignature>& signature)
{
    const auto text = sealing.open(archive.sealedSums);
    if (!text) return false;
    auto parts = splitSignature(*text);
    if (parts.sums != archive.sums) return false;
    if (parts.signature && parts.signature->isOf(archive.sums)) signature = std::move(parts.signature);
    return true;
}

} // namespace core::snapshot
