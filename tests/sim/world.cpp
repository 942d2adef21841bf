#include "tests/sim/world.h"

#include "tests/sim/fiber.h"

#include <algorithm>
#include <cstring>

namespace sim {

std::uint64_t hashOf(std::string_view text, std::uint64_t start)
{
    std::uint64_t hash = start ^ (text.size() * 0xff51afd7ed558ccdu);
    const auto mix = [&hash](std::uint64_t word) {
        hash = (hash ^ word) * 0xff51afd7ed558ccdu;
        hash ^= hash >> 32;
    };
    while (text.size() >= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data(), 8);
        mix(word);
        text.remove_prefix(8);
    }
    std::uint64_t rest = 0;
    if (!text.empty()) std::memcpy(&rest, text.data(), text.size());
    mix(rest);
    mix(0x2545f4914f6cdd1du);
    return hash;
}

void World::after(Duration delay, Task task)
{
    m_events.push_back({m_now + delay, m_order++, std::move(task)});
    std::push_heap(m_events.begin(), m_events.end());
}

bool World::step()
{
    if (m_failure || m_events.empty()) return false;
    std::pop_heap(m_events.begin(), m_events.end());
    Event event = std::move(m_events.back());
    m_events.pop_back();
    m_now = std::max(m_now, event.at);
    event.task();
    if (m_observer) m_observer();
    return !m_failure;
}

void World::runFor(Duration duration)
{
    const Duration end = m_now + duration;
    while (!m_failure && !m_events.empty() && m_events.front().at <= end) step();
    if (!m_failure) m_now = end;
}

void World::note(int who, std::string_view what, std::uint64_t number, std::string_view detail)
{
    m_traceHash = hashOf(what, m_traceHash + static_cast<std::uint64_t>(who + 1) * 31 + number);
    m_traceHash ^= static_cast<std::uint64_t>(m_now.count());
    if (!detail.empty()) m_traceHash = hashOf(detail, m_traceHash);
    if (!m_isTracing) return;
    const auto ms = std::chrono::duration_cast<milliseconds>(m_now).count();
    const std::string name = who < 0 ? "--" : "c" + std::to_string(who);
    std::printf("%9lld.%03lld  %s  %.*s %llu %.*s\n", static_cast<long long>(ms / 1000), static_cast<long long>(ms % 1000), name.c_str(),
                static_cast<int>(what.size()), what.data(), static_cast<unsigned long long>(number), static_cast<int>(detail.size()), detail.data());
}

void World::fail(std::string what)
{
    if (m_failure) return;
    note(-1, "INVARIANT BROKEN:", 0, what);
    m_failure = std::move(what);
}

} // namespace sim
