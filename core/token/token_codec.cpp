#include "core/token/token_codec.h"

#include "core/token/token.pb.h"

namespace core::token {
namespace {

std::int64_t toNanoseconds(WallTime time)
{
    return time.time_since_epoch().count();
}

WallTime fromNanoseconds(std::int64_t count)
{
    return WallTime{std::chrono::nanoseconds{count}};
}

template<class Message>
Result<> parse(Message& message, std::string_view bytes, const char* what)
{
    if (message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return {};
    return Error{ErrorCode::Corrupt, std::string{what} + " is damaged"};
}

} // namespace

std::string encodeToken(const TokenEntry& entry)
{
    proto::Token message;
    message.set_is_batch(entry.type == TokenType::Batch);
    message.set_accessor(entry.accessor);
    message.set_parent(entry.parent);
    for (const auto& policy : entry.policies) message.add_policies(policy);
    message.set_path(entry.path);
    for (const auto& [key, value] : entry.metadata) (*message.mutable_metadata())[key] = value;
    message.set_display_name(entry.displayName);
    message.set_uses_left(entry.usesLeft);
    message.set_created_at(toNanoseconds(entry.createdAt));
    message.set_issued_at(toNanoseconds(entry.issuedAt));
    message.set_creation_ttl(entry.creationTtl.count());
    message.set_explicit_max_ttl(entry.explicitMaxTtl.count());
    message.set_period(entry.period.count());
    message.set_expires_at(toNanoseconds(entry.expiresAt));
    message.set_role(entry.role);
    message.set_entity_id(entry.entityId);
    for (const auto& cidr : entry.boundCidrs) message.add_bound_cidrs(cidr);
    message.set_is_renewable(entry.isRenewable);
    message.set_cubbyhole_id(entry.cubbyholeId);
    return message.SerializeAsString();
}

Result<TokenEntry> decodeToken(std::string_view bytes)
{
    proto::Token message;
    if (auto parsed = parse(message, bytes, "token"); !parsed) return parsed.error();
    TokenEntry entry;
    entry.type = message.is_batch() ? TokenType::Batch : TokenType::Service;
    entry.accessor = message.accessor();
    entry.parent = message.parent();
    entry.policies.assign(message.policies().begin(), message.policies().end());
    entry.path = message.path();
    entry.metadata.insert(message.metadata().begin(), message.metadata().end());
    entry.displayName = message.display_name();
    entry.usesLeft = message.uses_left();
    entry.createdAt = fromNanoseconds(message.created_at());
    entry.issuedAt = fromNanoseconds(message.issued_at());
    entry.creationTtl = std::chrono::seconds{message.creation_ttl()};
    entry.explicitMaxTtl = std::chrono::seconds{message.explicit_max_ttl()};
    entry.period = std::chrono::seconds{message.period()};
    entry.expiresAt = fromNanoseconds(message.expires_at());
    entry.role = message.role();
    entry.entityId = message.entity_id();
    entry.boundCidrs.assign(message.bound_cidrs().begin(), message.bound_cidrs().end());
    entry.isRenewable = message.is_renewable();
    entry.cubbyholeId = message.cubbyhole_id();
    return entry;
}

std::string encodeAccessor(const AccessorEntry& entry)
{
    proto::Accessor message;
    message.set_accessor(entry.accessor);
    message.set_token(entry.saltedId);
    return message.SerializeAsString();
}

Result<AccessorEntry> decodeAccessor(std::string_view bytes)
{
    proto::Accessor message;
    if (auto parsed = parse(message, bytes, "accessor"); !parsed) return parsed.error();
    return AccessorEntry{.accessor = message.accessor(), .saltedId = message.token()};
}

std::string encodeWrapped(const WrappedEntry& entry)
{
    proto::Wrapped message;
    message.set_content(entry.content);
    message.set_created_at(toNanoseconds(entry.createdAt));
    message.set_ttl(entry.ttl.count());
    message.set_creation_path(entry.creationPath);
    message.set_is_jwt(entry.isJwt);
    message.set_wrapped_accessor(entry.wrappedAccessor);
    message.set_creator(entry.creator);
    return message.SerializeAsString();
}

Result<WrappedEntry> decodeWrapped(std::string_view bytes)
{
    proto::Wrapped message;
    if (auto parsed = parse(message, bytes, "wrapped answer"); !parsed) return parsed.error();
    WrappedEntry entry;
    entry.content = message.content();
    entry.createdAt = fromNanoseconds(message.created_at());
    entry.ttl = std::chrono::seconds{message.ttl()};
    entry.creationPath = message.creation_path();
    entry.isJwt = message.is_jwt();
    entry.wrappedAccessor = message.wrapped_accessor();
    entry.creator = message.creator();
    return entry;
}

} // namespace core::token
