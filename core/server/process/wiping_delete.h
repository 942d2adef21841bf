#pragma once

namespace core::server {

/// True if every block that C++ code of this program frees is overwritten first: strings, JSON trees, buffers of requests and
/// answers, messages. The program's own `operator delete` does it, in wiping_delete.cpp. False with a sanitizer.
///
/// M_PERTURB alone is not enough: malloc() keeps small blocks of each thread for their next use, without overwriting them.
bool wipesFreedMemory();

} // namespace core::server
