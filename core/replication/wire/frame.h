#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace google::protobuf {
class MessageLite;
}

namespace core::replication {

namespace wire {
class PeerRequest;
}

/// What a frame holds; the numbers are the wire format (README.md).
enum class FrameType : std::uint8_t {
    Hello = 1,
    Welcome = 2,
    Refusal = 3,
    Heartbeat = 4,
    Credit = 5,
    Records = 6, // index that the frame reaches (8), then log records
    Marker = 7,
    PageDigests = 8,
    PageDigestsEnd = 9,
    PageLeaves = 10,
    PageLeavesEnd = 11,
    Entries = 12, // one log record without an index
    AbsentLeaves = 13,
    ReconcileEnd = 14,
    BootstrapRequest = 15,
    BootstrapPackage = 16,
    ForwardRequest = 17,
    ForwardAnswer = 18,
    Handover = 19,
    HandoverAnswer = 20,
    Scope = 21, // LinkFilter::id() (8) of everything after it
    Members = 32,
    PeerRequest = 33,
    PeerAnswer = 34,
    LinkProof = 36,
    Keys = 40,      // barrier::KeyBundle
    TokenKeys = 41, // trust::TokenMakers
    Trust = 42,     // entries of a trust log
};

inline constexpr std::size_t kFrameHeaderBytes = 5;

/// The largest payload of a type; 0 for an unknown type number.
std::size_t frameBytesMax(FrameType type);
/// The largest payload of each type that one end accepts; null: frameBytesMax().
using FrameLimit = std::function<std::size_t(FrameType)>;
/// The limit for a frame of an unexpected type. It is large enough to read the frame and refuse it.
inline constexpr std::size_t kUnexpectedBytesMax = 64u << 10;
/// The largest answer to this question. Only a question for records may get an answer of that size.
std::size_t answerBytesMax(const wire::PeerRequest& question);

struct Frame {
    FrameType type = FrameType::Heartbeat;
    std::string payload;
};

/// length (4, of the payload) ‖ type (1) ‖ payload.
std::string encodeFrame(FrameType type, std::string_view payload);
std::string encodeFrame(FrameType type, const google::protobuf::MessageLite& message);

/// Errors: Corrupt (not that message).
Result<> parseFrame(const Frame& frame, google::protobuf::MessageLite& message);

/// Cuts a byte stream into frames. Memory grows with the bytes that have arrived, never with the length that a frame announces. Not
/// thread-safe.
class FrameDecoder {
public:
    void feed(std::string_view bytes) { m_buffer.append(bytes); }
    /// The next whole frame, or nothing yet. After an error, the stream is unusable. Errors: Corrupt (unknown type), TooLarge.
    Result<std::optional<Frame>> next(const FrameLimit& limit = {});
    std::size_t bufferedBytes() const { return m_buffer.size() - m_consumed; }

private:
    std::string m_buffer;
    std::size_t m_consumed = 0;
};

} // namespace core::replication
