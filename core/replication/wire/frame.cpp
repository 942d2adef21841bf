#include "core/replication/wire/frame.h"

#include "core/base/bytes.h"
#include "core/log/store.h"
#include "core/replication/wire/peer.pb.h"
#include "core/trust/trust_log.h"

#include <google/protobuf/message_lite.h>

#include <algorithm>

namespace core::replication {

namespace {

constexpr std::size_t kSmallBytesMax = 64u << 10;
constexpr std::size_t kTrustBytesMax = trust::kMessageBytesMax + (16u << 10);
constexpr std::size_t kControlBytesMax = 16u << 20;
constexpr std::size_t kRequestBytesMax = 80u << 20; // the largest logical request, as JSON and as text

} // namespace

std::size_t frameBytesMax(FrameType type)
{
    switch (type) {
    case FrameType::Hello:
    case FrameType::Welcome:
    case FrameType::BootstrapPackage: return kControlBytesMax;
    case FrameType::Refusal:
    case FrameType::Heartbeat:
    case FrameType::Credit:
    case FrameType::Marker:
    case FrameType::PageDigestsEnd:
    case FrameType::PageLeavesEnd:
    case FrameType::ReconcileEnd:
    case FrameType::HandoverAnswer:
    case FrameType::Scope:
    case FrameType::LinkProof:
    case FrameType::BootstrapRequest: return kSmallBytesMax;
    case FrameType::Trust: return kTrustBytesMax;
    case FrameType::PeerRequest: return kTrustBytesMax + kSmallBytesMax; // it may bring entries of a trust log
    case FrameType::Handover:
    case FrameType::PageDigests:
    case FrameType::PageLeaves:
    case FrameType::AbsentLeaves:
    case FrameType::Keys:
    case FrameType::TokenKeys:
    case FrameType::Members: return kControlBytesMax;
    case FrameType::PeerAnswer: return log::kRecordBytesMax + kControlBytesMax;
    case FrameType::Records:
    case FrameType::Entries: return log::kRecordBytesMax + kSmallBytesMax;
    case FrameType::ForwardRequest:
    case FrameType::ForwardAnswer: return kRequestBytesMax;
    }
    return 0;
}

std::size_t answerBytesMax(const wire::PeerRequest& question)
{
    const bool asksForRecords = question.has_log_tail() && question.log_tail().record_bytes() > 0;
    return asksForRecords ? frameBytesMax(FrameType::PeerAnswer) : 2 * kControlBytesMax; // enough for 10,000 names of the largest size
}

std::string encodeFrame(FrameType type, std::string_view payload)
{
    CORE_ASSERT(payload.size() <= frameBytesMax(type));
    std::string frame;
    frame.reserve(kFrameHeaderBytes + payload.size());
    appendLittleEndian(frame, static_cast<std::uint32_t>(payload.size()));
    frame.push_back(static_cast<char>(type));
    frame.append(payload);
    return frame;
}

std::string encodeFrame(FrameType type, const google::protobuf::MessageLite& message)
{
    return encodeFrame(type, message.SerializeAsString());
}

Result<> parseFrame(const Frame& frame, google::protobuf::MessageLite& message)
{
    if (!message.ParseFromString(frame.payload)) {
        return Error{ErrorCode::Corrupt, "frame of type " + std::to_string(static_cast<int>(frame.type))};
    }
    return {};
}

Result<std::optional<Frame>> FrameDecoder::next(const FrameLimit& limit)
{
    const auto rest = std::string_view{m_buffer}.substr(m_consumed);
    if (rest.size() < kFrameHeaderBytes) return std::optional<Frame>{};

    const std::size_t size = readLittleEndian<std::uint32_t>(rest);
    const auto type = static_cast<FrameType>(rest[4]);
    std::size_t sizeMax = frameBytesMax(type);
    if (sizeMax != 0 && limit) sizeMax = std::min(sizeMax, limit(type));
    // Type and length are checked before the payload has arrived, so a wrong length costs a peer the connection and this end no memory.
    if (frameBytesMax(type) == 0) {
        return Error{ErrorCode::Corrupt, "frame of unknown type " + std::to_string(static_cast<unsigned char>(rest[4]))};
    }
    if (size > sizeMax) return Error{ErrorCode::TooLarge, "frame of " + std::to_string(size) + " bytes"};
    if (rest.size() < kFrameHeaderBytes + size) return std::optional<Frame>{};

    Frame frame{type, std::string{rest.substr(kFrameHeaderBytes, size)}};
    m_consumed += kFrameHeaderBytes + size;
    // The rest is moved forward only when most of the buffer is used. So the work stays linear in the bytes received.
    if (m_consumed == m_buffer.size()) {
        m_buffer.clear();
        m_consumed = 0;
    } else if (m_consumed > (256u << 10) && m_consumed > m_buffer.size() / 2) {
        m_buffer.erase(0, m_consumed);
        m_consumed = 0;
    }
    return std::optional<Frame>{std::move(frame)};
}

} // namespace core::replication
