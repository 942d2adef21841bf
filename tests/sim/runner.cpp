#include "tests/sim/runner.h"

#include "core/base/logging.h"
#include "tests/sim/certificates.h"
#include "tests/sim/determinism.h"
#include "tests/sim/simulation.h"

#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <optional>
#include <string_view>
#include <thread>

namespace sim {

namespace {

struct Arguments {
    std::uint64_t count = 100;
    std::uint64_t first = 1;
    unsigned jobs = std::max(1u, std::thread::hardware_concurrency());
    std::uint64_t replayEvery = 0; // run every so many seeds twice, and compare
    bool isTracing = false;
};

constexpr const char* kUsage = "usage: tests/sim/run [--seeds N] [--first S] [--jobs J] [--replay-every K] [--trace]\n"
                               "  Runs the seeds S to S+N-1 (100 from 1), and ends with 0 when none breaks an invariant.\n"
                               "  --trace         prints what happens; for one seed: --seeds 1 --first S --trace\n"
                               "  --replay-every  runs every K-th seed twice and fails when the two are not the same to the last event\n";

/// Digits only. Empty text, a sign, or a number that is too large: none.
std::optional<std::uint64_t> numberOf(std::string_view text)
{
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

/// Zero seeds are refused, because a run that checks nothing must not count as success.
bool parse(int count, char** texts, Arguments& arguments)
{
    for (int at = 1; at < count; ++at) {
        const std::string_view name = texts[at];
        if (name == "--trace") {
            arguments.isTracing = true;
            continue;
        }
        if (at + 1 == count) return false;
        const auto number = numberOf(texts[++at]);
        if (!number) return false;
        if (name == "--seeds") arguments.count = *number;
        else if (name == "--first") arguments.first = *number;
        else if (name == "--jobs") arguments.jobs = static_cast<unsigned>(std::min<std::uint64_t>(*number, 1000));
        else if (name == "--replay-every") arguments.replayEvery = *number;
        else return false;
    }
    return arguments.count > 0 && arguments.jobs > 0;
}

Simulation::Outcome runSeed(std::uint64_t seed, bool isTracing)
{
    forgetCertificates();
    DeterministicOpenSsl openssl{seed};
    Simulation simulation{{seed, isTracing}};
    return simulation.run();
}

struct Tally {
    std::uint64_t seeds = 0, failures = 0, writes = 0, bytes = 0;
};

Tally runShare(const Arguments& arguments, unsigned share)
{
    Tally tally;
    for (std::uint64_t seed = arguments.first + share; seed < arguments.first + arguments.count; seed += arguments.jobs) {
        auto outcome = runSeed(seed, arguments.isTracing);
        if (arguments.replayEvery != 0 && seed % arguments.replayEvery == 0) {
            const auto again = runSeed(seed, false);
            if (again.traceHash != outcome.traceHash && !outcome.failure)
                outcome.failure = "a second run of this seed had another trace hash: the simulator is not deterministic";
        }
        ++tally.seeds;
        tally.writes += outcome.writesAnswered;
        tally.bytes += outcome.bytesSent;
        if (!outcome.failure) continue;
        ++tally.failures;
        std::printf("seed %llu: %s\n  replay: tests/sim/run --seeds 1 --first %llu --trace\n", static_cast<unsigned long long>(seed),
                    outcome.failure->c_str(), static_cast<unsigned long long>(seed));
        std::fflush(stdout);
    }
    return tally;
}

} // namespace

int runFromCommandLine(int argumentCount, char** texts)
{
    Arguments arguments;
    if (!parse(argumentCount, texts, arguments)) {
        std::fputs(kUsage, stderr);
        return 2;
    }
    logging::configure({.level = std::getenv("SIM_LOG") ? logging::Level::Debug : logging::Level::Off, .format = {}, .file = {}});
    if (arguments.isTracing) arguments.jobs = 1;
    arguments.jobs = static_cast<unsigned>(std::min<std::uint64_t>(arguments.jobs, arguments.count));
    const auto began = std::chrono::steady_clock::now();
    int pipes[2];
    if (pipe(pipes) != 0) {
        std::perror("cannot make a pipe for the results");
        return 2;
    }
    unsigned started = 0;
    for (unsigned share = 0; share < arguments.jobs; ++share) {
        const pid_t child = fork();
        if (child < 0) { // the seeds of this share are missing in the sum below, so the run fails
            std::perror("cannot start a process for a share of the seeds");
            break;
        }
        if (child > 0) {
            ++started;
            continue;
        }
        const Tally tally = runShare(arguments, share);
        const bool isWritten = write(pipes[1], &tally, sizeof tally) == static_cast<ssize_t>(sizeof tally);
        std::fflush(stdout);
        _exit(isWritten && tally.failures == 0 ? 0 : 1);
    }
    close(pipes[1]);
    Tally total;
    Tally tally;
    while (read(pipes[0], &tally, sizeof tally) == static_cast<ssize_t>(sizeof tally)) {
        total.seeds += tally.seeds;
        total.failures += tally.failures;
        total.writes += tally.writes;
        total.bytes += tally.bytes;
    }
    bool isGood = started == arguments.jobs && total.seeds == arguments.count && total.failures == 0;
    int status = 0;
    while (wait(&status) > 0) {
        if (WIFSIGNALED(status)) std::printf("a process ended with signal %d\n", WTERMSIG(status));
        isGood = isGood && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    std::printf("%llu seeds from %llu: %llu failed; %llu writes answered, %.1f MB between clusters, %.1f s\n",
                static_cast<unsigned long long>(total.seeds), static_cast<unsigned long long>(arguments.first),
                static_cast<unsigned long long>(total.failures), static_cast<unsigned long long>(total.writes),
                static_cast<double>(total.bytes) / 1e6, took.count());
    return isGood ? 0 : 1;
}

} // namespace sim
