// Measures durable commits, forest and recovery, each beside its floor from the same run.
//
//   bench_store [--seconds N] [--directory PATH] [--recovery LEAVES]

#include "core/base/mutex.h"
#include "core/log/file_system.h"
#include "core/log/store.h"
#include "core/storage/leveldb_engine.h"

#include <leveldb/db.h>
#include <leveldb/write_batch.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace core;
using Steady = std::chrono::steady_clock;

namespace {

constexpr std::size_t kValueBytes = 352;
constexpr std::size_t kRecordBytes = 480; // the size of such a put in the log
constexpr std::uint64_t kFileBytes = 64u << 20;

double secondsOf(std::chrono::nanoseconds time)
{
    return std::chrono::duration<double>{time}.count();
}

double cpuSeconds()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto of = [](const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6; };
    return of(usage.ru_utime) + of(usage.ru_stime);
}

template<class T>
T valueOf(Result<T> result)
{
    if (result) return std::move(*result);
    std::fprintf(stderr, "%s\n", toString(result.error()).c_str());
    std::exit(1);
}

void require(const Result<>& result)
{
    if (result) return;
    std::fprintf(stderr, "%s\n", toString(result.error()).c_str());
    std::exit(1);
}

struct Rate {
    double perSecond = 0;
    double p50Us = 0;
    double cpuUs = 0;
};

/// Calls `round`, which does `perRound` operations, until the time is over.
template<class Round>
Rate measure(std::chrono::seconds time, int perRound, Round&& round)
{
    std::vector<double> latencies;
    const auto begin = Steady::now();
    const auto cpu = cpuSeconds();
    auto now = begin;
    while (now - begin < time) {
        round();
        const auto after = Steady::now();
        latencies.push_back(secondsOf(after - now) * 1e6);
        now = after;
    }
    const auto count = static_cast<double>(latencies.size()) * perRound;
    std::nth_element(latencies.begin(), latencies.begin() + static_cast<std::ptrdiff_t>(latencies.size() / 2), latencies.end());
    return {count / secondsOf(now - begin), latencies[latencies.size() / 2], (cpuSeconds() - cpu) * 1e6 / count};
}

void print(const char* what, const Rate& rate, const char* floorName = nullptr, double floor = 0)
{
    std::printf("%-46s %9.0f/s  p50 %7.0f us  cpu %6.1f us", what, rate.perSecond, rate.p50Us, rate.cpuUs);
    if (floorName) std::printf("   = %.2f of %s", rate.perSecond / floor, floorName);
    std::printf("\n");
    std::fflush(stdout);
}

std::string keyOf(std::uint64_t number)
{
    char key[64];
    std::snprintf(key, sizeof key, "s/logical/6f1d2c3b-1111-2222-3333-444455556666/%010llx", static_cast<unsigned long long>(number));
    return key;
}

/// A key that is spread as by a keyed hash. The crypto module's benchmark measures the hash itself.
std::array<std::uint8_t, 16> spread(std::uint64_t number, std::uint64_t salt)
{
    std::array<std::uint8_t, 16> out;
    std::uint64_t state = (number + 1) * 0x9e3779b97f4a7c15u + salt;
    for (int half = 0; half < 2; ++half) {
        state ^= state >> 30;
        state *= 0xbf58476d1ce4e5b9u;
        state ^= state >> 27;
        state *= 0x94d049bb133111ebu;
        state ^= state >> 31;
        std::memcpy(out.data() + half * 8, &state, 8);
    }
    return out;
}

log::Operation putOf(std::uint64_t number, const std::string& value)
{
    return {log::OperationKind::Put, keyOf(number), value, spread(number, 1), spread(number, 2)};
}

Rate bareLog(const std::filesystem::path& path, std::chrono::seconds time, int group)
{
    log::PosixFileSystem files;
    auto file = valueOf(files.create(path));
    const std::string zeros(1u << 20, '\0');
    for (std::uint64_t at = 0; at < kFileBytes; at += zeros.size()) require(file->write(at, zeros));
    require(file->sync());
    const std::string bytes(kRecordBytes * static_cast<std::size_t>(group), 'r');
    std::uint64_t at = 0;
    return measure(time, group, [&] {
        require(file->write(at, bytes));
        require(file->sync());
        at = at + 2 * bytes.size() > kFileBytes ? 0 : at + bytes.size();
    });
}

Rate bareLevelDb(const std::filesystem::path& path, std::chrono::seconds time, int group)
{
    leveldb::Options options;
    options.create_if_missing = true;
    options.compression = leveldb::kNoCompression;
    options.write_buffer_size = 8u << 20;
    leveldb::DB* opened = nullptr;
    if (!leveldb::DB::Open(options, path.string(), &opened).ok()) std::exit(1);
    const std::unique_ptr<leveldb::DB> db{opened};
    const std::string value(kValueBytes, 'v');
    std::uint64_t number = 0;
    leveldb::WriteOptions synced;
    synced.sync = true;
    return measure(time, group, [&] {
        leveldb::WriteBatch batch;
        for (int at = 0; at < group; ++at) batch.Put(keyOf(++number * 7919 % 1'000'003), value);
        if (!db->Write(synced, &batch).ok()) std::exit(1);
    });
}

/// An event loop with one thread, as the store's clients have.
class Loop final : public Executor {
public:
    void post(Task task) override
    {
        MutexLock lock{m_mutex};
        m_tasks.push_back(std::move(task));
        m_changed.notifyOne();
    }
    void runSome()
    {
        std::vector<Task> taken;
        {
            MutexLock lock{m_mutex};
            while (m_tasks.empty()) m_changed.wait(m_mutex);
            taken.swap(m_tasks);
        }
        for (auto& task : taken) task();
    }

private:
    Mutex m_mutex;
    Condition m_changed;
    std::vector<Task> m_tasks;
};

class Bench {
public:
    explicit Bench(std::filesystem::path directory) : m_directory{std::move(directory)} {}

    std::unique_ptr<log::Store> open(const char* name)
    {
        storage::LevelDbEngine::Options engine;
        engine.directory = m_directory / name / "db";
        log::Store::Options options;
        options.directory = m_directory / name / "log";
        return valueOf(log::Store::open(valueOf(storage::LevelDbEngine::open(engine)), m_files, m_clock, m_random, options));
    }

    void commits(std::chrono::seconds time)
    {
        const auto log1 = bareLog(m_directory / "bare1", time, 1);
        print("bare log, pre-written, 1 record a sync", log1);
        const auto log32 = bareLog(m_directory / "bare32", time, 32);
        print("bare log, pre-written, 32 records a sync", log32);
        const auto levelDb1 = bareLevelDb(m_directory / "leveldb1", time, 1);
        print("bare LevelDB, sync, 1 put a batch", levelDb1);
        const auto levelDb32 = bareLevelDb(m_directory / "leveldb32", time, 32);
        print("bare LevelDB, sync, 32 puts a batch", levelDb32);

        const std::string value(kValueBytes, 'v');
        std::uint64_t number = 0;
        {
            const auto store = open("store1");
            const auto rate = measure(time, 1, [&] {
                auto transaction = store->begin();
                transaction.put(putOf(++number * 7919 % 1'000'003, value));
                static_cast<void>(valueOf(store->commitAndWait(std::move(transaction))));
            });
            print("store, 1 outstanding", rate, "bare log 1", log1.perSecond);
        }
        for (const int outstanding : {32, 256}) {
            const auto store = open(outstanding == 32 ? "store32" : "store256");
            Loop loop;
            std::uint64_t completed = 0;
            int running = 0;
            bool isOver = false;
            std::function<void()> start = [&] {
                auto transaction = store->begin();
                transaction.put(putOf(++number * 7919 % 1'000'003, value));
                ++running;
                store->commit(std::move(transaction), loop, [&](Result<LogIndex> result) {
                    static_cast<void>(valueOf(std::move(result)));
                    ++completed;
                    --running;
                    if (!isOver) start();
                });
            };
            const auto begin = Steady::now();
            const auto cpu = cpuSeconds();
            for (int at = 0; at < outstanding; ++at) start();
            while (Steady::now() - begin < time) loop.runSome();
            const auto count = static_cast<double>(completed);
            const auto elapsed = secondsOf(Steady::now() - begin);
            const auto used = cpuSeconds() - cpu;
            isOver = true;
            while (running > 0) loop.runSome();
            const auto statistics = store->statistics();
            const Rate rate{count / elapsed, elapsed * 1e6 * outstanding / count, used * 1e6 / count};
            print(outstanding == 32 ? "store, 32 outstanding" : "store, 256 outstanding", rate, "bare log 32", log32.perSecond);
            std::printf("%-46s %.2f of bare LevelDB 32; %.1f commits a group; sync %.0f us a group\n", "", rate.perSecond / levelDb32.perSecond,
                        static_cast<double>(statistics.commitCount) / static_cast<double>(statistics.groupCount),
                        secondsOf(statistics.syncTime) * 1e6 / static_cast<double>(statistics.groupCount));
        }
    }

    static void forest()
    {
        for (const std::uint64_t leaves : {100'000u, 1'000'000u, 5'000'000u}) {
            merkle::Forest forest;
            const auto run = [&](std::uint64_t salt) {
                std::vector<merkle::Forest::Change> changes(64);
                const auto cpu = cpuSeconds();
                for (std::uint64_t number = 0; number < leaves; number += changes.size()) {
                    for (std::size_t at = 0; at < changes.size(); ++at) {
                        changes[at] = {"s/logical/6f1d2c3b-1111-2222-3333-444455556666", spread((number + at) % leaves, 1),
                                       spread(number + at, salt)};
                    }
                    forest.apply(changes, LogIndex{number});
                }
                return (cpuSeconds() - cpu) * 1e9 / static_cast<double>(leaves);
            };
            const auto insert = run(2);
            const auto update = run(3);
            std::printf("forest of %7llu leaves: insert %4.0f ns, update %4.0f ns, %.1f bytes a key\n", static_cast<unsigned long long>(leaves),
                        insert, update, static_cast<double>(forest.sizeBytes()) / static_cast<double>(forest.leafCount()));
            std::fflush(stdout);
        }
    }

    void recovery(std::uint64_t leaves)
    {
        const std::string value(kValueBytes, 'v');
        const auto child = fork();
        if (child == 0) { // dies when all its work is in the log and some of it in a checkpoint
            const auto store = open("recovery");
            std::uint64_t number = 0;
            const auto add = [&](std::uint64_t count) {
                for (const auto end = number + count; number < end;) {
                    auto transaction = store->begin();
                    for (int at = 0; at < 1000 && number < end; ++at) transaction.put(putOf(number++, value));
                    static_cast<void>(valueOf(store->commitAndWait(std::move(transaction))));
                }
            };
            add(leaves - leaves / 10);
            require(store->checkpoint());
            add(leaves / 10);
            _exit(0);
        }
        int status = 0;
        if (waitpid(child, &status, 0) != child || status != 0) std::exit(1);
        const auto begin = Steady::now();
        const auto cpu = cpuSeconds();
        const auto store = open("recovery");
        std::printf("recovery of %llu leaves, the last tenth from the log: %.2f s, cpu %.2f s\n", static_cast<unsigned long long>(leaves),
                    secondsOf(Steady::now() - begin), cpuSeconds() - cpu);
        if (store->forest().leafCount() != leaves) std::exit(1);
    }

private:
    std::filesystem::path m_directory;
    log::PosixFileSystem m_files;
    SystemClock m_clock;
    OsRandom m_random;
};

} // namespace

int main(int argc, char** argv)
{
    std::chrono::seconds time{3};
    std::uint64_t recoveryLeaves = 0;
    auto directory = std::filesystem::current_path() / "bench-store";
    for (int at = 1; at + 1 < argc; at += 2) {
        const std::string_view name = argv[at];
        if (name == "--seconds") time = std::chrono::seconds{std::atoi(argv[at + 1])};
        if (name == "--directory") directory = argv[at + 1];
        if (name == "--recovery") recoveryLeaves = std::strtoull(argv[at + 1], nullptr, 10);
    }
    std::filesystem::remove_all(directory);
    std::filesystem::create_directories(directory);
    Bench bench{directory};
    if (recoveryLeaves > 0) {
        bench.recovery(recoveryLeaves);
    } else {
        bench.commits(time);
        Bench::forest();
    }
    std::filesystem::remove_all(directory);
    return 0;
}
