#include "core/transit/key/key_cache.h"

#include <algorithm>

namespace core::transit {

KeyPointer KeyCache::find(std::string_view name) const
{
    ReadLock lock{m_mutex};
    const auto at = m_keys.find(name);
    return at == m_keys.end() ? nullptr : at->second;
}

std::uint64_t KeyCache::round() const
{
    ReadLock lock{m_mutex};
    return m_round;
}

void KeyCache::add(const KeyPointer& key, std::uint64_t round)
{
    WriteLock lock{m_mutex};
    if (round != m_round) return;
    const auto [at, isNew] = m_keys.insert_or_assign(key->settings.name, key);
    if (m_sizeMax == 0 || !isNew) return;
    m_order.push_back(at->first);
    shrink();
}

void KeyCache::drop(std::string_view name)
{
    WriteLock lock{m_mutex};
    ++m_round;
    const auto at = m_keys.find(name);
    if (at == m_keys.end()) return;
    m_keys.erase(at);
    std::erase(m_order, name);
}

void KeyCache::dropAll()
{
    WriteLock lock{m_mutex};
    ++m_round;
    m_keys.clear();
    m_order.clear();
}

void KeyCache::setSizeMax(std::size_t sizeMax)
{
    WriteLock lock{m_mutex};
    if (sizeMax == m_sizeMax) return;
    m_sizeMax = sizeMax;
    m_order.clear();
    if (sizeMax == 0) return;
    for (const auto& [name, key] : m_keys) m_order.push_back(name);
    shrink();
}

std::size_t KeyCache::size() const
{
    ReadLock lock{m_mutex};
    return m_keys.size();
}

void KeyCache::shrink()
{
    while (m_order.size() > m_sizeMax) {
        m_keys.erase(m_order.front());
        m_order.pop_front();
    }
}

} // namespace core::transit
