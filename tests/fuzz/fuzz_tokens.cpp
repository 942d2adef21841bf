#include "core/base/assert.h"
#include "core/barrier/seal.h"
#include "core/crypto/jwt.h"
#include "core/replication/set/role.h"
#include "core/replication/set/sealed_activation.h"
#include "core/replication/set/statement.h"
#include "core/token/token_codec.h"

#include <boost/json/parse.hpp>

#include <cstdint>

// The first byte chooses what the rest is. Everything that a stranger can send as a token, and what a token leads to.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace core;
    static const auto es512 = crypto::Es512Key::generate();
    static const auto own = crypto::AgreementKey::generate();
    if (size == 0) return 0;
    const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
    const WallTime now{std::chrono::seconds{1'700'000'000}};
    switch (data[0] % 7) {
    case 0: {
        static_cast<void>(crypto::unverifiedClaims(text).has_value());
        static_cast<void>(crypto::looksLikeJwt(text));
        CORE_ASSERT(!es512.verify(text)); // nobody has its key
        break;
    }
    case 1: {
        boost::system::error_code failed;
        const auto value = boost::json::parse(text, failed);
        if (failed || !value.is_object()) break;
        const auto bundle = replication::ActivationBundle::fromJson(value.get_object(), now);
        CORE_ASSERT(!bundle || !bundle->secondaryId.empty());
        break;
    }
    case 2:
        static_cast<void>(replication::isSealedActivation(text));
        CORE_ASSERT(!replication::openActivation(text, own, now));
        static_cast<void>(replication::publicKeyFromText(text).has_value());
        break;
    case 3: {
        const auto entry = token::decodeToken(text);
        if (entry) CORE_ASSERT(token::decodeToken(token::encodeToken(*entry)).has_value());
        break;
    }
    case 4:
        static_cast<void>(token::decodeAccessor(text).has_value());
        static_cast<void>(token::decodeWrapped(text).has_value());
        break;
    case 5:
        static_cast<void>(barrier::KeyBundle::parse(text).has_value());
        static_cast<void>(replication::Role::decode(text).has_value());
        break;
    default: static_cast<void>(replication::EpochStatement::parse(text).has_value()); break;
    }
    return 0;
}
