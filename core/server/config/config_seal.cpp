#include "core/server/config/config_seal.h"

#include "core/server/config/config_values.h"

#include <charconv>

namespace core::server {
namespace {

using crypto::Pkcs11Key;

Error invalid(std::string text)
{
    return Error{ErrorCode::InvalidArgument, std::move(text)};
}

/// Decimal, or hexadecimal after "0x".
Result<std::uint64_t> parseNumber(std::string_view text)
{
    const bool isHex = text.starts_with("0x") || text.starts_with("0X");
    const auto digits = text.substr(isHex ? 2 : 0);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, isHex ? 16 : 10);
    if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) {
        return invalid("must be a number, decimal or after 0x hexadecimal");
    }
    return value;
}

Result<Pkcs11Key::Mechanism> parseMechanism(std::string_view text)
{
    const auto number = parseNumber(text);
    if (!number) return number.error();
    for (const auto known : {Pkcs11Key::Mechanism::AesGcm, Pkcs11Key::Mechanism::AesCbcPad}) {
        if (*number == static_cast<std::uint32_t>(known)) return known;
    }
    return invalid("must be 0x1087 (AES-GCM) or 0x1085 (AES-CBC with padding, and an HMAC key)");
}

Result<std::shared_ptr<const SecretBytes>> parsePin(std::string_view text)
{
    return std::make_shared<const SecretBytes>(SecretBytes::copyOf(text));
}

Result<std::string> parseText(std::string_view text)
{
    return std::string{text};
}

Result<std::optional<std::uint64_t>> parseSlot(std::string_view text)
{
    auto number = parseNumber(text);
    if (!number) return std::move(number).error();
    return std::optional{*number};
}

Result<> completePkcs11(SealConfig& seal, const Environment& environment)
{
    auto& options = seal.pkcs11;
    for (auto& done :
         {take(environment, "VAULT_HSM_LIB", parseText, options.library), take(environment, "VAULT_HSM_SLOT", parseSlot, options.slot),
          take(environment, "VAULT_HSM_TOKEN_LABEL", parseText, options.tokenLabel), take(environment, "VAULT_HSM_PIN", parsePin, options.pin),
          take(environment, "VAULT_HSM_KEY_LABEL", parseText, options.keyLabel),
          take(environment, "VAULT_HSM_HMAC_KEY_LABEL", parseText, options.hmacKeyLabel),
          take(environment, "VAULT_HSM_MECHANISM", parseMechanism, options.mechanism),
          take(environment, "VAULT_HSM_GENERATE_KEY", parseBoolean, options.makesMissingKeys)}) {
        if (!done) return done;
    }
    const auto missing = [&](const char* what) {
        return invalid((seal.origin.empty() ? std::string{} : seal.origin + ": ") + "seal \"pkcs11\": " + what + " is missing");
    };
    if (options.library.empty()) return missing("lib (or VAULT_HSM_LIB)");
    if (!options.slot && options.tokenLabel.empty()) return missing("slot or token_label (or VAULT_HSM_SLOT, VAULT_HSM_TOKEN_LABEL)");
    if (!options.pin || options.pin->empty()) return missing("pin (or VAULT_HSM_PIN)");
    if (options.keyLabel.empty()) return missing("key_label (or VAULT_HSM_KEY_LABEL)");
    if (options.keyLabel.size() > 255) return invalid("seal \"pkcs11\": key_label is longer than 255 bytes");
    if (options.mechanism == Pkcs11Key::Mechanism::AesCbcPad && options.hmacKeyLabel.empty()) {
        return missing("hmac_key_label (or VAULT_HSM_HMAC_KEY_LABEL), which mechanism 0x1085 needs,");
    }
    return {};
}

} // namespace

Result<> readSealStanza(ConfigSection& stanza, const policy::hcl::Labelled& block, Config& config)
{
    auto& seal = config.seal;
    SealConfig read;
    read.type = block.label;
    read.origin = stanza.originOf(block.position);
    bool isDisabled = false;
    stanza.read("disabled", isDisabled);
    stanza.accept({"name", "priority"});
    if (block.label == "pkcs11") {
        auto& options = read.pkcs11;
        stanza.read("lib", options.library);
        stanza.readWith("slot", parseSlot, options.slot);
        stanza.read("token_label", options.tokenLabel);
        stanza.readWith("pin", parsePin, options.pin);
        stanza.read("key_label", options.keyLabel);
        stanza.read("hmac_key_label", options.hmacKeyLabel);
        stanza.readWith("mechanism", parseMechanism, options.mechanism);
        stanza.read("generate_key", options.makesMissingKeys);
        stanza.acceptWithoutEffect({"default_key_label", "default_hmac_key_label", "hmac_mechanism", "hmac_default_key_label", "key_id",
                                    "max_parallel", "rsa_encrypt_local", "rsa_oaep_hash", "force_rw_session"});
    } else if (block.label != "shamir") {
        stanza.failAt(block.position, "seal: unknown type \"" + std::string{block.label} + "\" (shamir or pkcs11)");
    }
    if (auto done = stanza.finish(); !done) return done;
    if (isDisabled) {
        config.formerSeal = std::move(read);
        return {};
    }
    if (seal.type != "shamir" && read.type != "shamir") return invalid(read.origin + ": seal: one is at " + seal.origin + " already");
    if (read.type != "shamir" || seal.origin.empty()) seal = std::move(read);
    return {};
}

Result<> completeSeal(Config& config, const Environment& environment)
{
    auto& seal = config.seal;
    if (auto done = take(environment, "VAULT_SEAL_TYPE", parseText, seal.type); !done) return done;
    if (seal.type == "pkcs11") return completePkcs11(seal, environment);
    if (seal.type != "shamir") return invalid("VAULT_SEAL_TYPE: must be shamir or pkcs11, not \"" + seal.type + '"');
    return config.formerSeal.type == "pkcs11" ? completePkcs11(config.formerSeal, environment) : Result<>{};
}

} // namespace core::server
