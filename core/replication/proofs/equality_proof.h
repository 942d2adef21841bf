#pragma once

#include "core/base/clock.h"
#include "core/replication/reconcile/secondary_values.h"
#include "core/replication/wire/wire.pb.h"

#include <array>

namespace core::replication {

/// When and where a secondary was last proven to be equal to its primary, by the primary's clock. Outlives connections. Single-threaded, as its link.
class EqualityProof {
public:
    explicit EqualityProof(const Clock& clock) : m_clock{clock} {}

    /// A new connection: its delays have not been measured yet.
    void begin() { m_skewCount = 0; }
    /// A heartbeat came. `skew`: how far our clock was ahead of the primary's, transit time included.
    void heard(std::chrono::milliseconds skew) { m_skews[m_skewCount++ % m_skews.size()] = skew; }
    /// The roots were equal at this marker.
    void prove(const wire::Marker& marker);

    const LinkEquality& last() const { return m_last; }
    /// How long ago the primary had the data of the last marker that proved equality. Nothing before the first one.
    std::optional<std::chrono::milliseconds> canaryAge() const;
    std::optional<std::int64_t> canaryMs() const { return m_canaryMs; }
    void inherit(const SecondaryPast& past);

private:
    std::chrono::milliseconds clockSkew() const;

    const Clock& m_clock;
    std::array<std::chrono::milliseconds, 8> m_skews{}; // of the last heartbeats of this connection
    std::size_t m_skewCount = 0;                        // heartbeats so far
    std::optional<std::int64_t> m_canaryMs;             // steady time
    LinkEquality m_last;
};

} // namespace core::replication
