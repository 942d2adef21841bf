#pragma once

#include "core/base/result.h"

#include <QCoreApplication>
#include <QString>

namespace widgets {

/// The one place that turns an error into a sentence for people: what happened, what is safe, what to do next. The
/// server's own words follow.
class ErrorText {
    Q_DECLARE_TR_FUNCTIONS(ErrorText)

public:
    static QString of(const core::Error& error, const QString& cluster);
};

} // namespace widgets
