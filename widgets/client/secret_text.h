#pragma once

#include "core/base/secret_bytes.h"

#include <QString>

namespace widgets {

/// A secret as a reply or an input field has it, to be kept. The caller's text is not wiped: Qt shares it.
inline core::SecretBytes secretOf(const QString& text)
{
    QByteArray bytes = text.toUtf8();
    auto secret = core::SecretBytes::copyOf(std::string_view{bytes.constData(), static_cast<std::size_t>(bytes.size())});
    core::wipe(bytes.data(), static_cast<std::size_t>(bytes.size()));
    return secret;
}

/// The text that a request body or a field needs, made when it is needed and not kept.
inline QString textOf(const core::SecretBytes& secret)
{
    return QString::fromUtf8(secret.view().data(), static_cast<qsizetype>(secret.size()));
}

} // namespace widgets
