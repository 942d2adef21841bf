#pragma once

#include "core/http/body_budget.h"
#include "core/http/body_pace.h"
#include "core/http/parser.h"
#include "core/request/pipeline.h"

#include <functional>
#include <optional>
#include <string_view>

namespace core::http {

/// Counts the bodies of one connection, one after the other, and checks how fast they come. Has no clock; the caller passes times.
class BodyMeter final : public BodyCounter {
public:
    /// The connection.
    class Owner {
    public:
        virtual ~Owner() = default;
        /// A function that can be called on any thread, and later calls giveUp(503) in the connection's loop.
        virtual std::function<void()> giveUpCall() = 0;
    };
    struct Sender {
        std::string_view token;
        std::string_view address;
    };

    BodyMeter(BodyBudget& budget, request::Pipeline& handler, Owner& owner) : m_budget{budget}, m_handler{handler}, m_owner{owner} {}

    /// Forgets the previous request.
    void beginRequest();
    /// The texts of the sender must stay valid until endBody(). `longest` is the time for the whole body.
    void beginBody(Sender sender, SteadyTime now, std::chrono::nanoseconds longest);
    /// No more bytes come.
    void endBody();
    /// Between beginBody() and endBody() or giveUp().
    bool isReading() const { return m_pace.has_value(); }
    /// When to call isFastEnough() next. Only while reading.
    SteadyTime deadline() const { return m_pace->deadline(); }
    bool isFastEnough(SteadyTime now) { return m_pace->isFastEnough(now, m_bytes); }

    /// Ends the reading; the request is then refused with this status. False: no body is being read.
    bool giveUp(int status);
    /// The status of giveUp(), or 0.
    int givenUpStatus() const { return m_givenUpStatus; }

    bool takeBody(std::uint64_t bytesBefore, std::uint64_t bytes, bool isInMemory) override;
    std::uint64_t bytes() const { return m_bytes; }
    bool isLarge() const { return m_bytes > BodyBudget::kSmallBodyBytes; }
    /// The body is whole, and no longer gives way to others.
    void complete();
    /// Counts memory for the values of a large body in addition to its text. False: there is no room.
    bool takeValues(std::uint64_t bytes);
    /// Its memory was freed.
    void release() { m_body.reset(); }

private:
    BodyBudget& m_budget;
    request::Pipeline& m_handler;
    Owner& m_owner;
    Sender m_sender;
    std::optional<BodyBudget::Body> m_body; // only for a body that is worth counting
    std::optional<BodyPace> m_pace;
    std::uint64_t m_bytes = 0;
    int m_givenUpStatus = 0;
    bool m_isTokenChecked = false;
};

} // namespace core::http
