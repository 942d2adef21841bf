#pragma once

#include "core/replication/wire/link.h"
#include "core/replication/wire/wire.pb.h"
#include "core/trust/link_proof.h"

#include <string>
#include <vector>

namespace core::replication {

/// Proofs of member keys on one connection between clusters (core/trust/link_proof.h). A value; holds no private key of its own.
struct LinkIdentity {
    trust::LinkClaim claim{}; // without the side

    /// Writes nothing if this end has no keys, or if the connection has no exporter value to bind a proof to.
    void prove(const std::shared_ptr<const trust::MemberKeys>& keys, bool isClient, wire::LinkProof* out) const;
    bool canProve(const std::shared_ptr<const trust::MemberKeys>& keys) const { return keys && !claim.exporter.empty(); }
    /// The key that the other end has proved; empty: none. About 100 µs.
    std::string provenKey(const wire::LinkProof& proof, bool isClient) const;

    /// The one of the `known` keys that the other end proved, or that the proved key has replaced with the known key's signature. Empty:
    /// none of them. Checks at most trust::kFormerKeysMax signatures, about 100 µs each.
    static std::string knownKey(const wire::LinkProof& proof, const std::vector<std::string>& known);

    /// Signs the primary's bootstrap package for a new secondary.
    void signPackage(const std::shared_ptr<const trust::MemberKeys>& keys, wire::BootstrapPackage& package) const;
    /// The content of the package, if `key` signed it. Errors: PermissionDenied.
    Result<wire::BootstrapPackage> signedPackage(const wire::BootstrapPackage& package, const std::string& key) const;
};

} // namespace core::replication
