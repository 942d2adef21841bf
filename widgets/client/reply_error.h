#pragma once

#include "core/base/result.h"

#include <QByteArray>

namespace widgets {

/// The error for an answer with `status` >= 400. Its detail is the server's `errors`, joined.
core::Error errorOf(int status, const QByteArray& body);

} // namespace widgets
