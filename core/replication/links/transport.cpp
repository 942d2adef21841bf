#include "core/replication/links/transport.h"

namespace core::replication {

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
