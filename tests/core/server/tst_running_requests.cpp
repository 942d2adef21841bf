#include "core/server/process/running_requests.h"

#include <QtTest>

#include <future>
#include <thread>

using namespace core::server;
using namespace std::chrono_literals;

class TestRunningRequests : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void waitsForWhatBeganBefore();
    void doesNotWaitForWhatBeginsLater();
    void givesUpInTime();
    void remembersWhatItGaveUpOn();
    void manyThreadsLoseNothing();
};

void TestRunningRequests::waitsForWhatBeganBefore()
{
    RunningRequests requests;
    QVERIFY(requests.waitForEarlier(0ms)); // nothing runs
    const auto round = requests.began();
    auto waiting = std::async(std::launch::async, [&] { return requests.waitForEarlier(30s); });
    QVERIFY(waiting.wait_for(20ms) == std::future_status::timeout);
    requests.ended(round);
    QVERIFY(waiting.get());
}

void TestRunningRequests::doesNotWaitForWhatBeginsLater()
{
    RunningRequests requests;
    const auto first = requests.began();
    auto waiting = std::async(std::launch::async, [&] { return requests.waitForEarlier(30s); });
    // When a new request belongs to another round, the wait has begun.
    unsigned later = requests.began();
    while (later == first) {
        requests.ended(later);
        later = requests.began();
    }
    // The steady traffic of a server: when a request ends, another one is always running.
    for (int more = 0; more < 100; ++more) {
        const auto next = requests.began();
        requests.ended(later);
        later = next;
    }
    requests.ended(first);
    while (waiting.wait_for(0ms) == std::future_status::timeout) {
        const auto next = requests.began();
        requests.ended(later);
        later = next;
    }
    QVERIFY(waiting.get());
    requests.ended(later);
}

void TestRunningRequests::givesUpInTime()
{
    RunningRequests requests;
    const auto round = requests.began();
    QVERIFY(!requests.waitForEarlier(1ms));
    requests.ended(round);
    QVERIFY(requests.waitForEarlier(1ms));
}

void TestRunningRequests::remembersWhatItGaveUpOn()
{
    RunningRequests requests;
    const auto hanging = requests.began();
    for (int attempt = 0; attempt < 5; ++attempt) {
        QVERIFY(!requests.waitForEarlier(1ms)); // no matter in which round it counts now
        requests.ended(requests.began());
    }
    requests.ended(hanging);
    QVERIFY(requests.waitForEarlier(1ms));
}

void TestRunningRequests::manyThreadsLoseNothing()
{
    RunningRequests requests;
    std::atomic<bool> isStopping{false};
    std::atomic<std::uint64_t> count{0};
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 3; ++thread) {
        threads.emplace_back([&] {
            while (!isStopping) {
                requests.ended(requests.began());
                ++count;
            }
        });
    }
    for (int wait = 0; wait < 50; ++wait) {
        QVERIFY(requests.waitForEarlier(30s));
        // Requests from before the wait must have ended. A lost wake-up would be a wait that never ends.
        const auto before = count.load();
        while (count.load() == before) std::this_thread::yield();
    }
    isStopping = true;
    for (auto& thread : threads) thread.join();
    QVERIFY(requests.waitForEarlier(0ms));
}

QTEST_APPLESS_MAIN(TestRunningRequests)
#include "tst_running_requests.moc"
