#pragma once

#include "app/holdfast/client/client.h"

namespace cli {

/// What explains a refusal where the cluster is a secondary: its tokens are not those that it had before, nor its primary's. Asks `sys/health`, which
/// tells anybody the role; empty where that is no secondary, or does not say.
std::string roleHint(Client& client, const core::Error& refusal);

} // namespace cli
