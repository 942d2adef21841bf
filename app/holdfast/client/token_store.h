#pragma once

#include "app/holdfast/text/context.h"

#include <string>

namespace cli {

/// Where `login` leaves the token for later commands: ~/.vault-token, or the program that `token_helper` in ~/.vault names
/// (VAULT_CONFIG_PATH: another file). The helper is run by /bin/sh with `get`, `store` or `erase` behind it; the token passes by its standard
/// output and input, never by an argument.
class TokenStore {
public:
    explicit TokenStore(const Context& context) : m_context{context} {}

    /// Empty where there is none. Errors: Io (file, helper, with what it said), InvalidArgument (~/.vault).
    core::Result<core::SecretBytes> load() const;
    /// Errors: as load(), NoSpace, FailedPrecondition (no home directory).
    core::Result<> store(const core::SecretBytes& token) const;

private:
    const Context& m_context;
};

/// The value of token_helper in the text of ~/.vault; empty where it has none. Errors: InvalidArgument (another key, no text).
core::Result<std::string> tokenHelperOf(std::string_view configuration);

} // namespace cli
