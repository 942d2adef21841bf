#include "core/replication/links/transport.h"

namespace core::replication {

std::string_view toString(ConnectionState state)
{
    switch (state) {
    case ConnectionState::None: return "";
    case ConnectionState::Connecting: return "connecting";
    case ConnectionState::Ready: return "ready";
    case ConnectionState::Failing: return "transient_failure";
    }
    return "";
}

LinkCounts& LinkCounts::operator+=(const LinkCounts& other)
{
    for (const auto member :
         {&LinkCounts::authenticated, &LinkCounts::bootstraps, &LinkCounts::hellos, &LinkCounts::guardsFound, &LinkCounts::guardsMissing,
          &LinkCounts::pageLeaves, &LinkCounts::entries, &LinkCounts::records, &LinkCounts::heartbeats, &LinkCounts::forwards}) {
        this->*member += other.*member;
    }
    return *this;
}

} // namespace core::replication
