#include "core/base/logging.h"
#include "core/base/memory_wait.h"
#include "core/base/sanitizer.h"
#include "core/base/thread.h"
#include "core/base/thread_role.h"

#include <QDirIterator>
#include <QFile>
#include <QRegularExpression>
#include <QtTest>

#include <atomic>
#include <cstdlib>
#include <new>
#include <stdexcept>

using namespace core;
using namespace std::chrono_literals;

namespace {

thread_local bool t_isAllocationForbidden = false;
std::atomic<int> s_forbiddenCount{0};

} // namespace

// Replaces operator new for this program, to see whether an allocation happens where none is allowed.
void* operator new(std::size_t bytes)
{
    if (t_isAllocationForbidden) ++s_forbiddenCount;
    while (true) {
        if (void* made = std::malloc(bytes)) return made;
        const auto handler = std::get_new_handler();
        if (!handler) throw std::bad_alloc{};
        handler();
    }
}
// The server's own operator delete (core/server/process/wiping_delete.cpp) frees memory of malloc(). With a sanitizer there is no such operator.
#if HOLDFAST_HAS_SANITIZER
void operator delete(void* memory) noexcept
{
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept
{
    std::free(memory);
}
// By default a sanitizer ends a program that asks for too much memory. This test needs the error instead.
extern "C" const char* __asan_default_options()
{
    return "allocator_may_return_null=1";
}
extern "C" const char* __tsan_default_options()
{
    return "allocator_may_return_null=1";
}
#endif

// The class: a lack of memory ends the process, because an exception leaves a thread, or because the exception handler allocates for its report. It
// could occur in every thread: I/O, workers, lifecycle, cluster port, role changes, committer and maintainer of the store, timer, comparison of the
// forest, calls to peers, LevelDB's own. What holds: all of ours are core::Thread, which reports without memory. The threads of the store and
// LevelDB's thread wait for memory.
class TestThread : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void goesOnAfterAnException();
    void endsAJobThatFails();
    void reportsWithoutAllocating();
    void waitsForMemoryWhereItMust();
    void joinsInItsDestructor();
    void everyThreadOfTheServerIsOne();
    void aRoleBelongsToOneThread();
};

void TestThread::goesOnAfterAnException()
{
    std::atomic<int> count{0};
    Thread thread{"test", Thread::OnFailure::RunAgain, [&] {
                      const int round = ++count;
                      if (round == 1) throw std::bad_alloc{};
                      if (round == 2) throw std::runtime_error{"again"};
                      if (round == 3) throw 3;
                  }};
    thread.join();
    QCOMPARE(count.load(), 4);
}

void TestThread::endsAJobThatFails()
{
    std::atomic<int> count{0};
    Thread thread{"test", Thread::OnFailure::End, [&] {
                      ++count;
                      throw std::bad_alloc{};
                  }};
    thread.join();
    QCOMPARE(count.load(), 1);
}

void TestThread::reportsWithoutAllocating()
{
    const std::string longText(5000, 'x');
    t_isAllocationForbidden = true;
    logging::failure("test", "a message", longText);
    logging::failure("test", "a message", {});
    t_isAllocationForbidden = false;
    QCOMPARE(s_forbiddenCount.load(), 0);
}

void TestThread::waitsForMemoryWhereItMust()
{
    installMemoryReserve();
    constexpr std::size_t kTooMuch = std::size_t{1} << 46;
    const auto attempt = [] {
        const auto begin = std::chrono::steady_clock::now();
        try {
            ::operator delete(::operator new(kTooMuch));
        } catch (const std::bad_alloc&) {
            return std::chrono::steady_clock::now() - begin;
        }
        return std::chrono::steady_clock::duration::max();
    };
    QVERIFY(attempt() < 50ms); // a request must fail at once
    {
        const MemoryWait wait{100ms};
        {
            const MemoryWait shorter{10ms}; // code that must not fail can call code that can
            const auto took = attempt();
            QVERIFY(took >= 90ms && took < 5s);
        }
    }
    QVERIFY(attempt() < 50ms);
    refillMemoryReserve();
    giveMemoryBack();
}

void TestThread::joinsInItsDestructor()
{
    std::atomic<bool> hasRun{false};
    {
        Thread thread{"test", Thread::OnFailure::End, [&] {
                          std::this_thread::sleep_for(20ms);
                          hasRun = true;
                      }};
        Thread moved{std::move(thread)};
        QVERIFY(moved.joinable());
    }
    QVERIFY(hasRun);
}

/// Nothing in core/ starts a thread in another way.
void TestThread::everyThreadOfTheServerIsOne()
{
    const QDir core{QStringLiteral(HOLDFAST_SOURCE_DIR) + QStringLiteral("/core")};
    const QRegularExpression start{QStringLiteral(R"(std::(jthread|async\b|thread(?!::))|pthread_create)")};
    int fileCount = 0;
    QDirIterator files{core.path(), {QStringLiteral("*.h"), QStringLiteral("*.cpp")}, QDir::Files, QDirIterator::Subdirectories};
    while (files.hasNext()) {
        QFile file{files.next()};
        if (file.fileName().endsWith(QStringLiteral("/base/thread.h")) || file.fileName().endsWith(QStringLiteral("/base/thread.cpp"))) continue;
        QVERIFY(file.open(QIODevice::ReadOnly));
        const auto found = start.match(QString::fromUtf8(file.readAll()));
        QVERIFY2(!found.hasMatch(), qPrintable(file.fileName() + QStringLiteral(" has ") + found.captured()));
        ++fileCount;
    }
    QVERIFY(fileCount > 300);
}

/// The class: state of one thread is used by another one, and nothing notices. Where else: every class whose comment says "on the port's thread". What
/// holds: the cluster port's links are guarded by a role. Clang refuses code that does not assert it (tests/architecture/thread_safety), and
/// assertHeld() ends the process.
void TestThread::aRoleBelongsToOneThread()
{
    ThreadRole role;
    QVERIFY(role.isHeld()); // before a thread takes it
    role.assertHeld();
    std::atomic<bool> wasHeld{true}, isHeldAfter{false};
    {
        Thread thread{"test", Thread::OnFailure::End, [&] {
                          wasHeld = role.isHeld();
                          role.take();
                          role.assertHeld();
                          isHeldAfter = role.isHeld();
                      }};
    }
    QVERIFY(!wasHeld && isHeldAfter);
    QVERIFY(!role.isHeld());
}

QTEST_APPLESS_MAIN(TestThread)
#include "tst_thread.moc"
