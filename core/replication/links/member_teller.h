#pragma once

#include "core/base/clock.h"
#include "core/replication/set/members.h"

#include <memory>
#include <optional>
#include <string>

namespace core::replication {

/// Chooses when a primary sends its secondary the list of members. Single-threaded, as its link.
class MemberTeller {
public:
    /// The frame to send now; nothing: the secondary has the list, or only times in it have changed.
    std::optional<std::string> due(const std::shared_ptr<const Members>& members, SteadyTime now);

private:
    std::shared_ptr<const Members> m_told;
    SteadyTime m_toldAt;
};

} // namespace core::replication
