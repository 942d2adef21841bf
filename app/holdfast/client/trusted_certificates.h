#pragma once

#include "core/base/result.h"

#include <string>

namespace cli {

/// Sources of certificates of authorities: a file, a PEM text, or a folder. As in Vault, the first that is given counts.
struct CertificateSources {
    std::string file;
    std::string pem;
    std::string folder; // every file below it that has certificates counts; names do not matter
};

/// All certificates as one PEM text; empty if no source is given. Errors: Io (file or folder that cannot be read), InvalidArgument (no certificate in
/// it), TooLarge.
core::Result<std::string> trustedCertificates(const CertificateSources& sources);

} // namespace cli
