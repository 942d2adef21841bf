#pragma once

#include "core/replication/set/statement.h"

#include <optional>

namespace core::replication {

/// What one end of a link makes of the statements that the other end shows. A statement is verified once, not each time that
/// it is told. Single-threaded, as its link.
class EpochWatch {
public:
    enum class StatementAge {
        Known,    // what this end knows as well
        Earlier,  // of a primary that has been replaced
        Later,    // genuine, and news
        Unproven, // a later epoch is claimed, and nothing genuine shows it; or another primary of the same one
    };

    explicit EpochWatch(Type type) : m_type{type} {}
    /// `encoded` may be empty: the other end knows no statement, or does not repeat it.
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
