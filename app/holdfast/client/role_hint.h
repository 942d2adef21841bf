#pragma once

#include "app/holdfast/client/client.h"

namespace cli {

/// What explains a refusal where the cluster is a secondary: its tokens are not those that it had before, nor its primary's. Asks `sys/health`, which
/// reports the role to anybody. Empty: the cluster is no secondary, or does not report it.
std::string roleHint(Client& client, const core::Error& refusal);

} // namespace cli
