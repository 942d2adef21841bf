#include "core/trust/link_proof.h"

#include "core/base/bytes.h"

namespace core::trust {

namespace {

constexpr std::string_view kPurpose = "link";

/// Each part has its length before it, so no two claims have the same text.
std::string textOf(const LinkClaim& claim)
{
    std::string text{claim.isClient ? '\x01' : '\x02'};
    for (const std::string* part : {&claim.exporter, &claim.protocol, &claim.setId, &claim.type, &claim.seat}) {
        appendLittleEndian(text, static_cast<std::uint32_t>(part->size()));
        text += *part;
    }
    return text;
}

} // namespace

std::string LinkClaim::sign(const SigningKey& key) const
{
    return key.sign(kPurpose, textOf(*this));
}

bool LinkClaim::isSignedBy(std::string_view memberKey, std::string_view signature) const
{
    return exporter.size() == kExporterBytes && trust::isSignedBy(memberKey, kPurpose, textOf(*this), signature);
}

} // namespace core::trust
