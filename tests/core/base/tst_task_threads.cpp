#include "core/base/task_threads.h"

#include <QtTest>

#include <atomic>
#include <future>
#include <stdexcept>
#include <vector>

using namespace core;

/// Threads that run a queue of tasks: workers, and the thread of role changes.
class TestTaskThreads : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void oneThreadKeepsTheOrder();
    void severalThreadsRunTasksTogether();
    void idleMeansThatTasksAreGone();
    void aFailedTaskEndsNothing();
    void stoppingRunsWhatIsQueued();
};

void TestTaskThreads::oneThreadKeepsTheOrder()
{
    TaskThreads threads{"test", 1};
    std::vector<int> order; // of one thread
    for (int at = 0; at < 100; ++at) threads.post([&order, at] { order.push_back(at); });
    threads.waitUntilIdle();
    QCOMPARE(order.size(), std::size_t{100});
    QVERIFY(std::ranges::is_sorted(order));
}

void TestTaskThreads::severalThreadsRunTasksTogether()
{
    TaskThreads threads{"test", 2};
    std::promise<void> first, second; // each task waits for the other one
    threads.post([&] {
        first.set_value();
        second.get_future().wait();
    });
    threads.post([&] {
        second.set_value();
        first.get_future().wait();
    });
    threads.waitUntilIdle();
}

/// The class: a thread waits until another is idle, and destroys what the last task still holds. It could occur at each queue that can be waited for:
/// workers, role changes, answers to members. What holds: a task and what it captured are destroyed before its thread counts as idle.
void TestTaskThreads::idleMeansThatTasksAreGone()
{
    TaskThreads threads{"test", 1};
    const auto held = std::make_shared<int>(0);
    for (int round = 0; round < 1000; ++round) {
        threads.post([held] { ++*held; });
        threads.waitUntilIdle();
        QCOMPARE(held.use_count(), 1L);
    }
    QCOMPARE(*held, 1000);
}

void TestTaskThreads::aFailedTaskEndsNothing()
{
    TaskThreads threads{"test", 1};
    std::atomic<bool> isRun{false};
    threads.post([] { throw std::runtime_error{"a task that fails"}; });
    threads.post([&] { isRun = true; });
    threads.waitUntilIdle();
    QVERIFY(isRun);
}

void TestTaskThreads::stoppingRunsWhatIsQueued()
{
    TaskThreads threads{"test", 1};
    std::promise<void> released;
    std::atomic<int> count{0};
    threads.post([&] { released.get_future().wait(); });
    for (int at = 0; at < 10; ++at) threads.post([&] { ++count; });
    released.set_value();
    threads.stop();
    QCOMPARE(count.load(), 10);
    threads.post([&] { ++count; });
    threads.stop();
    threads.waitUntilIdle();
    QCOMPARE(count.load(), 10);
}

QTEST_GUILESS_MAIN(TestTaskThreads)
#include "tst_task_threads.moc"
