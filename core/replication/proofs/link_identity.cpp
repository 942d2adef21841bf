#include "core/replication/proofs/link_identity.h"

#include <algorithm>

namespace core::replication {

namespace {

constexpr std::string_view kPackagePurpose = "bootstrap";

trust::LinkClaim sideOf(trust::LinkClaim claim, bool isClient)
{
    claim.isClient = isClient;
    if (!isClient) claim.seat.clear(); // a cluster that serves perhaps does not know yet who is calling
    return claim;
}

void tellKey(const trust::OwnKey& own, wire::LinkProof& out)
{
    out.set_member_key(own.key.publicKey());
    for (const auto& former : own.former) {
        if (former.signature.empty()) break;
        auto& row = *out.add_former();
        row.set_public_key(former.publicKey);
        row.set_signature(former.signature);
    }
}

} // namespace

void LinkIdentity::prove(const std::shared_ptr<const trust::MemberKeys>& keys, bool isClient, wire::LinkProof* out) const
{
    if (!canProve(keys)) return;
    tellKey(keys->proving(), *out);
    out->set_signature(sideOf(claim, isClient).sign(keys->proving().key));
}

std::string LinkIdentity::provenKey(const wire::LinkProof& proof, bool isClient) const
{
    return sideOf(claim, isClient).isSignedBy(proof.member_key(), proof.signature()) ? proof.member_key() : std::string{};
}

std::string LinkIdentity::knownKey(const wire::LinkProof& proof, const std::vector<std::string>& known)
{
    const auto isKnown = [&known](const std::string& key) { return !key.empty() && std::ranges::find(known, key) != known.end(); };
    std::string key = proof.member_key();
    if (isKnown(key)) return key;
    // The chain goes from the proved key back to older ones. Each step needs the older key's signature, so a hostile cluster cannot claim
    // another one's former key.
    const int count = std::min(proof.former_size(), static_cast<int>(trust::kFormerKeysMax));
    // A hostile cluster may send a chain of any length; only the first keys cost a signature check.
    for (int at = 0; at < count; ++at) {
        const auto& former = proof.former(at);
        if (!trust::isReplacement(former.public_key(), key, former.signature())) return {};
        key = former.public_key();
        if (isKnown(key)) return key;
    }
    return {};
}

void LinkIdentity::signPackage(const std::shared_ptr<const trust::MemberKeys>& keys, wire::BootstrapPackage& package) const
{
    if (!canProve(keys)) return;
    std::string bytes = package.SerializeAsString();
    // The exporter value binds the package to this connection. A copy of the answer is worth nothing on another one.
    std::string text = claim.exporter + bytes;
    const trust::OwnKey& own = keys->proving();
    tellKey(own, *package.mutable_signature());
    package.mutable_signature()->set_signature(own.key.sign(kPackagePurpose, text));
    wipe(text);
    package.set_signed_package(std::move(bytes));
}

Result<wire::BootstrapPackage> LinkIdentity::signedPackage(const wire::BootstrapPackage& package, const std::string& key) const
{
    std::string text = claim.exporter + package.signed_package();
    const bool isGood = !claim.exporter.empty() && !knownKey(package.signature(), {key}).empty() &&
                        trust::isSignedBy(package.signature().member_key(), kPackagePurpose, text, package.signature().signature());
    wipe(text);
    wire::BootstrapPackage inner;
    if (!isGood || !inner.ParseFromString(package.signed_package())) {
        return Error{ErrorCode::PermissionDenied, "the answer is not signed by the primary that made the activation token"};
    }
    return inner;
}

} // namespace core::replication
