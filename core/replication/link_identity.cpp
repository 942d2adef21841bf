#include "core/replication/link_identity.h"

namespace core::replication {

namespace {

constexpr std::string_view kPackagePurpose = "bootstrap";

trust::LinkClaim sideOf(trust::LinkClaim claim, bool isClient)
{
    claim.isClient = isClient;
    if (!isClient) claim.seat.clear(); // whoever serves may not know yet who comes
    return claim;
}

} // namespace

void LinkIdentity::prove(const std::shared_ptr<const trust::MemberKeys>& keys, bool isClient, wire::LinkProof* out) const
{
    if (!canProve(keys)) return;
    out->set_member_key(keys->member().key.publicKey());
    out->set_signature(sideOf(claim, isClient).sign(keys->member().key));
}

std::string LinkIdentity::provenKey(const wire::LinkProof& proof, bool isClient) const
{
    return sideOf(claim, isClient).isSignedBy(proof.member_key(), proof.signature()) ? proof.member_key() : std::string{};
}

void LinkIdentity::signPackage(const std::shared_ptr<const trust::MemberKeys>& keys, wire::BootstrapPackage& package) const
{
    if (!canProve(keys)) return;
    std::string bytes = package.SerializeAsString();
    std::string text = claim.exporter + bytes;
    package.mutable_signature()->set_member_key(keys->member().key.publicKey());
    package.mutable_signature()->set_signature(keys->member().key.sign(kPackagePurpose, text));
    wipe(text);
    package.set_signed_package(std::move(bytes));
}

Result<wire::BootstrapPackage> LinkIdentity::signedPackage(const wire::BootstrapPackage& package, const std::string& key) const
{
    std::string text = claim.exporter + package.signed_package();
    const bool isGood = !claim.exporter.empty() && package.signature().member_key() == key
                        && trust::isSignedBy(key, kPackagePurpose, text, package.signature().signature());
    wipe(text);
    wire::BootstrapPackage inner;
    if (!isGood || !inner.ParseFromString(package.signed_package())) {
        return Error{ErrorCode::PermissionDenied, "the answer is not signed by the primary that made the activation token"};
    }
    return inner;
}

} // namespace core::replication
