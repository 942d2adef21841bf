#pragma once

/// 1 in a build with the address or the thread sanitizer. Each of them has its own allocation functions, and checks that memory is freed by the
/// matching one. gcc defines macros, clang has features.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HOLDFAST_HAS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HOLDFAST_HAS_SANITIZER 1
#endif
#endif
#ifndef HOLDFAST_HAS_SANITIZER
#define HOLDFAST_HAS_SANITIZER 0
#endif
