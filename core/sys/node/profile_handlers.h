#pragma once

#include "core/sys/routes/routes.h"

#include <chrono>
#include <functional>

namespace core::sys {

/// What `sys/pprof` shows: text about this process. All of them are called on a worker thread.
struct ProfileServices {
    std::function<std::string()> threads;
    std::function<std::string()> heap;
    std::function<std::string(std::chrono::seconds time)> profile; // blocking for that time
};
/// pprof: every path that clients of Vault ask, with what this program knows of it.
void addProfileRoutes(RouteTable& routes, ProfileServices services);

} // namespace core::sys
