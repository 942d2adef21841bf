#pragma once

#include "core/replication/scope/type.h"
#include "core/replication/set/activation.h"

#include <string>

// What the operator of a new secondary is told.

namespace core::replication {

/// The wipe removes the tokens and users of this cluster, also the token of this call.
std::string tokensGoText(Type type, bool isUnsealedByShares);

/// The end of an error text about a call to a primary's cluster port: the address, and how to find the cause.
std::string dialledText(const ActivationBundle& bundle);

} // namespace core::replication
