#pragma once

#include "widgets/client/api_request.h"

namespace widgets {

/// The `holdfast` command that makes the same request. It reads secret fields from a file (`token=@token.txt`).
/// With `address` the command names the cluster, otherwise VAULT_ADDR does. `file`: the local file of a snapshot.
/// Every part is quoted for bash, so that a hostile name or address is an argument and never a command.
QString commandFor(const ApiRequest& request, const QString& address = {}, const QString& file = {});

/// The text with control characters as escapes. A line end must not end a comment in a script early.
QString onOneLine(const QString& text);

} // namespace widgets
