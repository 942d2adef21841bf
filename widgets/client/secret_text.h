#pragma once

#include "core/base/secret_bytes.h"

#include <QString>

namespace widgets {

/// Copies a secret from a reply or an input field into memory that is wiped when it is freed. The QString is not wiped, because other QStrings can
/// share its buffer.
inline core::SecretBytes secretOf(const QString& text)
{
    QByteArray bytes = text.toUtf8();
    auto secret = core::SecretBytes::copyOf(std::string_view{bytes.constData(), static_cast<std::size_t>(bytes.size())});
    core::wipe(bytes.data(), static_cast<std::size_t>(bytes.size()));
    return secret;
}

/// Make this text only for a request body or for a field that shows it, and store it nowhere else.
inline QString textOf(const core::SecretBytes& secret)
{
    return QString::fromUtf8(secret.view().data(), static_cast<qsizetype>(secret.size()));
}

} // namespace widgets
