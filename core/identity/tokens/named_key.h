#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace core::identity {

/// The public half of one pair of a named key.
struct VerificationKey {
    std::string id; // `kid` in the headers of tokens
    std::string algorithm;
    std::string publicDer;              // SubjectPublicKeyInfo
    std::optional<WallTime> validUntil; // empty: still in use
};

/// A key that signs identity tokens, under a name that roles refer to. It consists of the pair that signs now, the pair that signs next (so that
/// verifiers know it early), and former pairs whose tokens may still be valid. The private halves are rows of their own (README.md).
struct NamedKey {
    static constexpr std::string_view kDefaultName = "default";

    std::string name;
    std::string algorithm = "RS256";
    std::chrono::seconds rotationPeriod{std::chrono::hours{24}};
    std::chrono::seconds verificationTtl{std::chrono::hours{24}};
    std::vector<std::string> allowedClientIds; // "*": all
    WallTime nextRotation;
    std::uint64_t renewal = 0; // trust::RekeyDue::renewal when the pairs were made. If it has grown since, a former member knows them
    std::string currentId;
    std::string nextId;
    std::vector<VerificationKey> keys; // current, next and former ones

    bool allows(std::string_view clientId) const;

    /// The stored form: JSON. It holds no secret.
    std::string encode() const;
    /// Errors: Corrupt.
    static Result<NamedKey> decode(std::string_view name, std::string_view text);
};

} // namespace core::identity
