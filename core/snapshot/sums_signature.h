#pragma once

#include "core/base/clock.h"
#include "core/trust/signing_key.h"

#include <optional>
#include <string>
#include <string_view>

namespace core::snapshot {

/// With which token key (core/trust) a cluster signed the checksums of an archive. It stands behind them inside their seal: the seal
/// shows that somebody had the keyring, which former members have too; the signature shows which cluster it was.
struct SumsSignature {
    std::string tokenKey; // 32 bytes, public
    std::string setId;    // of the performance set that the cluster was in; empty: in none
    WallTime signedAt;
    std::string signature; // over SHA-256 of the checksums, the set and the time

    static SumsSignature make(const trust::SigningKey& key, std::string_view sums, std::string setId, WallTime now);
    bool isOf(std::string_view sums) const;
};

/// What is sealed: the checksums, and the signature as their last line.
std::string withSignature(std::string_view sums, const SumsSignature& signature);

struct SignedSums {
    std::string_view sums;                  // a part of the text that was split
    std::optional<SumsSignature> signature; // nothing: an archive of a program that did not sign, or one that somebody else put together
};
/// The signature is taken apart, not checked.
SignedSums splitSignature(std::string_view text);

} // namespace core::snapshot
