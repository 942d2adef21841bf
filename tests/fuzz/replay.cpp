// Runs a fuzz target on files, and on all files of folders, without libFuzzer. With `-seconds=N` it then mutates these inputs for that time, from
// `-seed=S`. It writes each input to a file in the temporary folder first, so that the input that ends the program can be examined. It prints
// the file's name at the start, and removes the file if it found nothing.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void run(const std::string& bytes)
{
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

std::string read(const std::filesystem::path& file)
{
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

std::string mutated(const std::vector<std::string>& corpus, std::mt19937_64& random)
{
    static constexpr unsigned char kTelling[] = {0x00, 0x01, 0x7f, 0x80, 0xff, '{', '"', '.', '/'};
    const auto pick = [&](std::size_t below) { return static_cast<std::size_t>(random() % below); };
    std::string bytes = corpus[pick(corpus.size())];
    for (auto count = pick(8) + 1; count-- > 0;) {
        const auto at = pick(bytes.size() + 1);
        const auto length = std::min(pick(16) + 1, bytes.size() - at);
        switch (pick(7)) {
        case 0:
            if (at < bytes.size()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << pick(8)));
            break;
        case 1:
            if (at < bytes.size()) bytes[at] = static_cast<char>(kTelling[pick(sizeof kTelling)]);
            break;
        case 2: bytes.insert(at, 1, static_cast<char>(random())); break;
        case 3: bytes.erase(at, length); break;
        case 4: bytes.insert(pick(bytes.size() + 1), std::string{bytes.substr(at, length)}); break;
        case 5: bytes.resize(at); break;
        default: { // the end of another input replaces the end of this one
            const auto& other = corpus[pick(corpus.size())];
            bytes = bytes.substr(0, at) + other.substr(pick(other.size() + 1));
        }
        }
    }
    return bytes;
}

} // namespace

int main(int argumentCount, char** arguments)
{
    std::vector<std::string> corpus;
    long seconds = 0;
    std::uint64_t seed = 1;
    for (int at = 1; at < argumentCount; ++at) {
        const std::string_view word = arguments[at];
        if (word.starts_with("-seconds=")) {
            seconds = std::stol(std::string{word.substr(9)});
        } else if (word.starts_with("-seed=")) {
            seed = std::stoull(std::string{word.substr(6)});
        } else if (!std::filesystem::is_directory(word)) {
            corpus.push_back(read(word));
        } else {
            for (const auto& entry : std::filesystem::recursive_directory_iterator{word}) {
                if (entry.is_regular_file()) corpus.push_back(read(entry.path()));
            }
        }
    }
    for (const auto& bytes : corpus) run(bytes);
    std::printf("%zu inputs\n", corpus.size());
    if (corpus.empty()) return 1;
    if (seconds <= 0) return 0;
    const auto program = std::filesystem::path{arguments[0]}.filename().string();
    const auto last = std::filesystem::temp_directory_path() / (program + "-input-" + std::to_string(::getpid()));
    std::printf("the input that is run is in %s\n", last.c_str());
    std::fflush(stdout); // a crash would not flush it
    std::mt19937_64 random{seed};
    std::uint64_t count = 0;
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{seconds};
    while (std::chrono::steady_clock::now() < until) {
        const auto bytes = mutated(corpus, random);
        std::ofstream{last, std::ios::binary | std::ios::trunc} << bytes;
        run(bytes);
        ++count;
    }
    std::filesystem::remove(last);
    std::printf("%llu mutated inputs, nothing found\n", static_cast<unsigned long long>(count));
    return 0;
}
