#include "core/trust/told_makers.h"

#include "core/trust/member_keys.pb.h"
#include "core/trust/token_makers.h"

namespace core::trust {

Result<log::Operation> toldMakersOperation(const barrier::Barrier& next, std::string_view told)
{
    stored::TokenMakers sent, row;
    if (!sent.ParseFromArray(told.data(), static_cast<int>(told.size()))) return Error{ErrorCode::Corrupt, "the set's token keys"};
    *row.mutable_told() = sent.makers(); // each row is checked when it is read
    return next.putOperation(std::string{TokenMakers::kKey}, row.SerializeAsString());
}

} // namespace core::trust
