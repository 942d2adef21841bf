#pragma once

#include <functional>
#include <string_view>

namespace core {

/// Runs work whose cost strangers decide, such as checks of passwords, behind a queue with a bound. Thread-safe.
class BoundedExecutor {
public:
    /// Runs exactly once, on a thread of the executor. `isStopping`: the process ends; answer at once without the expensive part.
    using Work = std::function<void(bool isStopping)>;
    enum class Admission {
        Taken,
        SenderFull, // this sender already has its share of the queue
        Full,       // the queue is full
    };

    virtual ~BoundedExecutor() = default;
    /// Queues `work` unless a bound is reached; then `work` never runs. `sender` is whom the work is done for, such as a remote
    /// address: waiting senders take turns, so that one of them does not hold up the others.
    virtual Admission post(std::string_view sender, Work work) = 0;
};

} // namespace core
