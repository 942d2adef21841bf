#include "core/http/connection_deadline.h"

#include <algorithm>

namespace core::http {
namespace {

constexpr std::chrono::seconds kCheckInterval{5}; // at most

} // namespace

void ConnectionDeadline::start(std::function<void()> check)
{
    m_check = std::move(check);
    watch();
}

void ConnectionDeadline::watch()
{
    m_checkAt = std::min(m_at, m_loop.now() + kCheckInterval);
    m_timer->set(m_checkAt, m_check);
}

void ConnectionDeadline::set(SteadyTime at)
{
    m_at = at;
    if (at < m_checkAt && m_check) watch();
}

} // namespace core::http
