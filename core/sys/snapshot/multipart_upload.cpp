#include "core/sys/snapshot/multipart_upload.h"

#include "core/sys/node/node_endpoints.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <limits>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace core::sys {
namespace {

constexpr std::string_view kType = "multipart/form-data";
constexpr std::size_t kBoundaryBytesMax = 70; // RFC 2046 §5.1.1
constexpr std::size_t kHeaderBytesMax = 4096;
constexpr std::size_t kFieldBytesMax = 512;
constexpr std::size_t kPartCountMax = 300;
constexpr std::size_t kShareCountMax = 255;
constexpr std::size_t kReadBytes = 256u << 10;

Error invalid(const char* text)
{
    return Error{ErrorCode::InvalidArgument, text};
}

Error failed(const char* what)
{
    return Error{errno == ENOSPC || errno == EDQUOT ? ErrorCode::NoSpace : ErrorCode::Io,
                 std::string{what} + ": " + std::generic_category().message(errno)};
}

std::string lower(std::string_view text)
{
    std::string out{text};
    for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return out;
}

/// The value of a header's parameter, with or without quotes. Empty if there is none.
std::string parameter(std::string_view header, std::string_view name)
{
    const std::string all = lower(header);
    const std::string wanted = std::string{name} + '=';
    for (auto at = all.find(wanted); at != std::string::npos; at = all.find(wanted, at + 1)) {
        if (at > 0 && all[at - 1] != ';' && all[at - 1] != ' ' && all[at - 1] != '\t') continue;
        auto rest = header.substr(at + wanted.size());
        if (rest.starts_with('"')) {
            rest.remove_prefix(1);
            return std::string{rest.substr(0, rest.find('"'))};
        }
        return std::string{rest.substr(0, rest.find_first_of("; \t\r\n"))};
    }
    return {};
}

class OwnHandle {
public:
    explicit OwnHandle(int handle) : m_handle{handle} {}
    ~OwnHandle()
    {
        if (m_handle >= 0) ::close(m_handle);
    }
    OwnHandle(const OwnHandle&) = delete;
    OwnHandle& operator=(const OwnHandle&) = delete;
    int get() const { return m_handle; }
    bool close() { return ::close(std::exchange(m_handle, -1)) == 0; }

private:
    int m_handle;
};

/// Reads a file up to delimiters.
class PartReader {
public:
    explicit PartReader(int handle) : m_handle{handle} {}
    ~PartReader() { wipe(m_buffer); }
    PartReader(const PartReader&) = delete;
    PartReader& operator=(const PartReader&) = delete;

    std::uint64_t offset() const { return m_offset; } // of the next byte to return

    /// Passes everything before the delimiter to `take`, and skips the delimiter. Errors: InvalidArgument (more than `bytesMax`, or
    /// no delimiter), Io; those of `take`.
    template<class Take>
    Result<> readUntil(std::string_view delimiter, std::uint64_t bytesMax, Take&& take)
    {
        std::uint64_t given = 0;
        for (;;) {
            const auto at = m_buffer.find(delimiter);
            const auto keep = std::min(m_buffer.size(), delimiter.size() - 1); // can be the beginning of a delimiter
            const auto count = at != std::string::npos ? at : m_buffer.size() - keep;
            given += count;
            if (given > bytesMax) return invalid("a part of the form is too long");
            if (auto taken = take(std::string_view{m_buffer}.substr(0, count)); !taken) return taken;
            drop(count + (at != std::string::npos ? delimiter.size() : 0));
            if (at != std::string::npos) return {};
            const auto before = m_buffer.size();
            m_buffer.resize(before + kReadBytes);
            const auto got = ::read(m_handle, m_buffer.data() + before, kReadBytes);
            if (got < 0) return failed("reading the form");
            m_buffer.resize(before + static_cast<std::size_t>(got));
            if (got == 0) return invalid("the form is cut off");
        }
    }
    /// The next two bytes. Errors: InvalidArgument (cut off).
    Result<std::string> readPair()
    {
        if (m_buffer.size() < 2) {
            const auto before = m_buffer.size();
            m_buffer.resize(before + 2);
            const auto got = ::read(m_handle, m_buffer.data() + before, 2 - before);
            m_buffer.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
            if (m_buffer.size() < 2) return invalid("the form is cut off");
        }
        std::string pair = m_buffer.substr(0, 2);
        drop(2);
        return pair;
    }

private:
    void drop(std::size_t count)
    {
        m_buffer.erase(0, count);
        m_offset += count;
    }

    int m_handle;
    std::string m_buffer;
    std::uint64_t m_offset = 0;
};

Result<> writeAll(int handle, std::string_view bytes)
{
    while (!bytes.empty()) {
        const auto count = ::write(handle, bytes.data(), bytes.size());
        if (count <= 0) return failed("storing the snapshot");
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

/// Reads one field with a share, and overwrites its bytes in the file.
Result<> readField(PartReader& reader, int handle, const std::string& delimiter, std::vector<SecretBytes>& shares)
{
    std::string text;
    const auto begin = reader.offset();
    auto read = reader.readUntil(delimiter, kFieldBytesMax, [&text](std::string_view bytes) -> Result<> {
        text.append(bytes);
        return {};
    });
    const std::string zeros(text.size(), '\0');
    const bool isErased = ::pwrite(handle, zeros.data(), zeros.size(), static_cast<off_t>(begin)) == static_cast<ssize_t>(zeros.size());
    if (read && !isErased) read = failed("erasing a key share");
    if (read) read = addShare(text, shares);
    wipe(text);
    return read;
}

Result<> splitParts(PartReader& reader, int from, int to, const std::string& boundary, std::vector<SecretBytes>& shares)
{
    const auto ignore = [](std::string_view) -> Result<> { return {}; };
    if (auto begun = reader.readUntil("--" + boundary, kHeaderBytesMax, ignore); !begun) return begun;
    const std::string delimiter = "\r\n--" + boundary;
    bool hasSnapshot = false;
    for (std::size_t count = 0;; ++count) {
        const auto after = reader.readPair();
        if (!after) return after.error();
        if (*after == "--") return hasSnapshot ? Result<>{} : invalid("the form holds no snapshot");
        if (*after != "\r\n" || count == kPartCountMax) return invalid("the body is not a form");
        std::string headers = "\r\n";
        auto read = reader.readUntil("\r\n\r\n", kHeaderBytesMax, [&headers](std::string_view bytes) -> Result<> {
            headers.append(bytes);
            return {};
        });
        if (!read) return read;
        const auto disposition = lower(headers).find("\r\ncontent-disposition:");
        if (disposition == std::string::npos) return invalid("a part of the form has no name");
        const auto line = std::string_view{headers}.substr(disposition + 2);
        if (parameter(line.substr(0, line.find("\r\n")), "name") == "key") {
            if (auto field = readField(reader, from, delimiter, shares); !field) return field;
            continue;
        }
        if (std::exchange(hasSnapshot, true)) return invalid("the form holds more than one snapshot");
        auto copied =
            reader.readUntil(delimiter, std::numeric_limits<std::uint64_t>::max(), [to](std::string_view bytes) { return writeAll(to, bytes); });
        if (!copied) return copied;
    }
}

} // namespace

bool isMultipart(std::string_view contentType)
{
    return lower(contentType.substr(0, kType.size())) == kType;
}

Result<> addShare(std::string_view text, std::vector<SecretBytes>& shares)
{
    auto share = decodeShare(text);
    if (!share) return std::move(share).error();
    if (shares.size() == kShareCountMax) return invalid("too many key shares");
    shares.push_back(std::move(*share));
    return {};
}

Result<TemporaryFile> splitMultipart(const std::filesystem::path& file, std::string_view contentType, const std::filesystem::path& folder,
                                     std::vector<SecretBytes>& shares)
{
    const auto boundary = parameter(contentType, "boundary");
    if (boundary.empty() || boundary.size() > kBoundaryBytesMax) return invalid("the form's boundary is missing or too long");
    const OwnHandle from{::open(file.c_str(), O_RDWR | O_CLOEXEC)};
    if (from.get() < 0) return failed("reading the form");
    auto snapshot = TemporaryFile::create(folder / "upload-");
    if (!snapshot) return std::move(snapshot).error().withContext("storing the snapshot");
    OwnHandle to{::open(snapshot->path().c_str(), O_WRONLY | O_CLOEXEC)};
    if (to.get() < 0) return failed("storing the snapshot");
    PartReader reader{from.get()};
    auto done = splitParts(reader, from.get(), to.get(), boundary, shares);
    if (!to.close() && done) done = failed("storing the snapshot");
    if (!done) return std::move(done).error();
    return snapshot;
}

} // namespace core::sys
