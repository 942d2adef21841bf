#pragma once

#include "core/base/clock.h"

#include <string>

namespace sim {

/// The same as in core/crypto, with a cache: a run asks for the same few certificates again and again.
std::string fingerprintOf(const std::string& certificate);
bool isIssuedBy(const std::string& certificate, const std::string& authority, core::WallTime now);
/// Empties the cache, between two runs.
void forgetCertificates();

} // namespace sim
