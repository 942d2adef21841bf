#pragma once

#include "core/base/result.h"
#include "core/base/secret_bytes.h"

#include <memory>
#include <string>
#include <string_view>

namespace core::crypto {

/// A P-521 key that signs and verifies JWTs with ES512 (RFC 7515, RFC 7518 §3.4).
///
/// Thread-safe. Signing takes some 300 µs and verifying 550: not for an I/O thread under load.
class Es512Key {
public:
    static Es512Key generate();
    /// From toPem(). Errors: InvalidArgument (no private key on P-521).
    static Result<Es512Key> fromPem(std::string_view pem);

    Es512Key(Es512Key&&) noexcept;
    Es512Key& operator=(Es512Key&&) noexcept;
    ~Es512Key();

    /// The private key as PKCS#8 PEM.
    SecretBytes toPem() const;

    /// The point of the public key, as the decimal numbers that sys/wrapping/pubkey shows.
    struct PublicPoint {
        std::string x;
        std::string y;
    };
    PublicPoint publicPoint() const;

    /// A compact JWT `header.claims.signature` for claims that are JSON text already; the header is
    /// `{"alg":"ES512","typ":"JWT"}`.
    std::string sign(std::string_view claims) const;

    /// The claims of a JWT that this key has signed. The header is not trusted: the algorithm is always ES512. The caller checks times and meaning.
    /// Errors: InvalidArgument (not a JWT), PermissionDenied (signed by another key, or forged).
    Result<std::string> verify(std::string_view jwt) const;

private:
    struct State;
    explicit Es512Key(std::unique_ptr<State> state);
    std::unique_ptr<State> m_state;
};

/// The claims of a JWT, without checking its signature. A secondary uses this for the primary's activation token, because it cannot know the key. A
/// text that passes has only base64url characters and dots. Errors: InvalidArgument (not a JWT).
Result<std::string> unverifiedClaims(std::string_view jwt);

/// True for three base64url parts. Says nothing about the signature.
bool looksLikeJwt(std::string_view token);

} // namespace core::crypto
