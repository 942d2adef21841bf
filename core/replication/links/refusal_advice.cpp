#include "core/replication/links/refusal_advice.h"

namespace core::replication {

namespace {

std::string updatePrimary(Type type)
{
    return "holdfast write sys/replication/" + std::string{toString(type)} + "/secondary/update-primary token=…";
}

std::string newToken(Type type, const std::string& id)
{
    return "holdfast write sys/replication/" + std::string{toString(type)} + "/primary/secondary-token id=" + id;
}

} // namespace

std::string refusalAdvice(RefusedBy by, wire::Refusal::Code code, Type type, const std::string& id)
{
    const std::string withNewToken =
        "make a new token at the primary (" + newToken(type, id) + ") and give it to this cluster (" + updatePrimary(type) + ").";
    switch (code) {
    case wire::Refusal::IDENTITY:
        if (by == RefusedBy::Secondary)
            return "Check who answers at that address. If it is the primary, and it has lost its key, " + withNewToken + " The data here is safe.";
        return "The data here is safe, and grows old. To follow again, revoke this secondary at the primary if it is still listed there, " +
               withNewToken + " To leave the set, disable replication here.";
    case wire::Refusal::SET: return "The cluster at that address belongs to another set. Check the address, or " + withNewToken;
    case wire::Refusal::ROLE: // of a relay that receives nothing more itself
        return "Let this cluster follow the primary or another relay: " + updatePrimary(type) + " with a token made there. The data here is safe.";
    case wire::Refusal::EPOCH:
        return "Another cluster leads the set. This cluster finds it by itself where it may; if not, make a token at that one (" +
               newToken(type, id) + ") and give it to this cluster (" + updatePrimary(type) + "). The data here is safe.";
    case wire::Refusal::VERSION: return "Upgrade the older program; the link then comes back by itself. The data here is safe.";
    case wire::Refusal::RING: return "Let this cluster follow one that is not below it: " + updatePrimary(type) + " with a token made there.";
    default: return "Look at the log of the cluster that refuses.";
    }
}

} // namespace core::replication
