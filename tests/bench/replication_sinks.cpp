#include "tests/bench/replication_sinks.h"

#include "core/cluster/net/dialer.h"
#include "core/replication/set/activation.h"
#include "core/replication/reconcile/leaf_list.h"
#include "core/replication/wire/wire.pb.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <iterator>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bench {

namespace {

using namespace core;
using namespace core::replication;

constexpr std::uint64_t kWindow = 4u << 20;

struct Sink {
    ActivationBundle bundle;
    std::shared_ptr<cluster::Connection> connection;
    std::deque<std::string> outgoing;
    std::uint64_t index = 0;
    Epoch epoch{1};

    void send(FrameType type, const google::protobuf::MessageLite& message) { outgoing.push_back(encodeFrame(type, message)); }
    void sayHello(const std::string& logId)
    {
        wire::Hello hello;
        hello.set_version(kProtocolVersion);
        hello.set_set_id(bundle.setId);
        hello.set_epoch(epoch.value());
        hello.set_secondary_id(bundle.secondaryId);
        hello.set_log_id(logId);
        hello.set_index(index);
        hello.set_window_bytes(kWindow);
        hello.set_digest_bytes(kPageDigestBytes);
        send(FrameType::Hello, hello);
    }
    void beat(WallTime now)
    {
        wire::Heartbeat beat;
        beat.set_unix_ms(toUnixMs(now));
        beat.set_index(index);
        beat.set_last_relevant_index(index);
        beat.set_epoch(epoch.value());
        send(FrameType::Heartbeat, beat);
    }
    void received(const Frame& frame)
    {
        if (frame.type == FrameType::Refusal) {
            std::fprintf(stderr, "a sink was refused\n");
            std::exit(1);
        }
        if (frame.type != FrameType::Records) return;
        if (frame.payload.size() >= 8) index = readLittleEndian<std::uint64_t>(frame.payload);
        wire::Credit credit;
        credit.set_bytes(frame.payload.size() + kFrameHeaderBytes);
        send(FrameType::Credit, credit);
    }
};

} // namespace

Sinks::Sinks(const boost::json::array& bundles, const std::filesystem::path& file, const std::string& logId, std::uint64_t index)
{
    std::ofstream{file} << boost::json::serialize(boost::json::object{{"log_id", logId}, {"index", index}, {"bundles", bundles}});
    std::string program = "/proc/self/exe", word = "--sinks", path = file.string();
    char* arguments[] = {program.data(), word.data(), path.data(), nullptr};
    if (posix_spawn(&m_process, program.c_str(), nullptr, nullptr, arguments, environ) != 0) m_process = -1;
}

Sinks::~Sinks()
{
    if (m_process < 0) return;
    ::kill(m_process, SIGKILL);
    int status = 0;
    ::waitpid(m_process, &status, 0);
}

int runSinks(const std::filesystem::path& file)
{
    std::ifstream in{file};
    const auto order = boost::json::parse(std::string{std::istreambuf_iterator<char>{in}, {}}).as_object();
    SystemClock clock;
    boost::asio::io_context context;
    std::vector<std::unique_ptr<Sink>> sinks;
    for (const auto& data : order.at("bundles").as_array()) {
        auto bundle = ActivationBundle::fromJson(data.as_object(), clock.now());
        if (!bundle) return 1;
        auto sink = std::make_unique<Sink>();
        sink->bundle = std::move(*bundle);
        sink->index = order.at("index").to_number<std::uint64_t>();
        sinks.push_back(std::move(sink));
    }
    for (const auto& owned : sinks) {
        Sink* sink = owned.get();
        const std::string logId{order.at("log_id").as_string()};
        const char* protocol = sink->bundle.type == Type::Dr ? kDrProtocol : kPerformanceProtocol;
        auto connection =
            cluster::dial(context, {sink->bundle.primaryClusterAddress, sink->bundle.identity, sink->bundle.authorityCertificate, protocol},
                          {.ready = [sink, logId] { sink->sayHello(logId); },
                           .received = [sink](Frame frame) { sink->received(frame); },
                           .pull = [sink]() -> std::string {
                               if (sink->outgoing.empty()) return {};
                               auto frame = std::move(sink->outgoing.front());
                               sink->outgoing.pop_front();
                               return frame;
                           },
                           .closed = [](const Error& why) { std::fprintf(stderr, "a sink ended: %s\n", toString(why).c_str()); }});
        if (!connection) return 1;
        sink->connection = std::move(*connection);
    }
    boost::asio::steady_timer timer{context};
    std::function<void()> tick = [&] {
        for (const auto& sink : sinks) {
            sink->beat(clock.now());
            sink->connection->wake();
        }
        timer.expires_after(std::chrono::seconds{1});
        timer.async_wait([&](const boost::system::error_code&) { tick(); });
    };
    timer.expires_after(std::chrono::seconds{1});
    timer.async_wait([&](const boost::system::error_code&) { tick(); });
    context.run();
    return 0;
}

} // namespace bench
