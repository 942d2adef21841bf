#pragma once

// For the sources of MemberService.

#include "core/replication/wire/peer.pb.h"
#include "core/replication/scope/type.h"

#include <boost/json/value.hpp>

#include <chrono>
#include <optional>

namespace core::replication {

/// Null if it is not known.
inline boost::json::value secondsOf(std::optional<std::chrono::milliseconds> duration)
{
    return duration ? boost::json::value(static_cast<double>(duration->count()) / 1000.0) : boost::json::value(nullptr);
}

/// A member's report about its role of this type; null: it has none.
inline const wire::PeerRole* roleIn(const wire::PeerDescription& description, Type type)
{
    for (const auto& role : description.roles()) {
        if (role.type() == (type == Type::Performance ? 1u : 2u)) return &role;
    }
    return nullptr;
}

} // namespace core::replication
