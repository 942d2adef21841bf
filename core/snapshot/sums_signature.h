#pragma once

#include "core/base/clock.h"
#include "core/trust/signing_key.h"

#include <optional>
#include <string>
#include <string_view>

namespace core::snapshot {

/// The signature of a cluster over the checksums of an archive, with its token key (core/trust). It is stored behind the checksums, inside their
/// seal. The seal shows that the maker had the keyring, but former members have it too. The signature shows which cluster it was.
struct SumsSignature {
    std::string tokenKey; // 32 bytes, public
    std::string setId;    // the cluster's performance set; empty: none
    WallTime signedAt;
    std::string signature; // over SHA-256 of the checksums, the set and the time

    static SumsSignature make(const trust::SigningKey& key, std::string_view sums, std::string setId, WallTime now);
    bool isOf(std::string_view sums) const;
};

/// The text to seal: the checksums, and the signature as their last line.
std::string withSignature(std::string_view sums, const SumsSignature& signature);

struct SignedSums {
    std::string_view sums;                  // a part of the given text
    std::optional<SumsSignature> signature; // empty: made by a program that did not sign, or forged
};
/// Parses the signature without verifying it.
SignedSums splitSignature(std::string_view text);

} // namespace core::snapshot
