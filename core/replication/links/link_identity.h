#pragma once

#include "core/replication/wire/link.h"
#include "core/replication/wire/wire.pb.h"
#include "core/trust/link_proof.h"

#include <string>
#include <vector>

namespace core::replication {

/// Proofs of member keys on one connection between clusters (core/trust/link_proof.h). A value; holds no private key of its own.
struct LinkIdentity {
    trust::LinkClaim claim{}; // but for the side

    /// Nothing where this end has no keys, or the connection gives nothing to bind a proof to.
    void prove(const std::shared_ptr<const trust::MemberKeys>& keys, bool isClient, wire::LinkProof* out) const;
    bool canProve(const std::shared_ptr<const trust::MemberKeys>& keys) const { return keys && !claim.exporter.empty(); }
    /// The key that the other end has proved; empty: none. Some 100 µs.
    std::string provenKey(const wire::LinkProof& proof, bool isClient) const;

    /// The key among these that the proved key is, or that it has replaced, as that one has signed; empty: none of them.
    /// At most trust::kFormerKeysMax signatures, some 100 µs each.
    static std::string knownKey(const wire::LinkProof& proof, const std::vector<std::string>& known);

    /// The primary's signature of what it gives a new secondary.
    void signPackage(const std::shared_ptr<const trust::MemberKeys>& keys, wire::BootstrapPackage& package) const;
    /// What was signed, by `key`. Errors: PermissionDenied.
    Result<wire::BootstrapPackage> signedPackage(const wire::BootstrapPackage& package, const std::string& key) const;
};

} // namespace core::replication
