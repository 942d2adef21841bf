#pragma once

#include "widgets/client/api_request.h"

namespace widgets {

/// The `holdfast` command that makes the same request; secret fields are read from a file (`token=@token.txt`).
/// With `address` the command names the cluster, otherwise VAULT_ADDR does. `file`: the local file of a snapshot.
QString commandFor(const ApiRequest& request, const QString& address = {}, const QString& file = {});

} // namespace widgets
