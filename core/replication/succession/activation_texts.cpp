#include "core/replication/succession/activation_texts.h"

#include "core/base/origin.h"

namespace core::replication {

std::string tokensGoText(Type type, bool isUnsealedByShares)
{
    const std::string shares = isUnsealedByShares ? " From now on the primary's key shares unseal this cluster." : "";
    if (type == Type::Dr)
        return std::string{
                   "The tokens that this cluster had are gone with its data: it takes no token now but a DR operation token. Make one with the "
                   "primary's key shares (holdfast operator generate-root -dr-token -init), or use a batch token that was made at the primary. Status and "
                   "health need none."} +
               shares;
    return std::string{
               "The tokens and users that this cluster had are gone with its data, so its next answer to your token is 403. Log in with a user of the "
               "primary (holdfast login), or make a root token with the primary's key shares (holdfast operator generate-root -init)."} +
           shares;
}

std::string dialledText(const ActivationBundle& bundle)
{
    std::string text = ". The cluster address that was dialled is " + bundle.primaryClusterAddress + ", as the token says";
    const auto origin = parseClusterAddress(bundle.primaryClusterAddress);
    if (origin && origin->isLoopback()) {
        text += "; it leads back to this machine: where the primary runs on another one, set cluster_addr or api_addr there and make a new token";
    }
    return text + ". \"holdfast replication preflight\", run against this cluster with the primary's API address, examines the way there";
}

} // namespace core::replication
