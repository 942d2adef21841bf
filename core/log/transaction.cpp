#include "core/log/transaction.h"

namespace core::log {

Transaction::Transaction(const storage::Reader& reader, LogIndex readAt) : m_reader{&reader}, m_readAt{readAt} {}

Result<std::optional<std::string>> Transaction::get(std::string_view key)
{
    if (const auto own = m_writes.find(key); own != m_writes.end()) {
        if (own->second.kind == OperationKind::Delete) return std::optional<std::string>{};
        return std::optional<std::string>{own->second.value};
    }
    // Noted before the read, and also if the key does not exist: another transaction could create it.
    if (m_isTracked) m_reads.keys.emplace_back(key);
    return m_reader->get(key);
}

Result<> Transaction::scan(std::string_view from, std::string_view to, const storage::Visitor& visit)
{
    auto own = m_writes.lower_bound(from);
    const auto isOwnLeft = [&] { return own != m_writes.end() && (to.empty() || own->first < to); };
    bool goesOn = true;
    std::string last;
    const auto show = [&](std::string_view key, std::string_view value) {
        last = key;
        goesOn = visit(key, value);
        own = m_writes.upper_bound(last); // the visitor can have written keys
        return goesOn;
    };
    const auto showOwnBelow = [&](std::string_view key, bool isBounded) {
        while (goesOn && isOwnLeft() && (!isBounded || own->first < key)) {
            if (own->second.kind == OperationKind::Delete) {
                ++own;
            } else {
                show(own->first, own->second.value);
            }
        }
    };
    auto scanned = m_reader->scan(from, to, [&](std::string_view key, std::string_view value) {
        showOwnBelow(key, true);
        if (!goesOn) return false;
        if (isOwnLeft() && own->first == key) { // our own write replaces the committed value
            if (own->second.kind == OperationKind::Put) return show(own->first, own->second.value);
            ++own;
            return true;
        }
        return show(key, value);
    });
    if (!scanned) return scanned;
    showOwnBelow({}, false);
    if (m_isTracked) {
        // A scan that the visitor ended early has not seen what follows its last key. Only the part that it saw can conflict.
        m_reads.ranges.push_back({std::string{from}, goesOn ? std::string{to} : last + '\0'});
    }
    return {};
}

void Transaction::put(Operation operation)
{
    operation.kind = OperationKind::Put;
    auto key = operation.key;
    m_writes.insert_or_assign(std::move(key), std::move(operation));
}

void Transaction::erase(Operation operation)
{
    operation.kind = OperationKind::Delete;
    operation.value.clear();
    auto key = operation.key;
    m_writes.insert_or_assign(std::move(key), std::move(operation));
}

void Transaction::reset(LogIndex readAt)
{
    m_readAt = readAt;
    m_writes.clear();
    m_encoded = {};
    m_reads = {};
}

} // namespace core::log
