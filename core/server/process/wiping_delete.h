#pragma once

namespace core::server {

/// Whether every block that C++ code of this program gives back is overwritten first: strings, JSON trees, buffers of requests and
/// answers, messages. It is the program's own `operator delete` that does it, in wiping_delete.cpp; false under a sanitizer.
///
/// M_PERTURB alone is not enough: malloc() keeps small blocks of each thread for their next use, and leaves their contents as they are.
bool wipesFreedMemory();

} // namespace core::server
