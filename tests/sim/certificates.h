#pragma once

#include "core/base/clock.h"

#include <string>

namespace sim {

/// As core/crypto has them, remembered: a run asks for the same few certificates again and again.
std::string fingerprintOf(const std::string& certificate);
bool isIssuedBy(const std::string& certificate, const std::string& authority, core::WallTime now);
/// Forgets all; between two runs.
void forgetCertificates();

} // namespace sim
