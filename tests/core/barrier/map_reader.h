#pragma once

#include "core/log/transaction.h"

#include <map>
#include <utility>

namespace core {

/// The committed state for tests. The test applies the writes of a transaction itself.
class MapReader final : public storage::Reader {
public:
    Result<std::optional<std::string>> get(std::string_view key) const override
    {
        const auto found = values.find(key);
        return found == values.end() ? std::optional<std::string>{} : std::optional{found->second};
    }
    Result<> scan(std::string_view from, std::string_view to, const storage::Visitor& visit) const override
    {
        for (auto at = values.lower_bound(from); at != values.end() && (to.empty() || at->first < to); ++at) {
            ++visitCount;
            if (!visit(at->first, at->second)) break;
        }
        return {};
    }
    log::Transaction begin() const { return log::Transaction{*this, LogIndex{1}}; }
    void commit(const log::Transaction& transaction)
    {
        for (const auto& [key, operation] : transaction.writes()) {
            if (operation.kind == log::OperationKind::Put) values[key] = operation.value;
            else values.erase(key);
        }
    }

    std::map<std::string, std::string, std::less<>> values;
    mutable std::size_t visitCount = 0;
};

} // namespace core
