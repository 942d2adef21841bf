#pragma once

#include <functional>
#include <string_view>

namespace core {

/// Runs work whose amount strangers decide, such as checks of passwords, behind a bounded queue. Thread-safe.
class BoundedExecutor {
public:
    /// Runs exactly once, on a thread of the executor. If `isStopping` is true, the process ends: answer at once, without the expensive part.
    using Work = std::function<void(bool isStopping)>;
    enum class Admission {
        Taken,
        SenderFull, // this sender already has its share of the queue
        Full,       // the queue is full
    };

    virtual ~BoundedExecutor() = default;
    /// Queues `work`, unless a limit is reached; then `work` never runs. `sender` names the client, such as its remote address. Senders take turns,
    /// so one of them cannot block the others.
    virtual Admission post(std::string_view sender, Work work) = 0;
};

} // namespace core
