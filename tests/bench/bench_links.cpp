// Measures reconciliation and first sync of a link, beside a bare copy of the same bytes and a bare TLS echo. The two ends are the real state machines,
// in one process on one thread. The figures are their work and the bytes that they send. Run it by hand:
//   build/release/bench/bench_links [KEYS] [DIFFERENT]

#include "core/crypto/tls.h"
#include "tests/core/replication/link_world.h"

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

using namespace testing;
using Steady = std::chrono::steady_clock;

namespace {

double secondsSince(Steady::time_point start)
{
    return std::chrono::duration<double>(Steady::now() - start).count();
}

/// CPU seconds of this process, without other programs on the machine.
double cpuSeconds()
{
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

std::string keyOf(std::size_t n)
{
    return "s/logical/0b1e6f52-5d7a-4d0c-9f5e-2f4f6f0c1d11/data/app/" + std::to_string(n);
}

struct Outcome {
    double seconds = 0, cpuSeconds = 0;
    int turns = 0; // how often the direction in which bytes flow changed from the secondary's to the primary's
    bool isEqual = false;
};

/// Passes all messages until both ends have the same data.
Outcome run(LinkWorld& world)
{
    Outcome outcome;
    const auto start = Steady::now();
    const double cpuStart = cpuSeconds();
    world.bytesToPrimary = world.bytesToSecondary = 0;
    world.connect();
    for (int step = 0; step < 1'000'000 && !outcome.isEqual; ++step) {
        const auto up = world.bytesToPrimary, down = world.bytesToSecondary;
        world.deliverToPrimary(64u << 20);
        const bool hasAsked = world.bytesToPrimary > up;
        world.deliverToSecondary(64u << 20);
        if (hasAsked && world.bytesToSecondary > down) ++outcome.turns;
        world.beginApply();
        world.finishApply();
        const bool isQuiet = world.bytesToPrimary == up && world.bytesToSecondary == down;
        if (isQuiet) world.advance(std::chrono::milliseconds{500});
        outcome.isEqual = world.secondaryLink->isCaughtUp() && world.areRootsEqual();
    }
    outcome.seconds = secondsSince(start);
    outcome.cpuSeconds = cpuSeconds() - cpuStart;
    return outcome;
}

/// The floor of all sending: bytes through TLS 1.3 over a socket pair, one round trip at a time.
double tlsEchoMicroseconds()
{
    const auto identity = crypto::makeSelfSigned({.commonName = "echo", .dnsNames = {"echo"}}, SystemClock{}.now());
    auto context = crypto::makeListenerTls(*identity);
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) return 0;
    std::thread server{[&] {
        SSL* ssl = SSL_new(context->get());
        SSL_set_fd(ssl, pair[0]);
        char buffer[512];
        if (SSL_accept(ssl) == 1) {
            for (int count = SSL_read(ssl, buffer, sizeof buffer); count > 0; count = SSL_read(ssl, buffer, sizeof buffer)) {
                SSL_write(ssl, buffer, 16);
            }
        }
        SSL_free(ssl);
        ::close(pair[0]);
    }};
    SSL_CTX* client = SSL_CTX_new(TLS_client_method());
    SSL* ssl = SSL_new(client);
    SSL_set_fd(ssl, pair[1]);
    std::vector<double> times;
    char buffer[424] = {};
    if (SSL_connect(ssl) == 1) {
        for (int n = 0; n < 5000; ++n) {
            const auto start = Steady::now();
            SSL_write(ssl, buffer, sizeof buffer);
            SSL_read(ssl, buffer, sizeof buffer);
            times.push_back(secondsSince(start) * 1e6);
        }
    }
    SSL_shutdown(ssl);
    SSL_free(ssl);
    SSL_CTX_free(client);
    ::close(pair[1]);
    server.join();
    std::sort(times.begin(), times.end());
    return times.empty() ? 0 : times[times.size() / 2];
}

} // namespace

int main(int argc, char** argv)
{
    const std::size_t keys = argc > 1 ? static_cast<std::size_t>(std::atoll(argv[1])) : 100'000;
    const std::size_t different = argc > 2 ? static_cast<std::size_t>(std::atoll(argv[2])) : 1'000;
    const std::string value(350, 'v');

    std::printf("floor: TLS 1.3 echo of 424 bytes            p50 %.1f us\n", tlsEchoMicroseconds());
    {
        LinkWorld world{Type::Performance, 1};
        for (std::size_t n = 0; n < keys; ++n) {
            auto operation = world.primary.put(keyOf(n), value);
            world.primary.write({operation});
            world.secondary.write({operation});
        }
        for (std::size_t n = 0; n < different; ++n) world.primary.write({world.primary.put(keyOf(n * 97 % keys), "changed " + std::to_string(n))});
        const auto outcome = run(world);
        std::printf("reconcile %zu of %zu keys                 %.1f ms CPU of both ends, %llu KB down, %llu KB up, %d turns%s\n", different, keys,
                    outcome.cpuSeconds * 1e3, static_cast<unsigned long long>(world.bytesToSecondary / 1000),
                    static_cast<unsigned long long>(world.bytesToPrimary / 1000), outcome.turns, outcome.isEqual ? "" : "  NOT EQUAL");
        // Reads as many other entries from one store and writes them to the other. This is the cost of the tests' maps alone, with cold caches.
        std::vector<core::log::Operation> operations;
        for (std::size_t n = 0; n < different; ++n) operations.push_back(world.primary.put(keyOf((n * 97 + 50) % keys), value));
        const double storesStart = cpuSeconds();
        for (auto& operation : operations) {
            const auto key = world.primary.keyOf(core::merkle::treeOf(operation.key), operation.keyHash);
            if (!key || !*key || !world.primary.get(**key)) std::exit(1);
        }
        world.secondary.write(std::move(operations));
        std::printf("floor: the same between the two stores alone %.1f ms CPU\n", (cpuSeconds() - storesStart) * 1e3);
        const auto idle = run(world);
        std::printf("floor: a connection with nothing to do      %.1f ms, %llu bytes down, %llu bytes up\n", idle.cpuSeconds * 1e3,
                    static_cast<unsigned long long>(world.bytesToSecondary), static_cast<unsigned long long>(world.bytesToPrimary));
    }
    {
        LinkWorld world{Type::Performance, 2};
        std::string copied;
        const auto copyStart = Steady::now();
        for (std::size_t n = 0; n < keys; ++n) copied.append(keyOf(n)).append(value);
        const double copySeconds = secondsSince(copyStart);
        for (std::size_t n = 0; n < keys; ++n) world.primary.write({world.primary.put(keyOf(n), value)});
        const auto outcome = run(world);
        std::printf("first sync of %zu keys of 350 B           %.0f keys/s, %.0f MB/s%s (floor: the bytes copied in memory %.0f MB/s)\n", keys,
                    static_cast<double>(keys) / outcome.seconds, static_cast<double>(world.bytesToSecondary) / outcome.seconds / 1e6,
                    outcome.isEqual ? "" : "  NOT EQUAL", static_cast<double>(copied.size()) / copySeconds / 1e6);
    }
    return 0;
}
