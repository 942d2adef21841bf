#include "core/http/io_thread.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace core::http {
namespace {

/// The context owns the function of a call that is due, and destroys it with all other work. A coroutine can therefore wait in such a function.
class SystemTimer final : public Timer {
public:
    explicit SystemTimer(boost::asio::io_context& context) : m_timer{context} {}
    ~SystemTimer() override { cancel(); }

    void set(SteadyTime at, std::function<void()> ring) override
    {
        cancel();
        m_call = std::make_shared<Call>();
        m_timer.expires_at(at);
        // A wait that ringNow() ends has an error and makes the call. cancel() marks the call, because the wait can be over already.
        m_timer.async_wait([call = m_call, ring = std::move(ring)](boost::system::error_code) {
            if (!std::exchange(call->isOver, true)) ring();
        });
    }
    void ringNow() override { m_timer.cancel(); }
    void cancel() override
    {
        if (!m_call) return;
        m_call->isOver = true;
        m_call.reset();
        m_timer.cancel();
    }

private:
    struct Call {
        bool isOver = false;
    };
    boost::asio::steady_timer m_timer;
    std::shared_ptr<Call> m_call;
};

} // namespace

void IoLoop::post(Task task)
{
    boost::asio::post(m_context, [task = std::move(task)]() mutable { task(); });
}

IoThread::IoThread(const std::string& name) : m_work{context().get_executor()}
{
    // The failure of one connection must not end the others. The handler that threw is gone, and the loop starts again.
    m_thread = Thread{name, Thread::OnFailure::RunAgain, [this] { context().run(); }};
}

IoThread::~IoThread()
{
    stop();
}

SteadyTime IoThread::now() const
{
    return std::chrono::steady_clock::now();
}

std::unique_ptr<Timer> IoThread::makeTimer()
{
    return std::make_unique<SystemTimer>(context());
}

void IoThread::stop()
{
    m_work.reset();
    context().stop();
    m_thread.join();
}

} // namespace core::http
