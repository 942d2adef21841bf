// Runs a fuzz target over files, and all files of folders, where there is no libFuzzer.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

int runFile(const std::filesystem::path& file)
{
    std::ifstream in{file, std::ios::binary};
    const std::string bytes{std::istreambuf_iterator<char>{in}, {}};
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    return 1;
}

} // namespace

int main(int argumentCount, char** arguments)
{
    int fileCount = 0;
    for (int at = 1; at < argumentCount; ++at) {
        if (!std::filesystem::is_directory(arguments[at])) {
            fileCount += runFile(arguments[at]);
            continue;
        }
        for (const auto& entry : std::filesystem::recursive_directory_iterator{arguments[at]}) {
            if (entry.is_regular_file()) fileCount += runFile(entry.path());
        }
    }
    std::printf("%d inputs\n", fileCount);
    return fileCount > 0 ? 0 : 1;
}
