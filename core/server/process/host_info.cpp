#include "core/server/process/host_info.h"

#include "core/base/ascii.h"

#include <boost/json/array.hpp>

#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <vector>

namespace core::server {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::uint64_t kKib = 1024;
constexpr std::size_t kDisksMax = 256;

double numberOf(const std::string& text)
{
    double number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

double percent(double part, double whole)
{
    return whole > 0 ? part * 100.0 / whole : 0;
}

/// Lines `name : value` and blank lines between records.
std::vector<std::map<std::string, std::string>> recordsOf(const fs::path& path)
{
    std::ifstream file{path};
    std::vector<std::map<std::string, std::string>> records;
    std::map<std::string, std::string> record;
    for (std::string line; std::getline(file, line);) {
        const auto colon = line.find(':');
        if (colon != std::string::npos) {
            record[std::string{trimmed(line.substr(0, colon))}] = trimmed(line.substr(colon + 1));
        } else if (!record.empty()) {
            records.push_back(std::move(record));
            record.clear();
        }
    }
    if (!record.empty()) records.push_back(std::move(record));
    return records;
}

json::array processors(const fs::path& proc)
{
    json::array all;
    for (auto& record : recordsOf(proc / "cpuinfo")) {
        if (!record.contains("processor")) continue;
        all.push_back(json::object{{"cpu", static_cast<std::int64_t>(numberOf(record["processor"]))},
                                   {"vendorId", record["vendor_id"]},
                                   {"family", record["cpu family"]},
                                   {"model", record["model"]},
                                   {"modelName", record["model name"]},
                                   {"stepping", static_cast<std::int64_t>(numberOf(record["stepping"]))},
                                   {"physicalId", record["physical id"]},
                                   {"coreId", record["core id"]},
                                   {"cores", 1},
                                   {"mhz", numberOf(record["cpu MHz"])},
                                   {"cacheSize", static_cast<std::int64_t>(numberOf(record["cache size"]))}});
    }
    return all;
}

/// Seconds per state, one entry per processor.
json::array processorTimes(const fs::path& proc)
{
    constexpr const char* kStates[] = {"user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest", "guestNice"};
    const double ticksPerSecond = static_cast<double>(::sysconf(_SC_CLK_TCK));
    std::ifstream file{proc / "stat"};
    json::array all;
    for (std::string line; std::getline(file, line);) {
        std::istringstream words{line};
        std::string name;
        words >> name;
        if (!name.starts_with("cpu") || name == "cpu") continue;
        json::object times{{"cpu", name}};
        for (const auto* state : kStates) {
            double ticks = 0;
            words >> ticks;
            times[state] = ticks / ticksPerSecond;
        }
        all.push_back(std::move(times));
    }
    return all;
}

json::object memory(const fs::path& proc)
{
    json::object all;
    const auto records = recordsOf(proc / "meminfo");
    if (records.empty()) return all;
    const auto bytes = [&](const char* name) {
        const auto at = records.front().find(name);
        return at == records.front().end() ? std::uint64_t{0} : static_cast<std::uint64_t>(numberOf(at->second)) * kKib;
    };
    const auto total = bytes("MemTotal");
    const auto available = bytes("MemAvailable");
    all["total"] = total;
    all["available"] = available;
    all["used"] = total - std::min(total, available);
    all["usedPercent"] = percent(static_cast<double>(total - std::min(total, available)), static_cast<double>(total));
    constexpr std::pair<const char*, const char*> kOthers[] = {{"free", "MemFree"},
                                                               {"active", "Active"},
                                                               {"inactive", "Inactive"},
                                                               {"buffers", "Buffers"},
                                                               {"cached", "Cached"},
                                                               {"dirty", "Dirty"},
                                                               {"writeback", "Writeback"},
                                                               {"shared", "Shmem"},
                                                               {"slab", "Slab"},
                                                               {"mapped", "Mapped"},
                                                               {"swaptotal", "SwapTotal"},
                                                               {"swapfree", "SwapFree"},
                                                               {"swapcached", "SwapCached"},
                                                               {"committedas", "Committed_AS"}};
    for (const auto& [name, source] : kOthers) all[name] = bytes(source);
    return all;
}

/// The file systems of devices, each device once.
json::array disks(const fs::path& proc)
{
    std::ifstream file{proc / "mounts"};
    std::set<std::string> seen;
    json::array all;
    for (std::string line; all.size() < kDisksMax && std::getline(file, line);) {
        std::istringstream words{line};
        std::string device, path, type;
        words >> device >> path >> type;
        if (!device.starts_with('/') || !seen.insert(device).second) continue;
        struct statvfs found {};
        if (::statvfs(path.c_str(), &found) != 0 || found.f_blocks == 0) continue;
        const auto total = static_cast<std::uint64_t>(found.f_blocks) * found.f_frsize;
        const auto unused = static_cast<std::uint64_t>(found.f_bavail) * found.f_frsize;
        const auto used = (static_cast<std::uint64_t>(found.f_blocks) - found.f_bfree) * found.f_frsize;
        const auto inodesUsed = static_cast<std::uint64_t>(found.f_files) - found.f_ffree;
        all.push_back(json::object{{"path", path},
                                   {"fstype", type},
                                   {"total", total},
                                   {"free", unused},
                                   {"used", used},
                                   {"usedPercent", percent(static_cast<double>(used), static_cast<double>(used + unused))},
                                   {"inodesTotal", static_cast<std::uint64_t>(found.f_files)},
                                   {"inodesUsed", inodesUsed},
                                   {"inodesFree", static_cast<std::uint64_t>(found.f_ffree)},
                                   {"inodesUsedPercent", percent(static_cast<double>(inodesUsed), static_cast<double>(found.f_files))}});
    }
    return all;
}

/// NAME="value" lines, without the quotes.
std::map<std::string, std::string> releaseOf(const fs::path& path)
{
    std::ifstream file{path};
    std::map<std::string, std::string> values;
    for (std::string line; std::getline(file, line);) {
        const auto equals = line.find('=');
        if (equals == std::string::npos) continue;
        auto value = line.substr(equals + 1);
        std::erase(value, '"');
        values[line.substr(0, equals)] = std::move(value);
    }
    return values;
}

json::object host(const fs::path& proc, WallTime now)
{
    json::object all{{"os", "linux"}};
    struct utsname names {};
    if (::uname(&names) == 0) {
        all["hostname"] = names.nodename;
        all["kernelVersion"] = names.release;
        all["kernelArch"] = names.machine;
    }
    auto release = releaseOf("/etc/os-release");
    all["platform"] = release["ID"];
    all["platformFamily"] = release["ID_LIKE"].empty() ? release["ID"] : release["ID_LIKE"];
    all["platformVersion"] = release["VERSION_ID"];
    std::ifstream uptime{proc / "uptime"};
    double seconds = 0;
    if (uptime >> seconds) {
        all["uptime"] = static_cast<std::int64_t>(seconds);
        all["bootTime"] = toUnixSeconds(now) - static_cast<std::int64_t>(seconds);
    }
    std::error_code failed;
    std::uint64_t count = 0;
    for (auto at = fs::directory_iterator{proc, failed}; !failed && at != fs::directory_iterator{}; at.increment(failed)) {
        const auto name = at->path().filename().string();
        if (!name.empty() && name.find_first_not_of("0123456789") == std::string::npos) ++count;
    }
    all["procs"] = count;
    return all;
}

} // namespace

json::object hostInfo(WallTime now, const fs::path& proc)
{
    return {{"timestamp", toRfc3339(now)}, {"cpu", processors(proc)}, {"cpu_times", processorTimes(proc)},
            {"disk", disks(proc)},         {"host", host(proc, now)}, {"memory", memory(proc)}};
}

} // namespace core::server
