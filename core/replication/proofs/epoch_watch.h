#pragma once

#include "core/replication/set/statement.h"

#include <optional>

namespace core::replication {

/// Judges the statements that the other end of a link shows. It verifies each statement once, not each time the other end repeats it.
/// Single-threaded, as its link.
class EpochWatch {
public:
    enum class StatementAge {
        Known,    // this end knows it too
        Earlier,  // of a primary that has been replaced
        Later,    // genuine, and news
        Unproven, // a later epoch without a genuine statement; or another primary of the same epoch
    };

    explicit EpochWatch(Type type) : m_type{type} {}
    /// `encoded` is empty if the other end knows no statement, or does not repeat it.
    StatementAge observe(std::string_view encoded, Epoch epoch, const LocalInfo& local);
    /// The last one that was Later.
    const std::optional<EpochStatement>& later() const { return m_later; }
    const std::string& laterEncoded() const { return m_laterEncoded; }

private:
    StatementAge judge(std::string_view encoded, Epoch epoch, const LocalInfo& local);

    Type m_type;
    std::optional<EpochStatement> m_later;
    std::string m_laterEncoded;
    struct {
        std::string encoded, own;
        Epoch epoch;
        StatementAge verdict = StatementAge::Known;
    } m_last;
};

} // namespace core::replication
