#pragma once

#include "widgets/client/api_request.h"

namespace widgets {

/// The `holdfast` command that makes the same request; secret fields are read from a file (`token=@token.txt`).
/// With `address` the command names the cluster, otherwise VAULT_ADDR does. `file`: the local file of a snapshot.
/// Every part is quoted for bash, so that a hostile name or address is an argument and never a command.
QString commandFor(const ApiRequest& request, const QString& address = {}, const QString& file = {});

/// The text with control characters written as escapes: for a comment in a script, which must not end early.
QString onOneLine(const QString& text);

} // namespace widgets
