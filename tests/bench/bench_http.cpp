// Measures the server over HTTP beside its floors, in one run on one machine. Run it by hand:
//   build/release/tests/bench_http --binary build/release/bin/holdfast
// It prints; it asserts nothing.

#include "core/base/random.h"
#include "core/http/listener.h"
#include "tests/bench/load.h"

#include <leveldb/db.h>
#include <leveldb/write_batch.h>

#include <boost/json/parse.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace bench;
namespace json = boost::json;
namespace fs = std::filesystem;

namespace {

double s_seconds = 3;

std::uint16_t freePort()
{
    const int probe = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(probe, reinterpret_cast<sockaddr*>(&address), sizeof address);
    socklen_t size = sizeof address;
    ::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size);
    ::close(probe);
    return ntohs(address.sin_port);
}

/// Sends one request on a new connection and returns the body of the answer. Throws if there is none.
std::string ask(std::uint16_t port, const std::string& request)
{
    const int connection = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        ::close(connection);
        throw std::runtime_error("no connection");
    }
    ::send(connection, request.data(), request.size(), MSG_NOSIGNAL);
    std::string in;
    char buffer[65536];
    while (true) {
        const auto end = in.find("\r\n\r\n");
        if (end != std::string::npos) {
            const auto at = in.find("Content-Length: ");
            const auto length = at != std::string::npos && at < end ? static_cast<std::size_t>(std::atoll(in.c_str() + at + 16)) : 0;
            if (in.size() >= end + 4 + length) {
                ::close(connection);
                return in.substr(end + 4, length);
            }
        }
        const auto count = ::recv(connection, buffer, sizeof buffer, 0);
        if (count <= 0) break;
        in.append(buffer, static_cast<std::size_t>(count));
    }
    ::close(connection);
    throw std::runtime_error("no answer");
}

template<class Condition>
void waitUntil(Condition condition, const char* what)
{
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (std::chrono::steady_clock::now() < deadline) {
        try {
            if (condition()) return;
        } catch (const std::exception&) {}
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
    throw std::runtime_error(std::string{"waited in vain for "} + what);
}

/// A child process; killed at the end.
class Child {
public:
    explicit Child(int pid) : m_pid{pid} {}
    ~Child()
    {
        ::kill(m_pid, SIGKILL);
        ::waitpid(m_pid, nullptr, 0);
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    int pid() const { return m_pid; }

private:
    int m_pid;
};

class EmptyPipeline final : public core::request::Pipeline {
public:
    void handle(core::mount::Request, core::Executor&, core::request::Completion done) override
    {
        core::mount::Response response;
        response.isRaw = true;
        response.rawBody = m_body;
        done(std::move(response));
    }

private:
    std::string m_body = "{\"data\":\"" + std::string(1000, 'x') + "\"}\n";
};

/// The floor of every request: the same listener and codec with an empty handler.
std::unique_ptr<Child> startEmptyHandler(std::uint16_t port)
{
    const int pid = ::fork();
    if (pid == 0) {
        core::OsRandom random;
        EmptyPipeline pipeline;
        core::http::IoPool pool{2};
        core::http::Listener::Options options;
        options.address = "127.0.0.1:" + std::to_string(port);
        auto listener = core::http::Listener::start(std::move(options), pool, pipeline, random);
        while (true) ::pause();
    }
    auto child = std::make_unique<Child>(pid);
    waitUntil([&] { return !ask(port, httpRequest("GET", "x", "t")).empty(); }, "the empty handler");
    return child;
}

struct Server {
    std::unique_ptr<Child> child;
    std::uint16_t port = 0;
    std::string token;
};

Server startServer(const std::string& binary, const fs::path& directory, const std::string& name)
{
    Server server;
    server.port = freePort();
    const auto clusterPort = freePort();
    fs::create_directories(directory / name);
    const auto config = directory / name / "holdfast.hcl";
    std::ofstream{config} << "cluster_name = \"" << name << "\"\nstorage \"leveldb\" {\n  path = \"" << (directory / name / "data").string()
                          << "\"\n}\nlistener \"tcp\" {\n  address = \"127.0.0.1:" << server.port
                          << "\"\n  cluster_address = \"127.0.0.1:" << clusterPort
                          << "\"\n  tls_disable = true\n}\napi_addr = \"http://127.0.0.1:" << server.port
                          << "\"\ncluster_addr = \"https://127.0.0.1:" << clusterPort << "\"\ndisable_mlock = true\n";
    const int pid = ::fork();
    if (pid == 0) {
        const int log = ::open((directory / name / "log").c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
        ::dup2(log, 1);
        ::dup2(log, 2);
        const std::string option = "-config=" + config.string();
        ::execl(binary.c_str(), binary.c_str(), "server", option.c_str(), nullptr);
        ::_exit(127);
    }
    server.child = std::make_unique<Child>(pid);
    waitUntil([&] { return !ask(server.port, httpRequest("GET", "sys/seal-status", "")).empty(); }, "the server");
    const auto made = json::parse(ask(server.port, httpRequest("PUT", "sys/init", "", R"({"secret_shares":1,"secret_threshold":1})"))).as_object();
    server.token = made.at("root_token").as_string();
    const std::string key{made.at("keys_base64").as_array().at(0).as_string()};
    ask(server.port, httpRequest("PUT", "sys/unseal", "", "{\"key\":\"" + key + "\"}"));
    waitUntil([&] { return ask(server.port, httpRequest("GET", "sys/health", "")).find("\"sealed\":false") != std::string::npos; }, "unseal");
    return server;
}

double report(const char* what, const LoadResult& result, double cpuSeconds, double floorPerSecond)
{
    const double cpuUs = result.answered == 0 ? 0 : cpuSeconds * 1e6 / static_cast<double>(result.answered);
    std::printf("%-46s %9.0f/s  p50 %6u us  p99 %7u us  cpu %6.2f us", what, result.perSecond(), result.percentileUs(0.5), result.percentileUs(0.99),
                cpuUs);
    if (floorPerSecond > 0) std::printf("  %.2f of the floor", result.perSecond() / floorPerSecond);
    if (result.failed > 0) std::printf("  FAILED %llu", static_cast<unsigned long long>(result.failed));
    std::printf("\n");
    std::fflush(stdout);
    return result.perSecond();
}

double measure(const char* what, int pid, std::uint16_t port, int connections, double floor, const std::function<std::string(std::uint64_t)>& request)
{
    const double before = cpuSecondsOf(pid);
    const auto result = runLoad(port, connections, s_seconds, request);
    return report(what, result, cpuSecondsOf(pid) - before, floor);
}

/// Bare LevelDB, one small batch with sync per write.
double levelDbFloor(const fs::path& directory, int threads)
{
    leveldb::Options options;
    options.create_if_missing = true;
    options.compression = leveldb::kNoCompression;
    leveldb::DB* raw = nullptr;
    if (!leveldb::DB::Open(options, (directory / ("floor-" + std::to_string(threads))).string(), &raw).ok()) return 0;
    std::unique_ptr<leveldb::DB> database{raw};
    std::atomic<std::uint64_t> count{0};
    std::atomic<bool> isStopping{false};
    std::vector<std::thread> writers;
    const auto start = std::chrono::steady_clock::now();
    for (int at = 0; at < threads; ++at) {
        writers.emplace_back([&, at] {
            leveldb::WriteOptions write;
            write.sync = true;
            const std::string value(400, 'v');
            for (int n = 0; !isStopping; ++n) {
                leveldb::WriteBatch batch;
                batch.Put("key/" + std::to_string(at) + "/" + std::to_string(n), value);
                batch.Put("log/" + std::to_string(at) + "/" + std::to_string(n), value);
                database->Write(write, &batch);
                ++count;
            }
        });
    }
    std::this_thread::sleep_for(std::chrono::duration<double>(s_seconds));
    isStopping = true;
    for (auto& writer : writers) writer.join();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const double perSecond = static_cast<double>(count.load()) / seconds;
    std::printf("%-36s %2d threads %9.0f/s\n", "floor: bare LevelDB, batches with sync", threads, perSecond);
    return perSecond;
}

void memoryPerKey(const std::string& binary, const fs::path& directory)
{
    constexpr std::uint64_t kKeys = 50'000;
    const auto server = startServer(binary, directory, "memory"); // a new server, so that memory of earlier loads does not count
    ask(server.port, httpRequest("POST", "sys/mounts/secret", server.token, R"({"type":"kv","options":{"version":"2"}})"));
    const auto before = residentBytesOf(server.child->pid());
    std::atomic<std::uint64_t> next{0};
    const std::string value(256, 'm');
    while (next < kKeys) {
        runLoad(server.port, 32, 0.5, [&](std::uint64_t) {
            return httpRequest("POST", "secret/data/memory/" + std::to_string(next++), server.token, R"({"data":{"v":")" + value + "\"}}");
        });
    }
    const auto after = residentBytesOf(server.child->pid());
    std::printf("%-46s %.0f bytes a secret (%.1f MB at %llu secrets; kv v2 stores two keys for each)\n", "memory",
                static_cast<double>(after - before) / static_cast<double>(next.load()), static_cast<double>(after) / 1e6,
                static_cast<unsigned long long>(next.load()));
}

/// From the primary's answer to the secret being readable on the secondary.
void replicationLag(const std::string& binary, const fs::path& directory)
{
    auto primary = startServer(binary, directory, "lag-primary");
    auto secondary = startServer(binary, directory, "lag-secondary");
    ask(primary.port, httpRequest("POST", "sys/mounts/secret", primary.token, R"({"type":"kv","options":{"version":"2"}})"));
    ask(primary.port, httpRequest("POST", "sys/replication/performance/primary/enable", primary.token, "{}"));
    std::string token;
    waitUntil(
        [&] {
            const auto answer = json::parse(
                ask(primary.port, httpRequest("POST", "sys/replication/performance/primary/secondary-token", primary.token, R"({"id":"lag"})")));
            token = answer.at("wrap_info").at("token").as_string();
            return true;
        },
        "a secondary token");
    ask(primary.port, httpRequest("POST", "sys/auth/userpass", primary.token, R"({"type":"userpass"})"));
    ask(primary.port, httpRequest("POST", "sys/policies/acl/all", primary.token, R"({"policy":"path \"secret/*\" { capabilities = [\"read\"] }"})"));
    ask(primary.port, httpRequest("POST", "auth/userpass/users/u", primary.token, R"({"password":"p","token_policies":"all"})"));
    ask(secondary.port, httpRequest("POST", "sys/replication/performance/secondary/enable", secondary.token, "{\"token\":\"" + token + "\"}"));
    std::string reader;
    waitUntil(
        [&] {
            const auto answer = json::parse(ask(secondary.port, httpRequest("POST", "auth/userpass/login/u", "", R"({"password":"p"})")));
            reader = answer.at("auth").at("client_token").as_string();
            return true;
        },
        "the secondary");
    std::vector<double> lags;
    for (int n = 0; n < 500; ++n) {
        const auto path = "secret/data/lag/" + std::to_string(n);
        ask(primary.port, httpRequest("POST", path, primary.token, R"({"data":{"a":"b"}})"));
        const auto answered = std::chrono::steady_clock::now();
        while (ask(secondary.port, httpRequest("GET", path, reader)).find("\"a\":\"b\"") == std::string::npos) {}
        lags.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - answered).count());
    }
    std::sort(lags.begin(), lags.end());
    std::vector<double> reads; // the floor: one read of something that is there
    for (int n = 0; n < 500; ++n) {
        const auto start = std::chrono::steady_clock::now();
        ask(secondary.port, httpRequest("GET", "secret/data/lag/1", reader));
        reads.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
    }
    std::sort(reads.begin(), reads.end());
    std::printf("%-46s p50 %6.0f us  p99 %7.0f us\n", "floor: a read with a new connection", reads[250], reads[495]);
    std::printf("%-46s p50 %6.0f us  p99 %7.0f us\n", "primary's answer to readable on the secondary", lags[250], lags[495]);
}

} // namespace

int main(int argc, char** argv)
{
    std::string binary = HOLDFAST_BINARY_DIR "/bin/holdfast";
    for (int at = 1; at < argc; ++at) {
        if (std::strcmp(argv[at], "--binary") == 0 && at + 1 < argc) binary = argv[++at];
        else if (std::strcmp(argv[at], "--seconds") == 0 && at + 1 < argc) s_seconds = std::atof(argv[++at]);
        else {
            std::printf("usage: bench_http [--binary FILE] [--seconds N]\n");
            return std::strcmp(argv[at], "--help") == 0 ? 0 : 1;
        }
    }
    std::string pattern = (fs::temp_directory_path() / "holdfast-bench-XXXXXX").string();
    const fs::path directory = ::mkdtemp(pattern.data());
    try {
        const auto emptyPort = freePort();
        auto empty = startEmptyHandler(emptyPort);
        const auto get = [](std::uint64_t) { return httpRequest("GET", "x", "t"); };
        const double floor1 = measure("floor: empty handler, 1 client", empty->pid(), emptyPort, 1, 0, get);
        const double floor32 = measure("floor: empty handler, 32 clients", empty->pid(), emptyPort, 32, 0, get);
        empty.reset();
        const double disk1 = levelDbFloor(directory, 1);
        const double disk32 = levelDbFloor(directory, 32);

        auto server = startServer(binary, directory, "bench");
        const int pid = server.child->pid();
        ask(server.port, httpRequest("POST", "sys/mounts/secret", server.token, R"({"type":"kv","options":{"version":"2"}})"));
        const std::string value(900, 'v');
        for (int n = 0; n < 1000; ++n) {
            ask(server.port, httpRequest("POST", "secret/data/read/" + std::to_string(n), server.token, R"({"data":{"v":")" + value + "\"}}"));
        }
        const auto health = [](std::uint64_t) { return httpRequest("GET", "sys/health", ""); };
        const auto read = [&](std::uint64_t n) { return httpRequest("GET", "secret/data/read/" + std::to_string(n * 7919 % 1000), server.token); };
        const auto write = [&](std::uint64_t n) {
            static std::uint64_t s_round = 0;
            if (n == 0) ++s_round;
            return httpRequest("POST", "secret/data/write/" + std::to_string(s_round) + "/" + std::to_string(n), server.token,
                               R"({"data":{"v":"secret value"}})");
        };
        measure("sys/health, 32 clients", pid, server.port, 32, floor32, health);
        measure("kv v2 read of 1 KB, 1 client", pid, server.port, 1, floor1, read);
        measure("kv v2 read of 1 KB, 32 clients", pid, server.port, 32, floor32, read);
        measure("durable kv v2 write, 1 client (floor: disk)", pid, server.port, 1, disk1, write);
        measure("durable kv v2 write, 32 clients (floor: disk)", pid, server.port, 32, disk32, write);
        server.child.reset();
        memoryPerKey(binary, directory);
        replicationLag(binary, directory);
    } catch (const std::exception& failure) {
        std::printf("failed: %s (logs in %s)\n", failure.what(), directory.c_str());
        return 1;
    }
    fs::remove_all(directory);
    return 0;
}
