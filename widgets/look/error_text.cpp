#include "widgets/look/error_text.h"

using namespace Qt::StringLiterals;

namespace widgets {

QString ErrorText::of(const core::Error& error, const QString& cluster)
{
    using core::ErrorCode;
    const QString detail = QString::fromStdString(error.detail).trimmed();
    QString text;
    switch (error.code) {
    case ErrorCode::PermissionDenied:
        if (detail.startsWith("tls:"_L1))
            text = tr("The certificate of %1 is not trusted. Nothing was sent. Choose the right certificate in the connection.").arg(cluster);
        else text = tr("%1 refused: the token does not allow this. Nothing was changed. Use a token with the right policy.").arg(cluster);
        break;
    case ErrorCode::Sealed: text = tr("%1 is sealed. Nothing was changed. Unseal it and try again.").arg(cluster); break;
    case ErrorCode::Unavailable: text = tr("%1 does not answer now. Try again when it does.").arg(cluster); break;
    case ErrorCode::Timeout:
        text = tr("%1 took too long to answer. It may have done what you asked. Look at its state before you try again.").arg(cluster);
        break;
    case ErrorCode::NotFound: text = tr("Not found on %1. Nothing was changed.").arg(cluster); break;
    case ErrorCode::TooLarge: text = tr("%1 refused: too large. Nothing was changed.").arg(cluster); break;
    case ErrorCode::Io: text = tr("The file could not be read or written."); break;
    case ErrorCode::InvalidArgument:
    case ErrorCode::FailedPrecondition:
    case ErrorCode::Unsupported: text = tr("%1 refused. Nothing was changed.").arg(cluster); break;
    default: text = tr("%1 failed to do this.").arg(cluster); break;
    }
    return detail.isEmpty() ? text : u"%1\n%2"_s.arg(text, detail);
}

} // namespace widgets
