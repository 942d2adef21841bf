#include "core/storage/engine.h"

#include "core/base/bytes.h"
#include "core/base/release.h"

#include <limits>

namespace core::storage {

namespace {

constexpr std::uint32_t kDelete = std::numeric_limits<std::uint32_t>::max();

} // namespace

void Batch::put(std::string_view key, std::string_view value)
{
    CORE_ASSERT(key.size() < kDelete && value.size() < kDelete);
    appendLittleEndian(m_bytes, static_cast<std::uint32_t>(key.size()));
    appendLittleEndian(m_bytes, static_cast<std::uint32_t>(value.size()));
    m_bytes.append(key).append(value);
    ++m_count;
}

void Batch::erase(std::string_view key)
{
    CORE_ASSERT(key.size() < kDelete);
    appendLittleEndian(m_bytes, static_cast<std::uint32_t>(key.size()));
    appendLittleEndian(m_bytes, kDelete);
    m_bytes.append(key);
    ++m_count;
}

void Batch::clear()
{
    m_bytes.clear();
    m_count = 0;
}

void Batch::release()
{
    core::release(m_bytes);
    m_count = 0;
}

Batch::Operation Batch::operationAt(std::size_t& at) const
{
    const std::string_view rest = std::string_view{m_bytes}.substr(at);
    const auto keyBytes = readLittleEndian<std::uint32_t>(rest);
    const auto valueBytes = readLittleEndian<std::uint32_t>(rest.substr(4));
    Operation operation{rest.substr(8, keyBytes), std::nullopt};
    at += 8 + keyBytes;
    if (valueBytes != kDelete) {
        operation.value = rest.substr(8 + keyBytes, valueBytes);
        at += valueBytes;
    }
    return operation;
}

std::string endOfPrefix(std::string_view prefix)
{
    std::string end{prefix};
    while (!end.empty() && static_cast<unsigned char>(end.back()) == 0xff) end.pop_back();
    if (!end.empty()) end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
    return end;
}

} // namespace core::storage
