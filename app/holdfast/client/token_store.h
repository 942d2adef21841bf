#pragma once

#include "app/holdfast/text/context.h"

#include <string>

namespace cli {

/// Where `login` stores the token for later commands: ~/.vault-token, or the program that `token_helper` in ~/.vault names
/// (VAULT_CONFIG_PATH: another file). /bin/sh runs the helper with `get`, `store` or `erase` as its argument. The token goes over the helper's
/// standard output and input, never into an argument.
class TokenStore {
public:
    explicit TokenStore(const Context& context) : m_context{context} {}

    /// Empty if there is none. Errors: Io (file; helper, with its output), InvalidArgument (~/.vault).
    core::Result<core::SecretBytes> load() const;
    /// Errors: as load(), NoSpace, FailedPrecondition (no home directory).
    core::Result<> store(const core::SecretBytes& token) const;

private:
    const Context& m_context;
};

/// The value of token_helper in the text of ~/.vault; empty if it has none. Errors: InvalidArgument (another key, no text).
core::Result<std::string> tokenHelperOf(std::string_view configuration);

} // namespace cli
