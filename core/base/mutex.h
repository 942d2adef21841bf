#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <shared_mutex>

#if defined(__clang__)
#define CORE_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define CORE_THREAD_ANNOTATION(x)
#endif

#define CORE_CAPABILITY(x) CORE_THREAD_ANNOTATION(capability(x))
#define CORE_SCOPED_CAPABILITY CORE_THREAD_ANNOTATION(scoped_lockable)
#define CORE_GUARDED_BY(x) CORE_THREAD_ANNOTATION(guarded_by(x))
#define CORE_REQUIRES(...) CORE_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define CORE_REQUIRES_SHARED(...) CORE_THREAD_ANNOTATION(requires_shared_capability(__VA_ARGS__))
#define CORE_EXCLUDES(...) CORE_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))
#define CORE_ACQUIRE(...) CORE_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define CORE_ACQUIRE_SHARED(...) CORE_THREAD_ANNOTATION(acquire_shared_capability(__VA_ARGS__))
#define CORE_RELEASE(...) CORE_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define CORE_RELEASE_GENERIC(...) CORE_THREAD_ANNOTATION(release_generic_capability(__VA_ARGS__))
#define CORE_ASSERT_CAPABILITY(x) CORE_THREAD_ANNOTATION(assert_capability(x))
#define CORE_NO_THREAD_SAFETY_ANALYSIS CORE_THREAD_ANNOTATION(no_thread_safety_analysis)

namespace core {

/// std::mutex that clang's thread-safety analysis understands.
class CORE_CAPABILITY("mutex") Mutex {
public:
    void lock() CORE_ACQUIRE() { m_mutex.lock(); }
    void unlock() CORE_RELEASE() { m_mutex.unlock(); }

private:
    friend class Condition;
    std::mutex m_mutex;
};

class CORE_SCOPED_CAPABILITY MutexLock {
public:
    explicit MutexLock(Mutex& mutex) CORE_ACQUIRE(mutex) : m_mutex{mutex} { m_mutex.lock(); }
    ~MutexLock() CORE_RELEASE() { m_mutex.unlock(); }
    MutexLock(const MutexLock&) = delete;
    MutexLock& operator=(const MutexLock&) = delete;

private:
    Mutex& m_mutex;
};

/// A condition variable for Mutex; the caller holds the mutex and loops over its own condition.
class Condition {
public:
    void wait(Mutex& mutex) CORE_REQUIRES(mutex)
    {
        std::unique_lock lock{mutex.m_mutex, std::adopt_lock};
        m_condition.wait(lock);
        lock.release();
    }
    /// False when `deadline` has passed.
    template<class Deadline>
    bool waitUntil(Mutex& mutex, Deadline deadline) CORE_REQUIRES(mutex)
    {
        std::unique_lock lock{mutex.m_mutex, std::adopt_lock};
        const bool isInTime = m_condition.wait_until(lock, deadline) == std::cv_status::no_timeout;
        lock.release();
        return isInTime;
    }
    void notifyOne() { m_condition.notify_one(); }
    void notifyAll() { m_condition.notify_all(); }

private:
    std::condition_variable m_condition;
};

/// Readers share it; a writer is alone. A waiting writer goes before readers that come later, because with glibc's lock a steady stream of readers
/// can keep a writer out for seconds. So a thread must never lock it for reading twice.
class CORE_CAPABILITY("mutex") SharedMutex {
public:
    void lock() CORE_ACQUIRE()
    {
        m_writerCount.fetch_add(1, std::memory_order_relaxed);
        m_gate.lock();
        m_mutex.lock();
    }
    void unlock() CORE_RELEASE()
    {
        m_mutex.unlock();
        m_gate.unlock();
        m_writerCount.fetch_sub(1, std::memory_order_relaxed);
    }
    void lockShared() CORE_ACQUIRE_SHARED()
    {
        if (m_writerCount.load(std::memory_order_relaxed) != 0) {
            m_gate.lock();
            m_gate.unlock();
        }
        m_mutex.lock_shared();
    }
    void unlockShared() CORE_THREAD_ANNOTATION(release_shared_capability()) { m_mutex.unlock_shared(); }

private:
    std::shared_mutex m_mutex;
    std::mutex m_gate; // held by the writer, from before it waits
    std::atomic<int> m_writerCount{0};
};

class CORE_SCOPED_CAPABILITY ReadLock {
public:
    explicit ReadLock(SharedMutex& mutex) CORE_ACQUIRE_SHARED(mutex) : m_mutex{mutex} { m_mutex.lockShared(); }
    ~ReadLock() CORE_RELEASE_GENERIC() { m_mutex.unlockShared(); }
    ReadLock(const ReadLock&) = delete;
    ReadLock& operator=(const ReadLock&) = delete;

private:
    SharedMutex& m_mutex;
};

class CORE_SCOPED_CAPABILITY WriteLock {
public:
    explicit WriteLock(SharedMutex& mutex) CORE_ACQUIRE(mutex) : m_mutex{mutex} { m_mutex.lock(); }
    ~WriteLock() CORE_RELEASE() { m_mutex.unlock(); }
    WriteLock(const WriteLock&) = delete;
    WriteLock& operator=(const WriteLock&) = delete;

private:
    SharedMutex& m_mutex;
};

} // namespace core
