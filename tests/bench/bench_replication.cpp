// Measures replication between stores on disk, over real TLS on loopback, without the API. It prints each figure beside its floor of the same run.
//
//   bench_replication [--directory PATH] [--keys N] [lag] [link] [fanout] [sync] [scrub] [checkpoint]

#include "core/replication/forest/forest_keeper.h"
#include "tests/bench/process_time.h"
#include "tests/bench/replication_sinks.h"
#include "tests/core/cluster/test_cluster.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <set>
#include <unistd.h>

using namespace core;
using namespace core::replication;
using bench::cpuSeconds;
using testing_cluster::TestCluster;
using Steady = std::chrono::steady_clock;

namespace {

constexpr std::size_t kValueBytes = 350;
constexpr std::uint64_t kEntriesToCatchUp = 200'000;
constexpr const char* kFolder = "logical/6f1d2c3b-1111-2222-3333-444455556666/";

double seconds(std::chrono::nanoseconds time)
{
    return std::chrono::duration<double>{time}.count();
}

struct Percentiles {
    double p50 = 0, p99 = 0, most = 0;
};
Percentiles percentilesOf(std::vector<double> values)
{
    if (values.empty()) return {};
    std::ranges::sort(values);
    return {values[values.size() / 2], values[values.size() * 99 / 100], values.back()};
}

/// A bare fdatasync on a pre-written file, at the pace of the measured writes.
Percentiles fdatasyncFloor(const std::filesystem::path& path, double perSecond, std::chrono::seconds time)
{
    log::PosixFileSystem files;
    auto file = files.create(path);
    if (!file) std::exit(1);
    const std::string zeros(1u << 20, '\0');
    for (std::uint64_t at = 0; at < 16; ++at) static_cast<void>((*file)->write(at << 20, zeros).has_value());
    static_cast<void>((*file)->sync().has_value());
    std::vector<double> times;
    const std::string record(480, 'r');
    const auto begin = Steady::now();
    auto due = begin;
    for (std::uint64_t at = 0; due - begin < time; at = (at + record.size()) % (15u << 20)) {
        std::this_thread::sleep_until(due);
        const auto before = Steady::now();
        static_cast<void>((*file)->write(at, record).has_value());
        static_cast<void>((*file)->sync().has_value());
        times.push_back(seconds(Steady::now() - before) * 1e6);
        due += std::chrono::nanoseconds{static_cast<std::int64_t>(1e9 / perSecond)};
    }
    return percentilesOf(std::move(times));
}

/// Runs completions of commits on its own thread, as an event loop does.
class Loop final : public Executor {
public:
    Loop() : m_worker{std::make_unique<Worker>()} {}
    void post(Task task) override { m_worker->post(std::move(task)); }

private:
    std::unique_ptr<Worker> m_worker;
};

/// Writes to a cluster with this many writers for this long. Measures writes per second, and the longest time between two answers.
struct Writes {
    double perSecond = 0, cpuMicroseconds = 0, longestGapMs = 0;
    std::uint64_t count = 0;
};

class Writer {
public:
    Writer(TestCluster& cluster, int outstanding, std::uint64_t keys) : m_cluster{cluster}, m_keys{keys}
    {
        m_last = Steady::now();
        for (int at = 0; at < outstanding; ++at) start();
    }
    ~Writer() { finish(); }
    void finish()
    {
        m_isOver = true;
        while (m_running > 0) std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    std::uint64_t count() const { return m_count; }
    double takeLongestGapMs() { return static_cast<double>(m_longestGapNs.exchange(0)) / 1e6; }

    Writes measure(std::chrono::seconds time)
    {
        const auto before = m_count.load();
        const auto cpu = cpuSeconds();
        static_cast<void>(takeLongestGapMs());
        const auto begin = Steady::now();
        std::this_thread::sleep_for(time);
        const auto written = m_count.load() - before;
        return {static_cast<double>(written) / seconds(Steady::now() - begin), (cpuSeconds() - cpu) * 1e6 / static_cast<double>(written),
                takeLongestGapMs(), written};
    }

private:
    void start()
    {
        ++m_running;
        auto transaction = m_cluster.store().begin();
        barrier::View view{transaction, m_cluster.barrier(), barrier::StorageClass::Shared, kFolder, {true, true}};
        if (!view.put(std::to_string(++m_number * 7919 % m_keys), std::string(kValueBytes, 'v'))) std::exit(1);
        m_cluster.store().commit(std::move(transaction), m_loop, [this](const Result<LogIndex>& result) {
            if (!result) {
                std::fprintf(stderr, "commit: %s\n", toString(result.error()).c_str());
                std::exit(1);
            }
            const auto now = Steady::now();
            const auto gap = (now - m_last).count();
            m_last = now;
            if (gap > m_longestGapNs) m_longestGapNs = gap;
            ++m_count;
            if (!m_isOver) start();
            --m_running;
        });
    }

    TestCluster& m_cluster;
    const std::uint64_t m_keys;
    std::atomic<std::uint64_t> m_number{0}, m_count{0};
    std::atomic<int> m_running{0};
    std::atomic<bool> m_isOver{false};
    Steady::time_point m_last; // the loop's thread
    std::atomic<std::int64_t> m_longestGapNs{0};
    Loop m_loop;
};

void fill(TestCluster& cluster, std::uint64_t keys, std::uint64_t first = 0)
{
    const std::string value(kValueBytes, 'v');
    for (std::uint64_t number = first; number < first + keys;) {
        auto transaction = cluster.store().begin();
        barrier::View view{transaction, cluster.barrier(), barrier::StorageClass::Shared, kFolder, {true, true}};
        for (int at = 0; at < 500 && number < first + keys; ++at, ++number) {
            if (!view.put(std::to_string(number), value)) std::exit(1);
        }
        if (!cluster.store().commitAndWait(std::move(transaction))) std::exit(1);
    }
}

bool waitInSync(TestCluster& primary, TestCluster& secondary)
{
    for (int tries = 0; tries < 60; ++tries) {
        if (secondary.isInSyncWith(primary, Type::Performance)) return true;
    }
    return false;
}

/// Records when the secondary reached each index of the primary's log.
class Arrivals {
public:
    explicit Arrivals(TestCluster& secondary) : m_secondary{secondary}
    {
        m_subscription = secondary.store().subscribe([this](LogIndex) {
            const auto stored = m_secondary.store().reader().get(Position::key(Type::Performance));
            const auto position = stored && *stored ? Position::decode(**stored) : Result<Position>{Error{ErrorCode::NotFound, {}}};
            if (!position) return;
            MutexLock lock{m_mutex};
            m_reached.emplace_back(position->index, Steady::now());
        });
    }
    /// For each answered write: microseconds from the answer until the secondary can read it.
    std::vector<double> lags(const std::vector<std::pair<LogIndex, Steady::time_point>>& answered)
    {
        MutexLock lock{m_mutex};
        std::vector<double> out;
        auto at = m_reached.begin();
        for (const auto& [index, when] : answered) {
            while (at != m_reached.end() && at->first < index) ++at;
            if (at == m_reached.end()) break;
            out.push_back(std::max(0.0, seconds(at->second - when) * 1e6));
        }
        return out;
    }
    LogIndex reached()
    {
        MutexLock lock{m_mutex};
        return m_reached.empty() ? LogIndex{} : m_reached.back().first;
    }

private:
    TestCluster& m_secondary;
    Mutex m_mutex;
    std::vector<std::pair<LogIndex, Steady::time_point>> m_reached CORE_GUARDED_BY(m_mutex);
    std::unique_ptr<log::Subscription> m_subscription;
};

class Bench {
public:
    Bench(std::filesystem::path directory, std::uint64_t keys) : m_directory{std::move(directory)}, m_keys{keys} {}

    void lag()
    {
        auto primary = cluster("lag-primary");
        auto secondary = cluster("lag-secondary");
        fill(*primary, 1000);
        pair(*primary, *secondary);
        for (const double perSecond : {1.0, 100.0, 1000.0}) {
            const std::chrono::seconds time{perSecond < 10 ? 10 : 5};
            const auto floor = fdatasyncFloor(m_directory / "floor", perSecond, time);
            Arrivals arrivals{*secondary};
            std::vector<std::pair<LogIndex, Steady::time_point>> answered;
            std::vector<double> commits;
            const auto begin = Steady::now();
            auto due = begin;
            for (std::uint64_t number = 0; due - begin < time; ++number) {
                std::this_thread::sleep_until(due);
                const auto before = Steady::now();
                const auto index = primary->putShared(kFolder + std::to_string(number), std::string(kValueBytes, 'v'));
                if (!index) std::exit(1);
                answered.emplace_back(*index, Steady::now());
                commits.push_back(seconds(answered.back().second - before) * 1e6);
                due += std::chrono::nanoseconds{static_cast<std::int64_t>(1e9 / perSecond)};
            }
            testing_cluster::eventually([&] { return arrivals.reached() >= answered.back().first; });
            const auto lag = percentilesOf(arrivals.lags(answered));
            const auto commit = percentilesOf(std::move(commits));
            std::printf(
                "lag at %4.0f writes/s: p50 %6.0f us, p99 %6.0f us; commit p50 %4.0f us, p99 %5.0f us; floor: fdatasync p50 %4.0f us, p99 %5.0f us; "
                "ratio p50 %.2f, p99 %.2f\n",
                perSecond, lag.p50, lag.p99, commit.p50, commit.p99, floor.p50, floor.p99, lag.p50 / floor.p50, lag.p99 / floor.p99);
            std::fflush(stdout);
        }
        Writes alone;
        {
            auto lonely = cluster("lag-lonely");
            Writer writer{*lonely, 32, 100'000};
            alone = writer.measure(std::chrono::seconds{5});
        }
        Arrivals arrivals{*secondary};
        Writer writer{*primary, 32, 100'000};
        const auto both = writer.measure(std::chrono::seconds{10});
        const auto behind = primary->store().appliedIndex().value() - arrivals.reached().value();
        const auto begin = Steady::now();
        writer.finish();
        const auto last = primary->store().appliedIndex();
        testing_cluster::eventually([&] { return arrivals.reached() >= last; });
        std::printf(
            "saturation, both ends and 32 writers on one machine: %.0f writes/s (alone %.0f: %.2f); %llu entries behind at the end, gone in %.0f ms\n",
            both.perSecond, alone.perSecond, both.perSecond / alone.perSecond, static_cast<unsigned long long>(behind),
            seconds(Steady::now() - begin) * 1e3);
        std::fflush(stdout);
    }

    /// The rate of a link with nothing else to do: the secondary catches up with entries from while it was away.
    void link()
    {
        auto primary = cluster("link-primary");
        const auto ofPrimary = bench::threadTimes(); // its threads, and this one
        auto secondary = cluster("link-secondary");
        fill(*primary, 1000);
        pair(*primary, *secondary);
        secondary->shutDown();
        Writes live;
        {
            Writer writer{*primary, 32, 1'000'000};
            live = writer.measure(std::chrono::seconds{5});
        }
        if (live.count < kEntriesToCatchUp) { // on a slow or busy machine; too few entries would measure only the start
            Writer writer{*primary, 512, 1'000'000};
            while (writer.count() + live.count < kEntriesToCatchUp) std::this_thread::sleep_for(std::chrono::milliseconds{5});
            writer.finish();
            live.count += writer.count();
        }
        const auto bytes = static_cast<double>(live.count) * 460;
        const auto last = primary->store().appliedIndex();
        // Work that the writes have postponed belongs to them: rows of the forest, compactions. So finish it first.
        if (!primary->store().checkpoint()) std::exit(1);
        bench::waitUntilIdle();
        const auto threads = bench::threadTimes();
        const auto cpu = cpuSeconds();
        const auto begin = Steady::now();
        secondary->restart(primary.get()); // the primary's shares open it now
        const auto connected = Steady::now();
        Arrivals arrivals{*secondary};
        while (arrivals.reached() < last) std::this_thread::sleep_for(std::chrono::milliseconds{1});
        const auto took = seconds(Steady::now() - begin);
        const auto cpuEach = (cpuSeconds() - cpu) * 1e6 / static_cast<double>(live.count);
        bench::ThreadTime atPrimary, atSecondary;
        for (const auto& [thread, time] : bench::threadTimes()) {
            const auto before = threads.find(thread);
            if (before == threads.end()) atSecondary += time;
            else if (ofPrimary.contains(thread) && thread != getpid()) atPrimary += time - before->second;
        }
        const auto each = [&live](double used) { return used * 1e6 / static_cast<double>(live.count); };
        const auto statistics = secondary->store().statistics();
        std::printf(
            "  threads of the primary: %.2f us CPU an entry; of the secondary: %.2f, and %.0f ms ready without a core; the rest: compactions of both. "
            "%llu syncs, %.0f ms\n",
            each(atPrimary.ran), each(atSecondary.ran), atSecondary.waited * 1e3, static_cast<unsigned long long>(statistics.groupCount),
            seconds(statistics.syncTime) * 1e3);
        std::printf(
            "a link catches up: %llu entries in %.2f s (%.2f s of it the start): %.0f entries/s, %.0f MB/s, %.2f us CPU an entry (both ends); "
            "floor: written live at %.0f/s, %.2f us CPU; ratio %.1f, by CPU %.1f\n",
            static_cast<unsigned long long>(live.count), took, seconds(connected - begin), static_cast<double>(live.count) / took, bytes / took / 1e6,
            cpuEach, live.perSecond, live.cpuMicroseconds, static_cast<double>(live.count) / took / live.perSecond, live.cpuMicroseconds / cpuEach);
        std::fflush(stdout);
    }

    void fanout()
    {
        auto primary = cluster("fanout-primary");
        fill(*primary, 1000);
        if (primary->manager().operations().enablePrimary(Type::Dr, {}).isError) std::exit(1);
        primary->manager().waitUntilIdle();
        Writes none;
        const auto memoryOf = [] {
            std::ifstream status{"/proc/self/status"};
            for (std::string line; std::getline(status, line);) {
                if (line.starts_with("VmRSS:")) return std::stod(line.substr(6)) / 1024;
            }
            return 0.0;
        };
        double memoryBefore = 0;
        boost::json::array bundles;
        for (const int count : {0, 1, 10, 50}) {
            while (static_cast<int>(bundles.size()) < count) {
                const auto name = primary->token(Type::Dr, "sink-" + std::to_string(bundles.size()));
                bundles.push_back(TestCluster::tokens()[name]);
            }
            primary->manager().waitUntilIdle();
            const bench::Sinks sinks{bundles, m_directory / "sinks.json", primary->store().logId(), primary->store().appliedIndex().value()};
            const auto connected = [&] {
                int connectedCount = 0;
                for (const auto& secondary : primary->port().report(Type::Dr).secondaries) connectedCount += secondary.isConnected ? 1 : 0;
                return connectedCount;
            };
            if (!testing_cluster::eventually([&] { return connected() == count; })) std::exit(1);
            const auto statistics = primary->store().statistics();
            Writer writer{*primary, 32, 100'000};
            const auto writes = writer.measure(std::chrono::seconds{8});
            const auto after = primary->store().statistics();
            const double memory = memoryOf();
            if (count == 0) none = writes;
            if (count <= 1) memoryBefore = memory;
            std::printf(
                "%2d secondaries: %.0f writes/s, %.1f us CPU of the primary a write; of none: %.2f, +%.1f us CPU; reads from the tail %llu, from disk %llu; "
                "%.1f MB resident, %+.2f MB a link; still connected %d\n",
                count, writes.perSecond, writes.cpuMicroseconds, writes.perSecond / none.perSecond, writes.cpuMicroseconds - none.cpuMicroseconds,
                static_cast<unsigned long long>(after.tailHits - statistics.tailHits),
                static_cast<unsigned long long>(after.tailMisses - statistics.tailMisses), memory,
                count > 1 ? (memory - memoryBefore) / (count - 1) : 0.0, connected());
            std::fflush(stdout);
        }
    }

    void sync()
    {
        auto primary = cluster("sync-primary");
        fill(*primary, m_keys);
        if (!primary->store().checkpoint()) std::exit(1);
        const auto snapshotBegin = Steady::now();
        std::uint64_t bytes = 0;
        static_cast<void>(primary->store()
                              .reader()
                              .scan("s/", "s0",
                                    [&](std::string_view key, std::string_view value) {
                                        bytes += key.size() + value.size();
                                        return true;
                                    })
                              .has_value());
        const auto scan = seconds(Steady::now() - snapshotBegin);
        auto secondary = cluster("sync-secondary");
        const auto cpu = cpuSeconds();
        const auto begin = Steady::now();
        pair(*primary, *secondary);
        const auto took = seconds(Steady::now() - begin);
        std::printf(
            "first sync of %llu keys of %zu B: %.1f s, %.0f keys/s, %.0f MB/s, %.1f us CPU a key (both ends); floor: a scan of the same in %.2f s\n",
            static_cast<unsigned long long>(m_keys), kValueBytes, took, static_cast<double>(m_keys) / took, static_cast<double>(bytes) / took / 1e6,
            (cpuSeconds() - cpu) * 1e6 / static_cast<double>(m_keys), scan);
        std::fflush(stdout);
    }

    void scrub()
    {
        auto only = cluster("scrub");
        fill(*only, m_keys);
        if (!only->store().checkpoint()) std::exit(1);
        const BarrierHasher hasher{only->barrier()};
        const SystemClock clock;
        ForestKeeper keeper{{only->store(), hasher, clock, {}}};
        keeper.start();
        const auto scanBegin = Steady::now();
        const auto scanCpu = cpuSeconds();
        std::uint64_t count = 0;
        static_cast<void>(only->store().reader().scan("s/", "s0", [&](std::string_view, std::string_view) { return ++count > 0; }).has_value());
        const auto floor = static_cast<double>(count) / seconds(Steady::now() - scanBegin);
        const auto floorCpu = (cpuSeconds() - scanCpu) * 1e6 / static_cast<double>(count);
        for (const bool opens : {true, false}) {
            const auto cpu = cpuSeconds();
            const auto rate = runScrub(keeper, {.opensValues = opens});
            const auto used = cpuSeconds() - cpu;
            std::printf(
                "scrub of %llu keys, values %s: %.0f keys/s, %.2f us CPU a key (%.0f keys per CPU second); floor: a scan at %.0f keys/s, %.2f us CPU\n",
                static_cast<unsigned long long>(count), opens ? "opened" : "not opened", rate, used * 1e6 / static_cast<double>(count),
                static_cast<double>(count) / used, floor, floorCpu);
            std::fflush(stdout);
        }
        Writer writer{*only, 32, m_keys};
        const auto without = writer.measure(std::chrono::seconds{8});
        for (const auto& [name, rateMax] : {std::pair{"unbounded", std::uint64_t{0}}, std::pair{"at 100,000 keys/s", std::uint64_t{100'000}}}) {
            std::atomic<bool> isOver{false};
            std::atomic<double> rate{0};
            std::thread scrubbing{[&, rateMax = rateMax] {
                while (!isOver) rate = runScrub(keeper, {.keysPerSecondMax = rateMax}, &isOver);
            }};
            const auto with = writer.measure(std::chrono::seconds{8});
            isOver = true;
            scrubbing.join();
            std::printf("scrub %s beside 32 writers: %.0f keys/s; writes %.0f/s, alone %.0f/s: %.2f; longest gap %.0f ms, alone %.0f ms\n", name,
                        rate.load(), with.perSecond, without.perSecond, with.perSecond / without.perSecond, with.longestGapMs, without.longestGapMs);
            std::fflush(stdout);
        }
    }

    void checkpoint()
    {
        auto only = cluster("checkpoint");
        fill(*only, m_keys / 4);
        if (!only->store().checkpoint()) std::exit(1);
        Writer writer{*only, 32, m_keys / 4};
        const auto usual = writer.measure(std::chrono::seconds{25});
        // During checkpoints that follow each other without a pause.
        std::atomic<bool> isOver{false};
        std::atomic<int> checkpoints{0};
        std::vector<double> times;
        std::thread checkpointing{[&] {
            while (!isOver) {
                const auto begin = Steady::now();
                if (!only->store().checkpoint()) std::exit(1);
                times.push_back(seconds(Steady::now() - begin) * 1e3);
                ++checkpoints;
            }
        }};
        const auto constant = writer.measure(std::chrono::seconds{10});
        isOver = true;
        checkpointing.join();
        const auto took = percentilesOf(std::move(times));
        std::printf("32 writers, checkpoints as usual (every 10 s or 64 MB): %.0f writes/s, %.1f us CPU, longest gap %.0f ms\n", usual.perSecond,
                    usual.cpuMicroseconds, usual.longestGapMs);
        std::printf(
            "32 writers, one checkpoint after another: %.0f writes/s (%.2f), longest gap %.0f ms; %d checkpoints, p50 %.0f ms, most %.0f ms\n",
            constant.perSecond, constant.perSecond / usual.perSecond, constant.longestGapMs, checkpoints.load(), took.p50, took.most);
        std::fflush(stdout);
    }

private:
    std::unique_ptr<TestCluster> cluster(const std::string& name) { return std::make_unique<TestCluster>(name, m_directory / name); }
    void pair(TestCluster& primary, TestCluster& secondary)
    {
        if (primary.manager().roles().mode(Type::Performance) != Mode::Primary) {
            if (primary.manager().operations().enablePrimary(Type::Performance, {}).isError) std::exit(1);
            primary.manager().waitUntilIdle();
        }
        if (secondary.follow(primary, Type::Performance, "secondary").isError) std::exit(1);
        if (!waitInSync(primary, secondary)) std::exit(1);
    }
    /// Keys per second.
    static double runScrub(ForestKeeper& keeper, const ForestKeeper::ScrubOptions& options, const std::atomic<bool>* isOver = nullptr)
    {
        const auto begin = Steady::now();
        if (keeper.startScrub(options).isError) std::exit(1);
        double rate = 0;
        while (keeper.isRunning()) {
            std::this_thread::sleep_for(std::chrono::milliseconds{2});
            const auto done = keeper.scrubStatus().data->if_contains("keys_done");
            if (done) rate = static_cast<double>(done->to_number<std::uint64_t>()) / seconds(Steady::now() - begin);
            if (isOver && *isOver) static_cast<void>(keeper.cancelScrub());
        }
        const auto status = *keeper.scrubStatus().data;
        const auto& last = status.at("last").as_object();
        if (last.at("outcome").as_string() != "done") return rate;
        const auto& report = last.at("report").as_object();
        if (!report.at("leaves").as_array().empty()) {
            std::fprintf(stderr, "the scrub found damage: %s\n", boost::json::serialize(report.at("leaves").as_array().front()).c_str());
            std::exit(1);
        }
        return static_cast<double>(report.at("keys").to_number<std::uint64_t>()) / (last.at("duration_ms").to_number<double>() / 1e3);
    }

    const std::filesystem::path m_directory;
    const std::uint64_t m_keys;
};

} // namespace

int main(int argumentCount, char** arguments)
{
    if (argumentCount == 3 && std::string_view{arguments[1]} == "--sinks") return bench::runSinks(arguments[2]);
    std::filesystem::path directory = std::filesystem::current_path() / "bench-replication";
    std::uint64_t keys = 1'000'000;
    std::set<std::string> wanted;
    for (int at = 1; at < argumentCount; ++at) {
        const std::string word = arguments[at];
        if (word == "--directory" && at + 1 < argumentCount) directory = arguments[++at];
        else if (word == "--keys" && at + 1 < argumentCount) keys = std::stoull(arguments[++at]);
        else wanted.insert(word);
    }
    using Part = void (Bench::*)();
    for (const auto& [name, part] : {std::pair<const char*, Part>{"lag", &Bench::lag},
                                     {"link", &Bench::link},
                                     {"fanout", &Bench::fanout},
                                     {"sync", &Bench::sync},
                                     {"scrub", &Bench::scrub},
                                     {"checkpoint", &Bench::checkpoint}}) {
        if (!wanted.empty() && !wanted.contains(name)) continue;
        std::filesystem::remove_all(directory);
        std::filesystem::create_directories(directory);
        Bench bench{directory, keys};
        (bench.*part)();
    }
    std::filesystem::remove_all(directory);
    return 0;
}
