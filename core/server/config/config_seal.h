#pragma once

#include "core/server/config/config_section.h"

namespace core::server {

/// Reads a seal stanza in Vault's keys; one that says `disabled` is the former seal. Errors: InvalidArgument.
Result<> readSealStanza(ConfigSection& stanza, const policy::hcl::Labelled& block, Config& config);

/// Takes what the environment says (VAULT_SEAL_TYPE, VAULT_HSM_LIB …), which goes before the file, and checks the whole.
/// Errors: InvalidArgument.
Result<> completeSeal(Config& config, const Environment& environment);

} // namespace core::server
