#pragma once

#include "core/base/mutex.h"

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <string>
#include <string_view>

namespace core::http {

/// The memory of all request bodies together, from their first bytes until they are answered.
///
/// Strangers (clients without a valid token) have a share of it, and one address has at most a quarter of the whole. A small body is always accepted.
/// If the strangers' share is used up, the oldest half-sent body of a stranger is dropped for it, first one from an address above its part.
/// Thread-safe.
class BodyBudget {
public:
    static constexpr std::uint64_t kSmallBodyBytes = 64u << 10;
    static constexpr std::uint64_t kConnectionBytes = 8u << 10; // what a body's connection costs in addition, counted with it
    struct Options {
        std::uint64_t bytesMax = 128u << 20;        // for all clients
        std::uint64_t strangerBytesMax = 40u << 20; // for all strangers
        std::uint64_t addressBytesMax = 33u << 20;  // for one address without a token, not counting small bodies: a quarter, with its connections
        std::uint64_t smallBytesMax = kSmallBodyBytes + kConnectionBytes;
    };

    explicit BodyBudget(Options options) : m_options{options} {}
    const Options& options() const { return m_options; }

    /// One body. Its methods can be called on any thread, but not at the same time.
    class Body {
    public:
        /// `giveUp` is called once, on any thread and with a lock held, if this half-sent body is dropped for another one. It must do nothing but
        /// post that to another thread. `address` is the client's.
        Body(BodyBudget& budget, std::string_view address, std::function<void()> giveUp);
        ~Body();
        Body(const Body&) = delete;
        Body& operator=(const Body&) = delete;

        /// Counts more bytes of it. False: there is no room (503), or it was dropped.
        bool take(std::uint64_t bytes);
        /// Call it when the sender has shown a valid token.
        void becomeKnown();
        bool isKnown() const { return m_isKnown; }
        /// Call it when the body is complete. From now on it is not dropped for others.
        void complete();

    private:
        friend class BodyBudget;
        BodyBudget& m_budget;
        const std::string m_address; // an IPv6 address counts by its network of 64 bits, because one client has all of that
        std::function<void()> m_giveUp;
        std::uint64_t m_bytes = 0;
        bool m_isKnown = false;
        bool m_isHalfSent = false; // in the list
        bool m_isGivenUp = false;
        std::list<Body*>::iterator m_place;
    };

    std::uint64_t bytes() const CORE_EXCLUDES(m_mutex);
    /// The bytes of bodies that were freed since the last call. They show whether returning memory to the system is worth it.
    std::uint64_t takeReleasedBytes() CORE_EXCLUDES(m_mutex);

private:
    bool take(Body& body, std::uint64_t bytes) CORE_EXCLUDES(m_mutex);
    void release(Body& body) CORE_REQUIRES(m_mutex);
    bool giveUpOne(const Body& except) CORE_REQUIRES(m_mutex);
    void addBytes(Body& body, std::uint64_t bytes) CORE_REQUIRES(m_mutex);

    const Options m_options;
    mutable Mutex m_mutex; // leaf lock
    std::uint64_t m_bytes CORE_GUARDED_BY(m_mutex) = 0;
    std::uint64_t m_strangerBytes CORE_GUARDED_BY(m_mutex) = 0;
    std::uint64_t m_releasedBytes CORE_GUARDED_BY(m_mutex) = 0;
    std::map<std::string, std::uint64_t, std::less<>> m_byAddress CORE_GUARDED_BY(m_mutex); // strangers' bytes
    std::list<Body*> m_halfSent CORE_GUARDED_BY(m_mutex);                                   // strangers', oldest first
};

} // namespace core::http
