#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace core::storage {

/// Puts and deletes that are applied together, in order. All operations are in one buffer. clear() keeps that buffer, so a batch that is used again
/// allocates nothing. Not thread-safe.
class Batch {
public:
    void put(std::string_view key, std::string_view value);
    void erase(std::string_view key);
    void clear();
    /// clear(), but the buffer is freed too.
    void release();

    bool empty() const { return m_count == 0; }
    std::size_t count() const { return m_count; }
    std::size_t bytes() const { return m_bytes.size(); }

    struct Operation {
        std::string_view key;
        std::optional<std::string_view> value; // empty: delete
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
