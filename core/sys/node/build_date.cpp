#include "core/sys/node/version_history.h"

namespace core::sys {

std::string_view buildDate()
{
    return HOLDFAST_BUILD_DATE; // of the configuration, so that equal sources can give equal programs
}

} // namespace core::sys
