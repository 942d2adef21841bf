#pragma once

#include "core/crypto/hmac.h"
#include "core/mount/backend.h"

#include <string>
#include <string_view>

namespace core::auth::approle {

/// Makes the keys under which role ids and accessors are stored: their digests, so that the storage's keys show neither. The digest's key is the
/// mount's row `salt`.
class SaltedDigests {
public:
    /// Stores the salt of a new mount.
    static Result<> makeSalt(mount::Context& context);
    /// Errors: Corrupt (no salt), Sealed, Io.
    static Result<SaltedDigests> load(const mount::Context& context);

    /// Hex.
    std::string of(std::string_view text) const;

private:
    explicit SaltedDigests(std::string_view salt) : m_salt{salt} {}
    crypto::HmacKey m_salt;
};

/// Hex of the text's digest under `key`.
std::string digestOf(const crypto::HmacKey& key, std::string_view text);

} // namespace core::auth::approle
