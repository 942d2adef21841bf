#include "core/server/process.h"

#include "core/base/logging.h"

#include <google/protobuf/stubs/logging.h>

#include <cerrno>
#include <csignal>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <system_error>

namespace core::server {
namespace {

/// The messages hold no values.
void logLibraryMessage(google::protobuf::LogLevel level, const char*, int, const std::string& message)
{
    const auto own = level >= google::protobuf::LOGLEVEL_FATAL     ? logging::Level::Error
                     : level >= google::protobuf::LOGLEVEL_WARNING ? logging::Level::Warn
                                                                   : logging::Level::Debug;
    logging::write(own, "protobuf", message);
}

} // namespace

void takeUpLibraryMessages()
{
    google::protobuf::SetLogHandler(&logLibraryMessage);
}

Result<> protectProcess(bool isMlockDisabled)
{
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    // Freed memory is overwritten: request bodies, JSON values and the like never linger in the heap.
    ::mallopt(M_PERTURB, 0x5a);
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGXFSZ, SIG_IGN); // a file that may not grow is an error of that write, as on a full disk
    takeUpLibraryMessages();
    // On fault: not the unused part of stacks, nor what of the database (ciphertext, mapped by LevelDB) is never read.
    if (!isMlockDisabled && ::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0) {
        return Error{ErrorCode::PermissionDenied,
                     "cannot lock memory (" + std::generic_category().message(errno) +
                         "): give the process CAP_IPC_LOCK or a larger memlock limit, or set disable_mlock = true "
                         "where swap is off or encrypted"};
    }
    return {};
}

} // namespace core::server
