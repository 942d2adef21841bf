#pragma once

#include "core/base/result.h"

#include <QByteArray>

namespace widgets {

/// The error that an answer with `status` >= 400 stands for; its detail is the server's `errors`, joined.
core::Error errorOf(int status, const QByteArray& body);

} // namespace widgets
