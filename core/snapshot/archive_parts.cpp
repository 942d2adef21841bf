#include "core/snapshot/archive_parts.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace core::snapshot {
namespace {

constexpr std::size_t kBlockBytes = 512;
constexpr std::uint64_t kExtendedBytesMax = 64u << 10; // of a pax header
constexpr std::size_t kReadBytes = 64u << 10;
// Input that brings no output: the last block read, and gzip's own framing. An empty gzip member brings no output at all.
constexpr std::uint64_t kIdleInputBytesMax = 1u << 20;

Error noArchive()
{
    return Error{ErrorCode::Corrupt, "the snapshot is not a gzip-compressed archive"};
}

Error damagedArchive()
{
    return Error{ErrorCode::Corrupt, "the snapshot's archive is damaged"};
}

/// A number in a tar header: octal digits, or big-endian behind a byte with its top bit set. Empty if it is no number.
std::optional<std::uint64_t> headerNumber(std::string_view field)
{
    std::uint64_t value = 0;
    if (!field.empty() && (static_cast<unsigned char>(field[0]) & 0x80) != 0) {
        for (std::size_t at = 0; at < field.size(); ++at) {
            const auto byte = static_cast<unsigned char>(field[at]) & (at == 0 ? 0x7fu : 0xffu);
            if (value >> 55 != 0) return std::nullopt;
            value = value << 8 | byte;
        }
        return value;
    }
    while (field.starts_with(' ')) field.remove_prefix(1);
    const auto end = field.find_first_of(std::string_view{" \0", 2});
    field = field.substr(0, end);
    if (field.empty()) return value;
    const auto [stop, failure] = std::from_chars(field.data(), field.data() + field.size(), value, 8);
    if (failure != std::errc{} || stop != field.data() + field.size()) return std::nullopt;
    return value;
}

bool isChecksumRight(std::string_view block)
{
    std::uint64_t sum = 0;
    for (std::size_t at = 0; at < block.size(); ++at) sum += at >= 148 && at < 156 ? ' ' : static_cast<unsigned char>(block[at]);
    return headerNumber(block.substr(148, 8)) == sum;
}

/// The fields of a pax header that describe the part behind it.
struct Extended {
    std::optional<std::string> name;
    std::optional<std::uint64_t> bytes;
};

/// Reads records "<length> <key>=<value>\n". False if the text has another form.
bool readExtended(std::string_view text, Extended& out)
{
    while (!text.empty()) {
        std::size_t length = 0;
        const auto [stop, failure] = std::from_chars(text.data(), text.data() + std::min<std::size_t>(text.size(), 8), length);
        const auto digits = static_cast<std::size_t>(stop - text.data());
        if (failure != std::errc{} || length <= digits + 1 || length > text.size() || text[digits] != ' ' || text[length - 1] != '\n') return false;
        const auto record = text.substr(digits + 1, length - digits - 2);
        const auto equals = record.find('=');
        if (equals == std::string_view::npos) return false;
        const auto value = record.substr(equals + 1);
        if (record.substr(0, equals) == "path") out.name = value;
        if (record.substr(0, equals) == "size") {
            std::uint64_t bytes = 0;
            const auto [end, wrong] = std::from_chars(value.data(), value.data() + value.size(), bytes);
            if (wrong != std::errc{} || end != value.data() + value.size()) return false;
            out.bytes = bytes;
        }
        text.remove_prefix(length);
    }
    return true;
}

} // namespace

/// The unpacked file. libarchive only removes gzip.
struct ArchiveParts::Source {
    Source(int file, std::uint64_t bytesMax) : handle{file}, unpackedBytesMax{bytesMax}, buffer(kReadBytes) {}
    ~Source()
    {
        if (reader != nullptr) ::archive_read_free(reader);
        if (handle >= 0) ::close(handle);
    }
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;

    static la_ssize_t give(::archive* a, void* data, const void** bytes)
    {
        auto& self = *static_cast<Source*>(data);
        if (self.inputBytes > self.unpackedBytes + kIdleInputBytesMax) {
            ::archive_set_error(a, EINVAL, "it unpacks to fewer bytes than the file has");
            return -1;
        }
        const auto count = ::read(self.handle, self.buffer.data(), self.buffer.size());
        if (count < 0) {
            ::archive_set_error(a, errno, "reading");
            return -1;
        }
        self.inputBytes += static_cast<std::uint64_t>(count);
        *bytes = self.buffer.data();
        return count;
    }

    /// Fills `out`, or less of it at the end.
    Result<std::size_t> read(std::span<char> out)
    {
        std::size_t done = 0;
        while (done < out.size()) {
            const auto count = ::archive_read_data(reader, out.data() + done, out.size() - done);
            if (count < 0) return damagedArchive();
            if (count == 0) break;
            done += static_cast<std::size_t>(count);
            unpackedBytes += static_cast<std::uint64_t>(count);
            if (unpackedBytes > unpackedBytesMax) return Error{ErrorCode::TooLarge, "the snapshot unpacks to more than one can hold"};
        }
        return done;
    }

    int handle = -1;
    ::archive* reader = nullptr;
    std::uint64_t unpackedBytesMax;
    std::uint64_t unpackedBytes = 0, inputBytes = 0;
    std::vector<char> buffer;
};

ArchiveParts::ArchiveParts(std::unique_ptr<Source> source) : m_source{std::move(source)} {}
ArchiveParts::ArchiveParts(ArchiveParts&&) noexcept = default;
ArchiveParts::~ArchiveParts() = default;

Result<ArchiveParts> ArchiveParts::open(const std::filesystem::path& file, std::uint64_t unpackedBytesMax)
{
    const int handle = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (handle < 0) return Error{ErrorCode::Io, "cannot read the snapshot: " + std::generic_category().message(errno)};
    auto source = std::make_unique<Source>(handle, unpackedBytesMax);
    source->reader = ::archive_read_new();
    if (source->reader == nullptr) return Error{ErrorCode::Io, "no memory to read the snapshot"};
    ::archive_read_support_filter_gzip(source->reader);
    ::archive_read_support_format_raw(source->reader);
    ::archive_entry* entry = nullptr;
    if (::archive_read_open(source->reader, source.get(), nullptr, Source::give, nullptr) != ARCHIVE_OK ||
        ::archive_read_next_header(source->reader, &entry) != ARCHIVE_OK) {
        return noArchive();
    }
    return ArchiveParts{std::move(source)};
}

Result<> ArchiveParts::readWhole(std::span<char> out)
{
    const auto got = m_source->read(out);
    if (!got) return got.error();
    if (*got != out.size()) return Error{ErrorCode::Corrupt, "the snapshot is cut off"};
    return {};
}

Result<> ArchiveParts::skip(std::uint64_t bytes)
{
    std::array<char, 8 * kBlockBytes> passed;
    while (bytes > 0) {
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, passed.size()));
        if (auto read = readWhole(std::span{passed}.first(count)); !read) return read;
        bytes -= count;
    }
    return {};
}

Result<std::optional<ArchiveParts::Part>> ArchiveParts::next()
{
    if (m_isOver) return std::optional<Part>{};
    if (auto skipped = skip(m_rest); !skipped) return std::move(skipped).error();
    if (auto skipped = skip(m_padding); !skipped) return std::move(skipped).error();
    m_rest = m_padding = 0;
    return readHeaders();
}

Result<std::optional<ArchiveParts::Part>> ArchiveParts::readHeaders()
{
    Extended extended;
    for (;;) {
        std::array<char, kBlockBytes> bytes;
        const auto got = m_source->read(bytes);
        if (!got) return got.error();
        const std::string_view block{bytes.data(), *got};
        const bool isEnd = block.find_first_not_of('\0') == std::string_view::npos; // also if the file just ends
        if (isEnd) {
            m_isOver = true;
            return m_headerCount == 0 ? Result<std::optional<Part>>{noArchive()} : std::optional<Part>{};
        }
        if (block.size() != kBlockBytes || !isChecksumRight(block)) return m_headerCount == 0 ? noArchive() : damagedArchive();
        if (++m_headerCount > kHeaderCountMax) return Error{ErrorCode::Corrupt, "the snapshot's archive has too many parts"};
        const auto size = headerNumber(block.substr(124, 12));
        if (!size) return damagedArchive();
        const auto padded = [](std::uint64_t count) { return (kBlockBytes - count % kBlockBytes) % kBlockBytes; };
        const char kind = block[156];
        if (kind == 'x' || kind == 'g') {
            if (*size > kExtendedBytesMax) return damagedArchive();
            std::string text(static_cast<std::size_t>(*size), '\0');
            if (auto read = readWhole(text); !read) return std::move(read).error();
            if (auto skipped = skip(padded(*size)); !skipped) return std::move(skipped).error();
            if (kind == 'x' && !readExtended(text, extended)) return damagedArchive();
            continue;
        }
        if (kind != '0' && kind != '\0') return Error{ErrorCode::Corrupt, "the snapshot's archive holds something that is no file"};
        const auto name = block.substr(0, 100);
        Part part{std::string{name.substr(0, name.find('\0'))}, *size};
        if (extended.name) part.name = std::move(*extended.name);
        if (extended.bytes) part.bytes = *extended.bytes;
        m_rest = part.bytes;
        m_padding = padded(part.bytes);
        return std::optional<Part>{std::move(part)};
    }
}

Result<std::size_t> ArchiveParts::read(std::span<char> out)
{
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(m_rest, out.size()));
    if (count == 0) return std::size_t{0};
    if (auto done = readWhole(out.first(count)); !done) return std::move(done).error();
    m_rest -= count;
    return count;
}

} // namespace core::snapshot
