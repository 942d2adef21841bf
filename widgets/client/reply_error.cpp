#include "widgets/client/reply_error.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QStringList>

using namespace Qt::StringLiterals;

namespace widgets {
namespace {

QString errorsOf(const QByteArray& body)
{
    QStringList texts;
    const auto errors = QJsonDocument::fromJson(body).object().value("errors"_L1).toArray();
    for (const auto& error : errors) texts << error.toString().trimmed();
    QString text = texts.join(u"; "_s);
    // Removes the server's frame for several errors around one: "1 error occurred:\n\t* text".
    text.replace(u"1 error occurred:\n\t* "_s, QString{});
    return text;
}

core::ErrorCode codeOf(int status, const QString& text)
{
    using core::ErrorCode;
    switch (status) {
    case 400: return ErrorCode::InvalidArgument;
    case 401:
    case 403: return ErrorCode::PermissionDenied;
    case 404: return ErrorCode::NotFound;
    case 405: return ErrorCode::Unsupported;
    case 412: return ErrorCode::FailedPrecondition;
    case 413: return ErrorCode::TooLarge;
    case 502:
    case 503: return text.contains("sealed"_L1) ? ErrorCode::Sealed : ErrorCode::Unavailable;
    default: return ErrorCode::Internal;
    }
}

} // namespace

core::Error errorOf(int status, const QByteArray& body)
{
    const QString text = errorsOf(body);
    const QString shown = text.isEmpty() ? u"HTTP %1"_s.arg(status) : text;
    return core::Error{codeOf(status, text), shown.toStdString()};
}

} // namespace widgets
