#include "core/http/body_budget.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <utility>

namespace core::http {
namespace {

std::string groupOf(std::string_view address)
{
    std::array<unsigned char, 16> bytes{};
    const std::string text{address};
    if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return text;
    return std::string{reinterpret_cast<const char*>(bytes.data()), 8};
}

} // namespace

BodyBudget::Body::Body(BodyBudget& budget, std::string_view address, std::function<void()> giveUp)
    : m_budget{budget}
    , m_address{groupOf(address)}
    , m_giveUp{std::move(giveUp)}
{}

BodyBudget::Body::~Body()
{
    MutexLock lock{m_budget.m_mutex};
    m_budget.release(*this);
}

bool BodyBudget::Body::take(std::uint64_t bytes)
{
    return m_budget.take(*this, bytes);
}

void BodyBudget::Body::becomeKnown()
{
    MutexLock lock{m_budget.m_mutex};
    if (m_isKnown || m_isGivenUp) return;
    const auto bytes = m_bytes;
    m_budget.release(*this);
    m_isKnown = true;
    m_budget.addBytes(*this, bytes);
}

void BodyBudget::Body::complete()
{
    MutexLock lock{m_budget.m_mutex};
    if (!m_isHalfSent) return;
    m_budget.m_halfSent.erase(m_place);
    m_isHalfSent = false;
}

std::uint64_t BodyBudget::bytes() const
{
    MutexLock lock{m_mutex};
    return m_bytes;
}

std::uint64_t BodyBudget::takeReleasedBytes()
{
    MutexLock lock{m_mutex};
    return std::exchange(m_releasedBytes, 0);
}

void BodyBudget::addBytes(Body& body, std::uint64_t bytes)
{
    if (!body.m_isKnown) {
        m_byAddress[body.m_address] += bytes;
        m_strangerBytes += bytes;
    }
    body.m_bytes += bytes;
    m_bytes += bytes;
}

void BodyBudget::release(Body& body)
{
    if (body.m_isHalfSent) m_halfSent.erase(body.m_place);
    body.m_isHalfSent = false;
    if (!body.m_isKnown) {
        if (const auto found = m_byAddress.find(body.m_address); found != m_byAddress.end()) {
            found->second -= std::min(found->second, body.m_bytes);
            if (found->second == 0) m_byAddress.erase(found);
        }
        m_strangerBytes -= body.m_bytes;
    }
    m_bytes -= body.m_bytes;
    m_releasedBytes += body.m_bytes;
    body.m_bytes = 0;
}

bool BodyBudget::giveUpOne(const Body& except)
{
    const auto isOther = [&](const Body* body) { return body != &except; };
    const auto isOverPart = [&](const Body* body) CORE_REQUIRES(m_mutex) {
        const auto found = m_byAddress.find(body->m_address);
        return isOther(body) && found != m_byAddress.end() && found->second > m_options.addressBytesMax;
    };
    auto chosen = m_halfSent.begin();
    while (chosen != m_halfSent.end() && !isOverPart(*chosen)) ++chosen;
    if (chosen == m_halfSent.end()) chosen = std::ranges::find_if(m_halfSent, isOther);
    if (chosen == m_halfSent.end()) return false;
    Body& body = **chosen;
    release(body);
    body.m_isGivenUp = true;
    if (body.m_giveUp) body.m_giveUp();
    return true;
}

bool BodyBudget::take(Body& body, std::uint64_t bytes)
{
    MutexLock lock{m_mutex};
    if (body.m_isGivenUp) return false;
    const bool isSmall = body.m_bytes + bytes <= m_options.smallBytesMax;
    if (!body.m_isKnown && !isSmall) {
        const auto found = m_byAddress.find(body.m_address);
        const auto held = found == m_byAddress.end() ? 0 : found->second;
        if (held + bytes > m_options.addressBytesMax) return false;
    }
    const auto isFull = [&]() CORE_REQUIRES(m_mutex) {
        return m_bytes + bytes > m_options.bytesMax || (!body.m_isKnown && m_strangerBytes + bytes > m_options.strangerBytesMax);
    };
    while (isFull()) {
        if (giveUpOne(body)) continue;
        if (!isSmall) return false;
        break; // all others are complete and will be answered soon
    }
    addBytes(body, bytes);
    if (!body.m_isKnown && !body.m_isHalfSent) {
        body.m_place = m_halfSent.insert(m_halfSent.end(), &body);
        body.m_isHalfSent = true;
    }
    return true;
}

} // namespace core::http
