#include "core/server/process/profile.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <vector>

namespace core::server {
namespace {

namespace fs = std::filesystem;

struct Thread {
    int id = 0;
    std::string name;
    char state = '?'; // R runs, S sleeps, D waits for a disk
    double cpuSeconds = 0;
};

std::string contentsOf(const fs::path& file)
{
    std::ifstream in{file};
    return {std::istreambuf_iterator<char>{in}, {}};
}

/// Of `stat`: "17 (name) S …", with the user's and the system's time as the 14th and 15th field. The name can have blanks and parentheses.
bool readStat(const std::string& text, Thread& thread)
{
    const auto open = text.find('(');
    const auto close = text.rfind(')');
    if (open == std::string::npos || close == std::string::npos || close + 2 >= text.size()) return false;
    thread.name = text.substr(open + 1, close - open - 1);
    thread.state = text[close + 2];
    std::vector<std::string> fields; // from the 3rd one on
    std::size_t at = close + 2;
    while (at < text.size() && fields.size() < 13) {
        const auto end = std::min(text.find(' ', at), text.size());
        fields.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    if (fields.size() < 13) return false;
    double ticks = 0;
    for (const auto index : {11, 12}) {
        std::uint64_t value = 0;
        const auto& field = fields[static_cast<std::size_t>(index)];
        std::from_chars(field.data(), field.data() + field.size(), value);
        ticks += static_cast<double>(value);
    }
    thread.cpuSeconds = ticks / static_cast<double>(std::max(1L, ::sysconf(_SC_CLK_TCK)));
    return true;
}

std::vector<Thread> threadsOf(const fs::path& proc)
{
    std::vector<Thread> threads;
    std::error_code failed;
    for (fs::directory_iterator each{proc / "task", failed}, end; !failed && each != end; each.increment(failed)) {
        Thread thread;
        const auto name = each->path().filename().string();
        std::from_chars(name.data(), name.data() + name.size(), thread.id);
        if (readStat(contentsOf(each->path() / "stat"), thread)) threads.push_back(std::move(thread)); // else it has ended
    }
    std::ranges::sort(threads, {}, &Thread::id);
    return threads;
}

std::string line(const char* format, auto... values)
{
    char text[256];
    std::snprintf(text, sizeof text, format, values...);
    return text;
}

} // namespace

std::string threadsText(const fs::path& proc)
{
    const auto threads = threadsOf(proc);
    std::string out = "threads: total " + std::to_string(threads.size()) + "\n\n";
    out += line("%8s  %-16s  %-5s  %s\n", "id", "name", "state", "cpu seconds");
    for (const auto& thread : threads) out += line("%8d  %-16.16s  %-5c  %.2f\n", thread.id, thread.name.c_str(), thread.state, thread.cpuSeconds);
    return out;
}

std::string heapText()
{
    const auto heap = ::mallinfo2();
    std::string out = line("bytes in use: %zu\nbytes from the system: %zu\nof these mapped on their own: %zu\nfree bytes kept: %zu\n\n",
                           heap.uordblks + heap.hblkhd, heap.arena + heap.hblkhd, heap.hblkhd, heap.fordblks);
    char* text = nullptr;
    std::size_t size = 0;
    std::FILE* stream = ::open_memstream(&text, &size);
    if (!stream) return out;
    const bool isTold = ::malloc_info(0, stream) == 0;
    std::fclose(stream);
    if (isTold) out.append(text, size);
    std::free(text);
    return out;
}

std::string profileText(std::chrono::seconds time, const std::function<bool(std::chrono::milliseconds)>& pause, const fs::path& proc)
{
    constexpr std::chrono::milliseconds kBetween{10};
    struct Seen {
        std::string name;
        double cpuBefore = 0;
        double cpuAfter = 0;
        std::map<char, std::size_t> states;
    };
    std::map<int, Seen> seen;
    const auto looks = static_cast<std::size_t>(time / kBetween);
    std::size_t done = 0;
    while (done < looks) {
        for (const auto& thread : threadsOf(proc)) {
            auto [at, isNew] = seen.try_emplace(thread.id);
            if (isNew) at->second.cpuBefore = thread.cpuSeconds;
            at->second.name = thread.name;
            at->second.cpuAfter = thread.cpuSeconds;
            ++at->second.states[thread.state];
        }
        ++done;
        if (!pause(kBetween)) break;
    }
    std::vector<const Seen*> sorted;
    for (const auto& [id, each] : seen) sorted.push_back(&each);
    std::ranges::stable_sort(sorted, std::ranges::greater{}, [](const Seen* each) { return each->cpuAfter - each->cpuBefore; });
    std::string out = "samples: " + std::to_string(done) + ", one every 10 ms or more\n\n";
    out += line("%-16s  %12s  %8s  %8s  %8s\n", "thread", "cpu seconds", "running", "sleeping", "disk");
    for (const auto* each : sorted) {
        const auto share = [&](char state) {
            const auto found = each->states.find(state);
            return done == 0 || found == each->states.end() ? 0.0 : 100.0 * static_cast<double>(found->second) / static_cast<double>(done);
        };
        out += line("%-16.16s  %12.2f  %7.1f%%  %7.1f%%  %7.1f%%\n", each->name.c_str(), each->cpuAfter - each->cpuBefore, share('R'), share('S'),
                    share('D'));
    }
    return out;
}

} // namespace core::server
