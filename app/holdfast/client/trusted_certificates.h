#pragma once

#include "core/base/result.h"

#include <string>

namespace cli {

/// Where certificates of authorities come from: a file, a PEM text, or a folder; the first that is given counts, as in Vault.
struct CertificateSources {
    std::string file;
    std::string pem;
    std::string folder; // every file below it that holds certificates counts, whatever its name
};

/// All certificates as one PEM text; empty where no source is given. Errors: Io (file or folder that cannot be read), InvalidArgument (no certificate in
/// it), TooLarge.
core::Result<std::string> trustedCertificates(const CertificateSources& sources);

} // namespace cli
