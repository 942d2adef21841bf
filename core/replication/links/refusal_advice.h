#pragma once

#include "core/replication/scope/type.h"
#include "core/replication/wire/wire.pb.h"

#include <string>

namespace core::replication {

/// Who said that there is no link.
enum class RefusedBy { Primary, Secondary };

/// What the operator of a secondary does about a refusal that the next attempt does not end: one or two sentences. `id` is the secondary's.
std::string refusalAdvice(RefusedBy by, wire::Refusal::Code code, Type type, const std::string& id);

} // namespace core::replication
