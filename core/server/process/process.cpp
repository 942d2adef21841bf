#include "core/server/process/process.h"

#include "core/base/logging.h"
#include "core/base/memory_wait.h"
#include "core/server/process/wiping_delete.h"

#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <string_view>
#include <sys/resource.h>
#include <system_error>
#include <unistd.h>

namespace core::server {
namespace {

/// The messages contain no values.
void logLibraryMessage(google::protobuf::LogLevel level, const char*, int, const std::string& message)
{
    const auto own = level >= google::protobuf::LOGLEVEL_FATAL     ? logging::Level::Error
                     : level >= google::protobuf::LOGLEVEL_WARNING ? logging::Level::Warn
                                                                   : logging::Level::Debug;
    logging::write(own, "protobuf", message);
}

void raiseDescriptorLimit()
{
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return;
    constexpr rlim_t kEnough = 1u << 20;
    if (limit.rlim_cur >= kEnough) return;
    limit.rlim_cur = std::min(limit.rlim_max, kEnough);
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) {
        logging::warn("core", "the limit of open files could not be raised", {{"error", std::generic_category().message(errno)}});
    }
}

} // namespace

void logLibraryMessages()
{
    google::protobuf::SetLogHandler(&logLibraryMessage);
}

std::size_t connectionCountMax()
{
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1000;
    return connectionCountMax(limit.rlim_cur);
}

std::size_t connectionCountMax(std::uint64_t descriptorCountMax)
{
    // The storage keeps tables and log segments open, the cluster port its connections, audit its files. A small limit is divided.
    constexpr std::uint64_t kReserve = 2'048;
    constexpr std::uint64_t kCountMax = 100'000; // limited by memory, not by descriptors
    const std::uint64_t reserve = std::min(kReserve, descriptorCountMax / 2);
    return static_cast<std::size_t>(std::clamp<std::uint64_t>(descriptorCountMax - reserve, 16, kCountMax));
}

void endWithin(unsigned seconds)
{
    // A signal and not a thread, because there can be no memory left for a thread, or nothing that schedules it.
    ::signal(SIGALRM, [](int) {
        constexpr std::string_view kText = "the server did not stop in time and ends now\n";
        [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kText.data(), kText.size());
        ::_exit(0);
    });
    ::alarm(seconds);
}

Result<> protectProcess(bool isMlockDisabled)
{
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    // Freed memory is overwritten, so request bodies, JSON values and other data do not stay in the heap. C libraries free their memory
    // through malloc. Memory of C++ code is wiped by wiping_delete.cpp, which this call links into the program.
    ::mallopt(M_PERTURB, 0x5a);
    // Large blocks are mapped separately and return to the system when they are freed. By default glibc raises this limit with the first
    // large body, and later ones would stay in the heap.
    ::mallopt(M_MMAP_THRESHOLD, 256 * 1024);
    ::mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
    // Each arena of the heap takes 64 MiB of address space. If that is limited, bodies need it more.
    rlimit space{};
    if (::getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY) ::mallopt(M_ARENA_MAX, 2);
    installMemoryReserve();
    raiseDescriptorLimit();
    if (!wipesFreedMemory()) logging::debug("core", "freed memory is not wiped: this program was built with a sanitizer");
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGXFSZ, SIG_IGN); // a file that cannot grow makes the write fail, as on a full disk
    logLibraryMessages();
    // On fault: so the unused part of stacks is not locked, and neither are pages of the database (ciphertext, mapped by LevelDB) that are never
    // read.
    if (!isMlockDisabled && ::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0) {
        return Error{ErrorCode::PermissionDenied, "cannot lock memory (" + std::generic_category().message(errno) +
                                                      "): give the process CAP_IPC_LOCK or a larger memlock limit, or set disable_mlock = true "
                                                      "where swap is off or encrypted"};
    }
    return {};
}

} // namespace core::server
