#include "core/base/assert.h"
#include "core/sys/snapshot/multipart_upload.h"

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <unistd.h>

// A body as a form with a snapshot and key shares. It is refused and leaves no file, or its snapshot is in a separate file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace core;
    namespace fs = std::filesystem;
    static const fs::path folder = [] {
        std::string pattern = (fs::temp_directory_path() / "holdfast-fuzz-XXXXXX").string();
        CORE_ASSERT(::mkdtemp(pattern.data()) != nullptr);
        std::atexit([] { fs::remove_all(folder); });
        return fs::path{pattern};
    }();
    const auto file = folder / "body";
    std::ofstream{file, std::ios::binary | std::ios::trunc}.write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
    std::vector<SecretBytes> shares;
    {
        const auto split = sys::splitMultipart(file, "multipart/form-data; boundary=b", folder, shares);
        if (split) CORE_ASSERT(fs::file_size(split->path()) <= size);
    }
    CORE_ASSERT(shares.size() <= 255);
    CORE_ASSERT(std::distance(fs::directory_iterator{folder}, fs::directory_iterator{}) == 1);
    return 0;
}
