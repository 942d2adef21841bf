#include "core/base/assert.h"
#include "core/snapshot/archive.h"

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <unistd.h>

// A file as a snapshot, and as the sealed part of one. It is refused, or all its entries are delivered, and only after the whole file was verified.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace core;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto split = snapshot::splitSignature(text); // possible content of an archive's seal
    CORE_ASSERT(text.starts_with(split.sums) && (!split.signature || !split.signature->isOf(split.sums) || split.sums.size() < text.size()));
    static const std::filesystem::path file = [] {
        std::string pattern = (std::filesystem::temp_directory_path() / "holdfast-fuzz-XXXXXX").string();
        const int descriptor = ::mkstemp(pattern.data());
        CORE_ASSERT(descriptor >= 0);
        ::close(descriptor);
        std::atexit([] { std::filesystem::remove(file); });
        return std::filesystem::path{pattern};
    }();
    std::ofstream{file, std::ios::binary | std::ios::trunc}.write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
    const snapshot::Sealing sealing{[](std::string_view sums) -> Result<std::string> { return "k" + std::string{sums}; },
                                    [](std::string_view sealed) -> Result<std::string> {
                                        if (!sealed.starts_with("k")) return Error{ErrorCode::PermissionDenied, "other key"};
                                        return std::string{sealed.substr(1)};
                                    }};
    std::uint64_t count = 0;
    const auto opened = snapshot::readArchive(file, sealing, [&](snapshot::Entry&& entry) -> Result<> {
        CORE_ASSERT(!entry.key.empty());
        ++count;
        return {};
    });
    CORE_ASSERT(!opened || count == opened->meta.keyCount);
    return 0;
}
