#pragma once

#include "core/sys/routes/routes.h"
#include "core/sys/trust/share_quorum.h"

#include <functional>
#include <optional>
#include <string>

namespace core::sys {

/// One decision that a quorum of the present key shares makes, with a token that has sudo.
struct QuorumDecision {
    std::string folder;            // of the routes `attempt` and `update`; ends with '/'
    std::string logText;           // of the line that each step writes
    std::string logType;           // of the replication set
    const char* subject = nullptr; // a literal: the field that says at the beginning what is decided on; null: there is only one thing to decide
    /// Why it cannot be decided now; nothing: it can. Asked at the beginning, and before each share.
    std::function<std::optional<mount::Response>(const std::string& subject)> refusal;
    /// Runs with the last share.
    std::function<mount::Response(const std::string& subject)> decide;
    std::string helpBegin;
    std::string helpUpdate;
};

/// FOLDER/attempt: a read reports how many shares there are, a write begins, a delete cancels. FOLDER/update gives a share; the last one decides, and the
/// answer is that of the decision, with `complete`.
void addQuorumRoutes(RouteTable& routes, QuorumDecision decision, ShareQuorum::Services services);

} // namespace core::sys
