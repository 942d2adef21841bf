#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace core::storage {

/// Puts and deletes that are applied together, in order. The operations lie one after another in one buffer, which
/// clear() keeps, so that a batch that is used again allocates nothing. Not thread-safe.
class Batch {
public:
    void put(std::string_view key, std::string_view value);
    void erase(std::string_view key);
    void clear();
    /// clear() without keeping the buffer.
    void release();

    bool empty() const { return m_count == 0; }
    std::size_t count() const { return m_count; }
    std::size_t bytes() const { return m_bytes.size(); }

    struct Operation {
        std::string_view key;
        std::optional<std::string_view> value; // nothing: delete
    };
    /// Calls `visit(const Operation&)` for each, in order; the views live until the batch changes.
    template<class Visit>
    void forEach(Visit&& visit) const
    {
        for (std::size_t at = 0; at < m_bytes.size();) visit(operationAt(at));
    }

private:
    Operation operationAt(std::size_t& at) const;

    std::string m_bytes; // {key bytes u32, value bytes u32 or kDelete, key, value}…
    std::size_t m_count = 0;
};

} // namespace core::storage
