#include "core/http/body_meter.h"

namespace core::http {

void BodyMeter::beginRequest()
{
    m_bytes = 0;
    m_givenUpStatus = 0;
    m_isTokenChecked = false;
}

void BodyMeter::beginBody(Sender sender, SteadyTime now, std::chrono::nanoseconds longest)
{
    m_sender = sender;
    m_pace.emplace(now, longest);
}

void BodyMeter::endBody()
{
    m_pace.reset();
    m_sender = {};
}

bool BodyMeter::giveUp(int status)
{
    if (!m_pace) return false;
    m_pace.reset();
    m_givenUpStatus = status;
    return true;
}

bool BodyMeter::takeBody(std::uint64_t bytesBefore, std::uint64_t bytes, bool isInMemory)
{
    m_bytes = bytesBefore + bytes;
    constexpr std::uint64_t kUncountedBytesMax = 4096; // most bodies are this small and come with their head
    if (!isInMemory || m_bytes <= kUncountedBytesMax) return true;
    if (!m_body) {
        m_body.emplace(m_budget, m_sender.address, m_owner.giveUpCall());
        bytes = m_bytes + BodyBudget::kConnectionBytes;
    }
    if (isLarge() && !m_body->isKnown() && !m_isTokenChecked) {
        m_isTokenChecked = true;
        if (m_handler.isKnown(m_sender.token, m_sender.address)) m_body->becomeKnown();
    }
    return m_body->take(bytes);
}

void BodyMeter::complete()
{
    if (m_body) m_body->complete();
}

bool BodyMeter::takeValues(std::uint64_t bytes)
{
    return !m_body || !isLarge() || m_body->take(bytes);
}

} // namespace core::http
