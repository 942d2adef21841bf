#pragma once

#include "app/holdfast/client/client.h"

namespace cli {

/// The map path -> description of `sys/mounts`, `sys/auth` or `sys/audit`, paths in order. Errors: as Client::send().
core::Result<Json> readMountList(Client& client, const std::string& path);

} // namespace cli
