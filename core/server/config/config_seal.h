#pragma once

#include "core/server/config/config_section.h"

namespace core::server {

/// Reads a seal stanza with Vault's keys. A stanza with `disabled` is the former seal. Errors: InvalidArgument.
Result<> readSealStanza(ConfigSection& stanza, const policy::hcl::Labelled& block, Config& config);

/// Applies the environment (VAULT_SEAL_TYPE, VAULT_HSM_LIB …), which overrides the file, and checks the result.
/// Errors: InvalidArgument.
Result<> completeSeal(Config& config, const Environment& environment);

} // namespace core::server
