#pragma once

#include "app/holdfast/text/context.h"

#include <filesystem>

namespace cli {

/// ~/.vault-token, where `login` stores the token for later commands.
class TokenFile {
public:
    explicit TokenFile(const Context& context);

    /// Empty if there is no file. Errors: Io.
    core::Result<core::SecretBytes> load() const;
    /// Replaces the file as a whole, mode 0600. Errors: Io, NoSpace, FailedPrecondition (no home directory).
    core::Result<> store(const core::SecretBytes& token) const;

private:
    std::filesystem::path m_path;
};

} // namespace cli
